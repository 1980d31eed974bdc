export { runTinyGguf, type ExecutorPlace, type TinyGgufExecutorOptions } from './tiny-gguf-executor.ts';
export { runPackageVsix, type PackageVsixExecutorOptions } from './package-vsix-executor.ts';
export { runPackageDesktop, type PackageDesktopExecutorOptions } from './package-desktop-executor.ts';

export { runTinyGguf, type ExecutorPlace, type TinyGgufExecutorOptions } from './tiny-gguf-executor.ts';

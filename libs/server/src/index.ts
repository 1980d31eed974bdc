export { compose, type ComposeOptions, type Composition } from './compose.ts';
export {
  explainSetting,
  listSettings,
  loadConfig,
  writeSetting,
  type ExplainedSetting,
  type LoadedConfig,
  type Setting,
} from './config.ts';
export { resolvePaths, type Paths } from './paths.ts';
export { serve, type Served, type ServeOptions } from './serve.ts';
export { listWritten, removeWritten, type WrittenFile } from './written.ts';

// What a program needs to find, start, use or end the host of its user, without all that a host itself is made of: importing that takes longer than most
// commands do.
export {
  explainSetting,
  listSettings,
  loadConfig,
  writeSetting,
  type ExplainedSetting,
  type LoadedConfig,
  type Setting,
} from './config.ts';
export { ensureHost, type EnsuredHost, type EnsureHostOptions } from './ensure-host.ts';
export { endHost, findHost, isHostReady, type EndHostOptions, type FoundHost, type HostPlaces } from './host-find.ts';
export { isHostLocked } from './host-lock.ts';
export { differingSettings, type Started } from './host-settings.ts';
export { resolvePaths, type Paths } from './paths.ts';
export { listWritten, removeWritten, type WrittenFile } from './written.ts';

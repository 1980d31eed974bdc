export { createLocalFiles, type LocalFilesOptions } from './local-files.ts';
export { createLocalRunner, type LocalRunnerOptions } from './local-runner.ts';
export { runPathGate, type PathGateResult } from './path-gate.ts';
export { createGitHistory, type GitHistoryOptions } from './git-history.ts';

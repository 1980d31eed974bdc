export { runAccessGate, type AccessGateResult } from './access-gate.ts';
export { accessCellCount } from './access-matrix.ts';
export { followLogLines, readLogLines } from '@nootropic/observability';
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
export { ensureHost, type EnsuredHost, type EnsureHostOptions } from './ensure-host.ts';
export { endHost, findHost, isHostReady, type EndHostOptions, type FoundHost, type HostPlaces } from './host-find.ts';
export { runHostKillGate, type HostKillGateResult } from './host-kill-gate.ts';
export { startHost, type RunningHost, type StartHostOptions } from './host-life.ts';
export { isHostLocked } from './host-lock.ts';
export { differingSettings, type Started } from './host-settings.ts';
export { redactValue } from './redact-error.ts';
export { resolvePaths, type Paths } from './paths.ts';
export { createOpenaiApi } from './openai-api.ts';
export { openApiDocument, type OpenApiDocument, type OpenApiOperation } from './openapi-document.ts';
export { serve, type Served, type ServeOptions } from './serve.ts';
export { listWritten, removeWritten, type WrittenFile } from './written.ts';
export { createExecutePlace, type ExecutePlace, type ExecutePlaceOptions } from './execute-place.ts';
export { createMcpServerFactory, type McpServerOptions } from './mcp-server.ts';
export { serveMcpOnStdio } from './mcp-stdio.ts';
export { poisonCount, runMcpPoisonGate, type McpPoisonGateResult } from './mcp-poison-gate.ts';

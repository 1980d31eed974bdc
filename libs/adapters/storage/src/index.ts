export { createSqliteSessionLog, type SqliteSessionLogOptions } from './sqlite-session-log.ts';
export { runSessionKillGate, type SessionKillReport } from './session-kill-gate.ts';
export { createLocalSecrets, type LocalSecretsOptions } from './local-secrets.ts';
export { createSystemKeychain, type Keychain, type SystemKeychainOptions } from './system-keychain.ts';
export { createSqliteResponseCache, type SqliteResponseCacheOptions } from './sqlite-response-cache.ts';
export { createSqliteUsageLog, type SqliteUsageLogOptions } from './sqlite-usage-log.ts';
export { createSqliteContextStore, type ContextWords, type SqliteContextStoreOptions } from './sqlite-context-store.ts';
export { createLocalPages, type LocalPagesOptions } from './local-pages.ts';
export { readTextFile } from './text-file.ts';

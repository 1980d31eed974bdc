export { createSqliteSessionLog, type SqliteSessionLogOptions } from './sqlite-session-log.ts';
export { runSessionKillGate, type SessionKillReport } from './session-kill-gate.ts';

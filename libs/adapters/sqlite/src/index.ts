export { openDatabase, type OpenDatabaseOptions } from './open-database.ts';
export { mapSqliteError } from './sqlite-error.ts';
export { checkIntegrity } from './check-integrity.ts';
export { tryFileLock, type FileLock } from './file-lock.ts';
export type { Database } from './load-sqlite.ts';

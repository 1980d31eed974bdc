import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3';

/** An open database. Its API is that of better-sqlite3; every call is synchronous. */
export type Database = BetterSqlite.Database;

/** Loads the native library at first use, so that importing this package stays cheap. Node keeps it after that. */
export function loadSqlite(): typeof BetterSqlite {
  return createRequire(import.meta.url)('better-sqlite3') as typeof BetterSqlite;
}

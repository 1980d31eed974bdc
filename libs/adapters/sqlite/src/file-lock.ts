import { resolve } from 'node:path';
import { openDatabase } from './open-database.ts';
import { mapSqliteError } from './sqlite-error.ts';

/** A lock that is held. Releasing twice is fine. */
export interface FileLock {
  release(): void;
}

/**
 * Takes the lock that the file at `path` stands for, without waiting; `undefined` when another program, or another caller
 * in this one, holds it. The file is made where it is missing and stays after the release.
 *
 * The lock is SQLite's write lock on a database that is never written, which is a lock of the operating system:
 * when its holder dies, by whatever means, the lock is free. No process number is read, so none can be stale.
 */
export function tryFileLock(path: string): FileLock | undefined {
  const file = resolve(path);
  const db = openDatabase({ path: file, migrations: [], durability: 'normal' });
  try {
    // Opening may wait a moment for another program that is opening too; the lock itself is not waited for.
    db.pragma('busy_timeout = 0');
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    db.close();
    const mapped = mapSqliteError(error, file);
    if (mapped.code === 'STORE_BUSY') return undefined;
    throw mapped;
  }
  return { release: () => void db.close() };
}

import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { loadSqlite, type Database } from './load-sqlite.ts';
import { mapSqliteError } from './sqlite-error.ts';

export interface OpenDatabaseOptions {
  /** The database file. Its folder is made (mode 0700) where it is missing, and so is the file (mode 0600). */
  readonly path: string;
  /** SQL scripts; after the n-th one `user_version` is n. Scripts that were released are never changed, only added to. */
  readonly migrations: readonly string[];
  /**
   * `full`: a transaction that has returned survives a loss of power. `normal`: it survives a kill of the process,
   * and a loss of power may take back the last transactions, whole ones only.
   */
  readonly durability: 'full' | 'normal';
  /** Opens an existing file of the current schema and changes nothing. Default false. */
  readonly readonly?: boolean;
  /** Milliseconds to wait for another program's lock before `STORE_BUSY`. Default 5000. */
  readonly busyTimeoutMs?: number;
}

/**
 * Opens a SQLite database in WAL mode with its schema brought up to date, one transaction per step.
 *
 * Throws `STORE_NEWER` for a file that a newer version wrote (not one byte of it is changed), `STORE_CORRUPT` for a file
 * that is damaged or no database, `STORE_BUSY`, `DISK_FULL`, `DENIED`, and with `readonly` `NOT_FOUND` or `INPUT_INVALID`
 * for a file that is missing or has an older schema.
 */
export function openDatabase(options: OpenDatabaseOptions): Database {
  const path = resolve(options.path);
  try {
    return options.readonly === true ? openForReading(path, options) : openForWriting(path, options);
  } catch (error) {
    throw mapSqliteError(error, path);
  }
}

function openForReading(path: string, options: OpenDatabaseOptions): Database {
  if (sizeOf(path) === undefined) throw new NootropicError('NOT_FOUND', `There is no ${path}.`);
  const db = connect(path, options, true);
  return closeOnThrow(db, () => {
    refuseNewer(db, path, options);
    const version = schemaVersion(db);
    if (version < options.migrations.length) {
      throw new NootropicError(
        'INPUT_INVALID',
        `${path} has schema ${version}, older than ${options.migrations.length}, and cannot be brought up to date without writing.`,
      );
    }
    db.pragma('trusted_schema = OFF');
  });
}

function openForWriting(path: string, options: OpenDatabaseOptions): Database {
  makePrivate(path);
  if ((sizeOf(path) ?? 0) > 0) lookFirst(path, options);
  const db = connect(path, options, false);
  return closeOnThrow(db, () => {
    useWal(db, options.busyTimeoutMs ?? defaultBusyTimeoutMs);
    db.pragma(`synchronous = ${options.durability === 'full' ? 'FULL' : 'NORMAL'}`);
    // macOS acknowledges a plain fsync before the drive has written.
    if (options.durability === 'full') db.pragma('fullfsync = ON');
    db.pragma('foreign_keys = ON');
    db.pragma('trusted_schema = OFF');
    // The driver's own default is 16 MB for each file that is open, and a host has twenty of them open.
    db.pragma('cache_size = -2048');
    // Keeps the log from staying at the size of the largest transaction ever made.
    db.pragma('journal_size_limit = 67108864');
    migrate(db, path, options);
  });
}

/**
 * Refuses a newer schema through a connection that only reads: one that may write would fold the log into the file when it closes.
 * The file is looked at through SQLite only, since closing a descriptor of our own would drop the locks that other
 * connections of this process hold on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function lookFirst(path: string, options: OpenDatabaseOptions): void {
  let reader: Database | undefined;
  try {
    reader = connect(path, options, true);
    refuseNewer(reader, path, options);
  } catch (error) {
    // What a killed process left behind may need writing before it can be read. The connection that writes looks again.
    if (!/^SQLITE_(READONLY|CANTOPEN)/.test(resultCode(error))) throw error;
  } finally {
    reader?.close();
  }
}

function resultCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

const defaultBusyTimeoutMs = 5000;

function connect(path: string, options: OpenDatabaseOptions, readonly: boolean): Database {
  const Sqlite = loadSqlite();
  return new Sqlite(path, { readonly, fileMustExist: true, timeout: options.busyTimeoutMs ?? defaultBusyTimeoutMs });
}

function closeOnThrow(db: Database, prepare: () => void): Database {
  try {
    prepare();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function refuseNewer(db: Database, path: string, { migrations }: OpenDatabaseOptions): void {
  const version = schemaVersion(db);
  if (version > migrations.length) {
    throw new NootropicError(
      'STORE_NEWER',
      `${path} has schema ${version}; this version of nootropic knows schemas up to ${migrations.length}.`,
    );
  }
}

/** Two programs that open a new file at once both want to switch it to WAL, and SQLite does not wait for that lock. */
function useWal(db: Database, timeoutMs: number): void {
  const stepMs = 20;
  for (let waited = 0; ; waited += stepMs) {
    try {
      db.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (!resultCode(error).startsWith('SQLITE_BUSY') || waited >= timeoutMs) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stepMs);
    }
  }
}

function migrate(db: Database, path: string, options: OpenDatabaseOptions): void {
  const { migrations } = options;
  const step = db.transaction(() => {
    // Read again under the lock: another program may have been faster.
    refuseNewer(db, path, options);
    const version = schemaVersion(db);
    const sql = migrations[version];
    if (sql === undefined) return;
    db.exec(sql);
    db.pragma(`user_version = ${version + 1}`);
  });
  while (schemaVersion(db) !== migrations.length) step.immediate();
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** SQLite creates files with the modes of the umask, and gives `-wal` and `-shm` the mode of the database: so that one comes first. */
function makePrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (resultCode(error) !== 'EEXIST') throw error;
    for (const file of [path, `${path}-wal`, `${path}-shm`]) {
      const mode = statSync(file, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined && (mode & 0o077) !== 0) chmodSync(file, 0o600);
    }
  }
}

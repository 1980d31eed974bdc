import type { ResponseCache } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';

export interface SqliteResponseCacheOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
  /** Bytes of keys and answers that are kept at most, two for each character; the least recently used go first. */
  readonly maxBytes: number;
  /** Bytes of them that are also kept in memory. Default a sixteenth of `maxBytes`. */
  readonly memoryBytes?: number;
}

const migrations = [
  `CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    used INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_used ON answers (used, bytes);`,
];

/** Uses that are noted in memory before they are written: a read is not to cost a write. */
const notedUses = 64;

/**
 * Answers in memory, then in one SQLite file; opened at the first request. Several programs may use the file at once.
 * An answer larger than an eighth of the room is not kept, so that none pushes out all others.
 *
 * Rejects with `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createSqliteResponseCache(options: SqliteResponseCacheOptions): ResponseCache {
  const { path, maxBytes, memoryBytes = maxBytes / 16 } = options;
  const recent = createRecent(memoryBytes);
  /** Keys that were read since this was last written, the last one last. */
  const uses = new Set<string>();
  let open: Database | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations, durability: 'normal' }));
  const guarded = async <Result>(work: () => Result): Promise<Result> => {
    try {
      return work();
    } catch (cause) {
      throw mapSqliteError(cause, path);
    }
  };
  const nextUse = '(SELECT coalesce(max(used), 0) + 1 FROM answers)';

  const writeUses = (database: Database): void => {
    const use = database.prepare(`UPDATE answers SET used = ${nextUse} WHERE key = ?`);
    for (const key of uses) use.run(key);
    uses.clear();
  };

  const makeRoom = (database: Database): void => {
    const total = database.prepare('SELECT coalesce(sum(bytes), 0) FROM answers').pluck().get() as number;
    if (total <= maxBytes) return;
    const oldest = database.prepare<[], { key: string; bytes: number }>(
      'SELECT key, bytes FROM answers ORDER BY used, key',
    );
    const remove = database.prepare('DELETE FROM answers WHERE key = ?');
    const gone: string[] = [];
    let over = total - maxBytes;
    for (const { key, bytes } of oldest.iterate()) {
      if (over <= 0) break;
      gone.push(key);
      over -= bytes;
    }
    for (const key of gone) {
      remove.run(key);
      recent.forget(key);
    }
  };

  return {
    read: (key) =>
      guarded(() => {
        const value =
          recent.get(key) ??
          (db().prepare('SELECT value FROM answers WHERE key = ?').pluck().get(key) as string | undefined);
        if (value === undefined) return undefined;
        recent.put(key, value);
        uses.delete(key);
        uses.add(key);
        if (uses.size >= notedUses)
          db()
            .transaction(() => writeUses(db()))
            .immediate();
        return value;
      }),
    write: (key, value) =>
      guarded(() => {
        const database = db();
        const bytes = sizeOf(key, value);
        recent.forget(key);
        uses.delete(key);
        database
          .transaction(() => {
            writeUses(database);
            if (bytes > maxBytes / 8) {
              database.prepare('DELETE FROM answers WHERE key = ?').run(key);
              return;
            }
            database.prepare(`INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ${nextUse})`).run(key, value, bytes);
            makeRoom(database);
            recent.put(key, value);
          })
          .immediate();
      }),
    clear: () =>
      guarded(() => {
        recent.clear();
        uses.clear();
        db().prepare('DELETE FROM answers').run();
      }),
    [Symbol.asyncDispose]: () =>
      guarded(() => {
        const database = open;
        open = undefined;
        if (database === undefined) return;
        try {
          if (uses.size > 0) database.transaction(() => writeUses(database)).immediate();
        } finally {
          database.close();
        }
      }),
  };
}

function sizeOf(key: string, value: string): number {
  return 2 * (key.length + value.length);
}

/** The answers used last, up to a number of bytes. */
function createRecent(maxBytes: number) {
  const answers = new Map<string, string>();
  let bytes = 0;
  const forget = (key: string): void => {
    const value = answers.get(key);
    if (value === undefined) return;
    answers.delete(key);
    bytes -= sizeOf(key, value);
  };
  return {
    get: (key: string): string | undefined => answers.get(key),
    forget,
    put(key: string, value: string): void {
      forget(key);
      answers.set(key, value);
      bytes += sizeOf(key, value);
      for (const [oldest] of answers) {
        if (bytes <= maxBytes) break;
        forget(oldest);
      }
    },
    clear(): void {
      answers.clear();
      bytes = 0;
    },
  };
}

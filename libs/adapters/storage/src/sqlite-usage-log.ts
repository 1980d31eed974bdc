import type { UsageLog, UsageRecord, UsageRow } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';

export interface SqliteUsageLogOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
}

const migrations = [
  `CREATE TABLE calls (
    time REAL NOT NULL,
    model TEXT NOT NULL,
    client TEXT NOT NULL,
    turn TEXT,
    read INTEGER NOT NULL,
    reused INTEGER NOT NULL,
    written INTEGER NOT NULL,
    cost REAL NOT NULL,
    local INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX calls_time ON calls (time);
  CREATE INDEX calls_turn ON calls (turn) WHERE turn IS NOT NULL;`,
];

/** So long records are gathered and then written at once, in milliseconds: an answer does not wait for the writing of the one before it. */
const gatherMs = 20;

interface SumRow extends Omit<UsageRow, 'local'> {
  readonly local: number;
}

/**
 * Calls of models in one SQLite file, one row each. Several programs may use the file at once. It is opened at the first call, so that what
 * uses no model works where it cannot be opened. A record that was added survives a kill; a loss of power may take back the last ones.
 *
 * Rejects with `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createSqliteUsageLog({ path }: SqliteUsageLogOptions): UsageLog {
  let open: Database | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations, durability: 'normal' }));
  const guarded = <Result>(work: () => Result): Result => {
    try {
      return work();
    } catch (cause) {
      throw mapSqliteError(cause, path);
    }
  };
  let gathered: { readonly records: UsageRecord[]; readonly written: Promise<void>; write(): void } | undefined;
  const gather = (): NonNullable<typeof gathered> => {
    const records: UsageRecord[] = [];
    const { promise: written, resolve, reject } = Promise.withResolvers<void>();
    const write = (): void => {
      clearTimeout(timer);
      gathered = undefined;
      try {
        guarded(() => insert(db(), records));
        resolve();
      } catch (cause) {
        reject(cause);
      }
    };
    const timer = setTimeout(write, gatherMs);
    return { records, written, write };
  };
  return {
    add(record) {
      gathered ??= gather();
      gathered.records.push(record);
      return gathered.written;
    },
    async sum({ since = 0, turnId } = {}) {
      gathered?.write();
      const rows = guarded(() =>
        db()
          .prepare<unknown[], SumRow>(
            `SELECT model, client, count(*) AS calls, sum(read) AS tokensRead, sum(reused) AS tokensReused,
               sum(written) AS tokensWritten, sum(cost) AS cost, min(local) AS local
             FROM calls WHERE time >= ? AND (? IS NULL OR turn = ?)
             GROUP BY model, client ORDER BY tokensRead + tokensReused + tokensWritten DESC, model, client`,
          )
          .all(since, turnId ?? null, turnId ?? null),
      );
      return rows.map((row): UsageRow => ({ ...row, local: row.local === 1 }));
    },
    async [Symbol.asyncDispose]() {
      gathered?.write();
      const database = open;
      open = undefined;
      guarded(() => database?.close());
    },
  };
}

function insert(db: Database, records: readonly UsageRecord[]): void {
  const statement = db.prepare('INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  db.transaction(() => {
    for (const { time, model, client, turnId, tokensRead, tokensReused, tokensWritten, cost, local } of records)
      statement.run(
        ...[time, model, client, turnId ?? null, tokensRead, tokensReused, tokensWritten, cost, local ? 1 : 0],
      );
  }).immediate();
}

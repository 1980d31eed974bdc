import type { EgressEntry, EgressLedger, EgressRow } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';

export interface SqliteEgressLedgerOptions {
  /** The database file. Made, with its folder, when the first entry comes; readable by this user only. */
  readonly path: string;
  /** Hears why entries cannot be written, and how many wait or were given up; not more than once for each failure in a row. */
  readonly onFailure?: (why: unknown, entries: number) => void;
}

const migrations = [
  `CREATE TABLE egress (
    time REAL NOT NULL,
    host TEXT NOT NULL,
    cause TEXT NOT NULL,
    program TEXT NOT NULL,
    connections INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    sent REAL NOT NULL,
    received REAL NOT NULL
  ) STRICT;
  CREATE INDEX egress_time ON egress (time);`,
];

/** Entries kept while the file cannot be written; more are given up. */
const mostWaiting = 10_000;
const againMs = 250;

/**
 * What left the machine, in one SQLite file, one row for each connection and each further count of its bytes. An entry is on its way to the disk when
 * `record` returns, so that a kill loses none; it does not wait for another program that writes just then, but tries again. The file is opened at the
 * first entry: where nothing leaves, there is none.
 *
 * `sum` rejects with `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createSqliteEgressLedger({ path, onFailure }: SqliteEgressLedgerOptions): EgressLedger {
  let open: Database | undefined;
  let waiting: EgressEntry[] = [];
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations, durability: 'normal', busyTimeoutMs: 20 }));

  const write = (): void => {
    const database = db();
    const insert = database.prepare('INSERT INTO egress VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
    database
      .transaction((entries: readonly EgressEntry[]) => {
        for (const { time, host, cause, program, connections = 1, refused, sent, received } of entries)
          insert.run(time, host, cause, program, connections, refused ? 1 : 0, sent, received);
      })
      .immediate(waiting);
    waiting = [];
    failing = false;
  };
  const tryWrite = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    try {
      write();
    } catch (cause) {
      if (!failing) onFailure?.(mapSqliteError(cause, path), waiting.length);
      failing = true;
      waiting.splice(0, waiting.length - mostWaiting);
      timer = setTimeout(tryWrite, againMs).unref();
    }
  };

  return {
    record(entry) {
      waiting.push(entry);
      if (timer === undefined) tryWrite();
    },
    async sum(since) {
      tryWrite();
      try {
        return db()
          .prepare<unknown[], EgressRow>(
            `SELECT strftime('%Y-%m-%d', time / 1000, 'unixepoch') AS day, host, cause, program,
               sum(connections) AS connections, sum(refused) AS refused, sum(sent) AS sent, sum(received) AS received
             FROM egress WHERE time >= ?
             GROUP BY day, host, cause, program ORDER BY day DESC, sum(sent + received) DESC, host, cause, program`,
          )
          .all(since);
      } catch (cause) {
        throw mapSqliteError(cause, path);
      }
    },
    async [Symbol.asyncDispose]() {
      tryWrite();
      clearTimeout(timer);
      open?.close();
      open = undefined;
    },
  };
}

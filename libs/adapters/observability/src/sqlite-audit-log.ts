import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { AuditEntry, AuditLog } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';
import { isSecretName, redactText } from './secret-patterns.ts';

export interface SqliteAuditLogOptions {
  /** The database file. Made, with its folder, when it is first written; readable by this user only. */
  readonly path: string;
  /** The file that holds the number and the hash of the newest row. */
  readonly anchor: string;
}

const migrations = [
  `CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    time REAL NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;`,
];

interface Row {
  readonly seq: number;
  readonly time: number;
  readonly actor: string;
  readonly action: string;
  readonly detail: string;
  readonly hash: string;
}

type Head = Pick<Row, 'seq' | 'hash'>;

/** What the first row is chained to. */
const origin = '0'.repeat(64);
/** Characters of one text in a row; more is cut. */
const longest = 4_000;

/**
 * What was permitted and done, one row each, in one SQLite file. A row that was appended survives a loss of power. Several programs may append at once.
 *
 * The hash of a row is the SHA-256 of the canonical JSON (RFC 8785) of its fields and the hash of the row before: no row can be changed, taken out or
 * moved without all that follow being written anew. The anchor is replaced whole after each row, so that rows cut off the end are missed too. A kill
 * between the two leaves the anchor behind by the rows of that moment, which `verify` accepts where they follow from it.
 *
 * It shows changes to who reads it, and does not keep a person who may write both files from writing both anew.
 */
export function createSqliteAuditLog({ path, anchor }: SqliteAuditLogOptions): AuditLog {
  let open: Database | undefined;
  const db = (): Database => (open ??= openDatabase({ path, migrations, durability: 'full' }));
  const guarded = <Result>(work: (database: Database) => Result): Result => {
    try {
      return work(db());
    } catch (cause) {
      throw mapSqliteError(cause, path);
    }
  };
  const headOf = (database: Database): Head | undefined =>
    database.prepare<[], Head>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get();

  return {
    async append({ time, actor, action, detail }) {
      guarded((database) => {
        database
          .transaction(() => {
            const before = headOf(database);
            const row = { seq: (before?.seq ?? 0) + 1, time, actor: clean(actor), action, detail: written(detail) };
            const hash = hashOf(row, before?.hash ?? origin);
            database
              .prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?)')
              .run(row.seq, row.time, row.actor, row.action, row.detail, hash);
          })
          .immediate();
        // Under the lock once more, so that of two programs the later one writes the later anchor.
        database
          .transaction(() => {
            const head = headOf(database);
            if (head) writeAnchor(anchor, head);
          })
          .immediate();
      });
    },
    async list(limit) {
      const rows = guarded((database) =>
        database.prepare<unknown[], Row>('SELECT * FROM audit ORDER BY seq DESC LIMIT ?').all(limit),
      );
      return rows.map(({ detail, ...row }) => ({ ...row, detail: detailOf(detail) }));
    },
    async verify() {
      return guarded((database) =>
        // One reading transaction: rows that are written meanwhile are not looked at, nor is an anchor that they moved.
        database.transaction(() => verifyRows(database, anchor))(),
      );
    },
    async [Symbol.asyncDispose]() {
      const database = open;
      open = undefined;
      database?.close();
    },
  };
}

function verifyRows(database: Database, anchorPath: string): Awaited<ReturnType<AuditLog['verify']>> {
  const known = readAnchor(anchorPath);
  let before = origin;
  let entries = 0;
  let anchored = known === 'missing';
  let fault: { seq: number; what: string } | undefined;
  for (const row of database.prepare<[], Row>('SELECT * FROM audit ORDER BY seq').iterate()) {
    entries += 1;
    if (row.seq !== entries) fault ??= { seq: entries, what: 'This row is missing.' };
    else if (hashOf(row, before) !== row.hash)
      fault ??= { seq: row.seq, what: 'This row, or the one before it, is not as it was written.' };
    if (typeof known === 'object' && row.seq === known.seq && row.hash === known.hash) anchored = true;
    before = row.hash;
  }
  if (typeof known === 'object' && known.seq > entries)
    fault ??= { seq: entries + 1, what: 'Rows are missing at the end.' };
  if (known === 'missing' && entries > 0) fault ??= { seq: entries, what: 'The file with the anchor is missing.' };
  if (!anchored || known === 'unreadable') fault ??= { seq: entries, what: 'The anchor names another row.' };
  const anchor = known === 'missing' ? 'missing' : anchored ? 'matches' : 'differs';
  return { ok: fault === undefined, entries, ...(fault && { fault }), anchor };
}

/** Facts as they are kept: without secrets, and none too long. */
function written(detail: AuditEntry['detail']): string {
  const kept = Object.entries(detail).map(([name, value]) => [
    name,
    typeof value !== 'string' ? value : isSecretName(name) ? '[redacted]' : clean(value),
  ]);
  return canonicalJson(Object.fromEntries(kept) as AuditEntry['detail']);
}

function clean(text: string): string {
  const safe = redactText(text.toWellFormed());
  return safe.length > longest ? `${safe.slice(0, longest).toWellFormed()}… (${safe.length} characters)` : safe;
}

function hashOf({ seq, time, actor, action, detail }: Omit<Row, 'hash'>, before: string): string {
  return createHash('sha256').update(canonicalJson({ action, actor, before, detail, seq, time })).digest('hex');
}

/** RFC 8785 for a flat object: names in the order of their UTF-16 units, values as `JSON.stringify` writes them. */
function canonicalJson(flat: Readonly<Record<string, string | number | boolean>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
}

function detailOf(text: string): AuditEntry['detail'] {
  try {
    return JSON.parse(text) as AuditEntry['detail'];
  } catch {
    // A row that somebody changed is still shown: `verify` says that it was.
    return { text };
  }
}

function writeAnchor(path: string, head: Head): void {
  const next = `${path}.${process.pid}`;
  const file = openSync(next, 'w', 0o600);
  try {
    writeSync(file, `${canonicalJson({ ...head })}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}

function readAnchor(path: string): Head | 'missing' | 'unreadable' {
  try {
    const { seq, hash } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Head>;
    return typeof seq === 'number' && typeof hash === 'string' ? { seq, hash } : 'unreadable';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable';
  }
}

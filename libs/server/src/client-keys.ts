import { createHash, randomBytes } from 'node:crypto';
import { NootropicError, type Assistant, type ClientRole, type HostClient, type UsageLog } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, type Database } from '@nootropic/sqlite';
import type { Principal } from './principal.ts';

export interface ClientKeysOptions {
  /** The database file. Made, with its folder, where it is missing; readable by this user only. */
  readonly path: string;
  /** Default `Date.now`. */
  readonly now?: () => number;
  /** Default: `nk-` and 256 bits of the system's randomness, in base64url. */
  readonly newKey?: () => string;
}

/** The programs that have a key of their own. Of a key only its SHA-256 digest is kept: it has 256 random bits, so that no slower digest is needed. */
export interface ClientKeys extends Readonly<Assistant['clients']> {
  /** Whose key it is; notes that it was used. */
  find(key: string): Promise<Principal | undefined>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface ClientRow {
  readonly name: string;
  readonly role: string;
  readonly work_class: string | null;
  readonly requests: number | null;
  readonly tokens: number | null;
  readonly created: number;
  readonly used: number | null;
  readonly hint: string;
}

const migrations = [
  `CREATE TABLE clients (
    name TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    work_class TEXT,
    requests INTEGER,
    tokens INTEGER,
    created REAL NOT NULL,
    used REAL,
    hint TEXT NOT NULL
  ) STRICT;`,
];

/** Names of callers that are no clients with a key. */
const reserved = ['local', 'open-port', 'anyone'];
/** How exactly it is kept when a key was last used, in milliseconds; else every request would write. */
const usedStep = 60_000;

/**
 * Keys in one SQLite file, which several programs may use at once: a key that was made or taken back by another program counts from the next request on.
 * It is opened at the first call. Rejects with `STORE_NEWER`, `STORE_CORRUPT`, `STORE_BUSY`, `DISK_FULL` or `DENIED` when the file cannot be used.
 */
export function createClientKeys({
  path,
  now = Date.now,
  newKey = () => `nk-${randomBytes(32).toString('base64url')}`,
}: ClientKeysOptions): ClientKeys {
  let open: Database | undefined;
  const guarded = <Result>(work: (db: Database) => Result): Result => {
    try {
      open ??= openDatabase({ path, migrations, durability: 'full' });
      return work(open);
    } catch (cause) {
      throw mapSqliteError(cause, path);
    }
  };
  const read = (db: Database, name: string): ClientRow | undefined =>
    db.prepare<unknown[], ClientRow>('SELECT * FROM clients WHERE name = ?').get(name);

  return {
    async list() {
      const rows = guarded((db) => db.prepare<unknown[], ClientRow>('SELECT * FROM clients ORDER BY name').all());
      return rows.map(toClient);
    },
    async add({ name, role = 'models', workClass, requestsPerMinute, tokensPerDay }) {
      if (reserved.includes(name))
        throw new NootropicError('INPUT_INVALID', `The name ${name} has a meaning of its own.`);
      const key = newKey();
      const client = guarded((db) => {
        if (read(db, name)) return undefined;
        db.prepare('INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?, ?, NULL, ?)').run(
          name,
          digestOf(key),
          role,
          workClass ?? null,
          requestsPerMinute ?? null,
          tokensPerDay ?? null,
          now(),
          key.slice(0, 7),
        );
        return read(db, name);
      });
      if (!client)
        throw new NootropicError('INPUT_INVALID', `${name} has a key already.`, {
          hint: `Take it back first: \`nootropic clients remove ${name}\`.`,
        });
      return { client: toClient(client), key };
    },
    async remove({ name }) {
      const client = guarded((db) => {
        const row = read(db, name);
        db.prepare('DELETE FROM clients WHERE name = ?').run(name);
        return row;
      });
      if (!client)
        throw new NootropicError('NOT_FOUND', `There is no client ${name}.`, { hint: 'See `nootropic clients list`.' });
      return toClient(client);
    },
    async find(key) {
      if (!/^[\w-]{20,200}$/u.test(key)) return undefined;
      const row = guarded((db) => {
        const found = db.prepare<unknown[], ClientRow>('SELECT * FROM clients WHERE digest = ?').get(digestOf(key));
        if (found && now() - (found.used ?? 0) >= usedStep)
          db.prepare('UPDATE clients SET used = ? WHERE name = ?').run(now(), found.name);
        return found;
      });
      return row && toPrincipal(toClient(row));
    },
    async [Symbol.asyncDispose]() {
      const database = open;
      open = undefined;
      database?.close();
    },
  };
}

/** Tokens that a client had read, and not reused, and written since midnight in UTC. */
export async function tokensSinceMidnight(
  usage: Pick<UsageLog, 'sum'>,
  { client, now }: { readonly client: string; readonly now: number },
): Promise<number> {
  const rows = await usage.sum({ since: now - (now % 86_400_000) });
  return rows
    .filter((row) => row.client === client)
    .reduce((sum, { tokensRead, tokensWritten }) => sum + tokensRead + tokensWritten, 0);
}

function digestOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function toClient(row: ClientRow): HostClient {
  return {
    name: row.name,
    role: row.role as ClientRole,
    ...(row.work_class !== null && { workClass: row.work_class as NonNullable<HostClient['workClass']> }),
    ...(row.requests !== null && { requestsPerMinute: row.requests }),
    ...(row.tokens !== null && { tokensPerDay: row.tokens }),
    createdAt: row.created,
    ...(row.used !== null && { usedAt: row.used }),
    hint: row.hint,
  };
}

function toPrincipal({ name, role, workClass, requestsPerMinute, tokensPerDay }: HostClient): Principal {
  return {
    ...{ name, role, by: 'key' },
    ...(workClass && { workClass }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerDay !== undefined && { tokensPerDay }),
  };
}

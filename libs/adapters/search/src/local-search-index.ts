import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NootropicError, type SearchIndex } from '@nootropic/contracts';
import { mapSqliteError, openDatabase, tryFileLock, type Database, type FileLock } from '@nootropic/sqlite';
import { createExactVectors } from './exact-vectors.ts';
import { createIndexReader } from './index-reader.ts';
import { indexMigrations, schemaVersion } from './index-schema.ts';
import { createIndexWriter } from './index-writer.ts';
import { createLanceVectors, type LanceModules } from './lance-vectors.ts';
import { createVectorRows, type VectorRows } from './vector-rows.ts';
import { unitVector, type VectorStore } from './vector-store.ts';

export interface LocalSearchIndexOptions {
  /** Folder of this index alone. Made where it is missing; readable by this user only. */
  readonly dir: string;
  /** Numbers in a vector. */
  readonly dimensions: number;
  /** What made the vectors: a model reference. Another embedder keeps its vectors apart; the text index is shared. */
  readonly embedder: string;
  /**
   * `exact` looks at every vector in memory. `lancedb` keeps them on the disk. `auto`, the default, is exact up to
   * `exactChunks` chunks when the index is opened, and LanceDB above. Where LanceDB cannot be loaded, exact takes its place.
   */
  readonly vectors?: 'auto' | 'exact' | 'lancedb';
  /** Default 100 000. */
  readonly exactChunks?: number;
  /** Vectors that go to LanceDB in one write. Default 4096. */
  readonly batchLength?: number;
  /** Fragments of a LanceDB table above which they are merged. Default 16. */
  readonly mostFragments?: number;
  /** Is told in one sentence when the index works in a lesser way than asked. Default: nobody is. */
  readonly onWarning?: (message: string) => void;
  /** How LanceDB is loaded, at most once and only when it is used. */
  readonly importLance?: () => Promise<LanceModules>;
}

const defaults = {
  vectors: 'auto' as const,
  exactChunks: 100_000,
  batchLength: 4096,
  mostFragments: 16,
  onWarning: () => {},
  importLance: async () => ({ lancedb: await import('@lancedb/lancedb'), arrow: await import('apache-arrow') }),
};

type Settings = Required<LocalSearchIndexOptions>;

/**
 * Opens the index in this folder: one SQLite file for files, chunks, symbols, references, full text and vectors, and LanceDB
 * beside it where that is used. The first program to open it writes; others read, and may write once the first has ended, in whatever way.
 * A damaged index is begun anew, since all of it can be computed again; that of another version is left alone.
 *
 * Rejects with `STORE_BUSY`, `STORE_CORRUPT` (damaged while another program writes it), `DISK_FULL` or `DENIED`.
 */
export async function createLocalSearchIndex(options: LocalSearchIndexOptions): Promise<SearchIndex> {
  const settings: Settings = { ...defaults, ...options };
  const path = join(settings.dir, `index-v${schemaVersion}.sqlite`);
  const lockPath = join(settings.dir, `index-v${schemaVersion}.lock`);
  const lock = tryFileLock(lockPath);
  let db: Database | undefined;
  try {
    db = openIndex(path, lock !== undefined, settings);
    const rows = createVectorRows(db, findSpace(db, settings));
    const store = await createStore(db, rows, { settings, writable: lock !== undefined });
    return searchIndexOn({ db, rows, store, settings, path, lockPath, lock });
  } catch (error) {
    db?.close();
    lock?.release();
    throw mapSqliteError(error, path);
  }
}

const lanceFolder = (settings: Settings) => join(settings.dir, `vectors-v${schemaVersion}`);

function openIndex(path: string, writable: boolean, settings: Settings): Database {
  const open = (): Database => {
    const db = openDatabase({ path, migrations: indexMigrations, durability: 'normal' });
    // An index is written in bulk: pages that many batches change go from the log to the file once in 64 MB, not once in 4.
    db.pragma('wal_autocheckpoint = 16000');
    db.pragma('cache_size = -65536');
    return db;
  };
  try {
    return open();
  } catch (error) {
    if (!writable || !NootropicError.is(error) || !isDamage(error.cause)) throw error;
    for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
    rmSync(lanceFolder(settings), { recursive: true, force: true });
    settings.onWarning(`The index was damaged and is begun anew. ${error.message}`);
    return open();
  }
}

/** True only for what reading the file again cannot cure: not for too many open files, say. */
function isDamage(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && /^SQLITE_(CORRUPT|NOTADB)/.test(String(cause.code));
}

function findSpace(db: Database, { embedder, dimensions }: Settings) {
  const find = db
    .prepare<[string, number], number>('SELECT id FROM spaces WHERE embedder = ? AND dimensions = ?')
    .pluck();
  let id = find.get(embedder, dimensions);
  if (id === undefined) {
    db.prepare('INSERT OR IGNORE INTO spaces (embedder, dimensions) VALUES (?, ?)').run(embedder, dimensions);
    id = find.get(embedder, dimensions) as number;
  }
  const key = createHash('sha256').update(`${embedder}\0${dimensions}`).digest('hex').slice(0, 16);
  return { id, dimensions, key };
}

async function createStore(
  db: Database,
  rows: VectorRows,
  { settings, writable }: { readonly settings: Settings; readonly writable: boolean },
): Promise<VectorStore> {
  const chunks = db.prepare<[], number>('SELECT count(*) FROM chunks').pluck().get() ?? 0;
  // Vectors that lie in LanceDB already stay useful only there.
  const large = chunks > settings.exactChunks || rows.countOutside() > 0;
  if (settings.vectors === 'exact' || (settings.vectors === 'auto' && !large)) return createExactVectors(rows);
  const { batchLength, mostFragments } = settings;
  const dir = lanceFolder(settings);
  try {
    const modules = await settings.importLance();
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return await createLanceVectors(rows, modules, { dir, writable, batchLength, mostFragments });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    settings.onWarning(`LanceDB cannot be used, so every vector is looked at in memory instead: ${reason}`);
    return createExactVectors(rows);
  }
}

interface OpenIndex {
  readonly db: Database;
  readonly rows: VectorRows;
  readonly store: VectorStore;
  readonly settings: Settings;
  readonly path: string;
  readonly lockPath: string;
  readonly lock: FileLock | undefined;
}

function searchIndexOn({ db, rows, store, settings, path, lockPath, lock }: OpenIndex): SearchIndex {
  const reader = createIndexReader(db);
  const write = createIndexWriter(db, rows);
  const outside = store.name === 'lancedb';
  let writer = lock;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();

  /** What moves vectors runs one after the other. */
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const result = last.then(action);
    last = result.catch(() => {});
    return result;
  };

  /** A program that held the lock may have ended since. */
  const mayWrite = (): boolean => (writer ??= tryFileLock(lockPath)) !== undefined;

  const attempt = async <T>(action: () => T | Promise<T>): Promise<T> => {
    if (closed) throw new NootropicError('INDEX_UNAVAILABLE', `The index ${path} is closed.`);
    try {
      return await action();
    } catch (error) {
      throw mapSqliteError(error, path);
    }
  };

  /** The batch is committed by then; vectors that cannot be moved now stay where they are and are found there. */
  const settle = (): Promise<void> =>
    inTurn(() => store.settle()).catch((error: unknown) =>
      settings.onWarning(`Vectors could not be moved to LanceDB: ${String(error)}`),
    );

  return {
    files: () => attempt(() => reader.files()),
    missingVectors: (hashes) => attempt(() => [...new Set(hashes)].filter((hash) => !rows.has(hash, outside))),
    apply: (batch) =>
      attempt(async () => {
        if (!mayWrite()) throw new NootropicError('STORE_BUSY', `Another program writes the index ${path}.`);
        write(batch, outside);
        await settle();
      }),
    query: (query, limit, filter = {}) =>
      attempt(async () => {
        const most = Math.floor(limit);
        if ('text' in query) return reader.byText(query.text, most, filter);
        if (query.vector.length !== settings.dimensions) {
          throw new NootropicError(
            'INPUT_INVALID',
            `The query has ${query.vector.length} numbers; vectors of this index have ${settings.dimensions}.`,
          );
        }
        store.refresh();
        return reader.byVector(store.rank(unitVector(query.vector)), most, filter);
      }),
    symbols: (name) => attempt(() => reader.symbols(name)),
    references: (name) => attempt(() => reader.references(name)),
    stats: (options) =>
      attempt(async () => {
        if (options?.optimize === true && mayWrite()) {
          await inTurn(() => store.optimize());
          db.exec("INSERT INTO words (words) VALUES ('optimize')");
          db.pragma('wal_checkpoint(PASSIVE)');
        }
        const vectors = rows.countStored() + (outside ? rows.countOutside() : 0);
        return { ...reader.counts(), vectors, bytes: databaseBytes(path) + store.bytes(), vectorStore: store.name };
      }),
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      await last;
      await store.close();
      db.close();
      writer?.release();
    },
  };
}

function databaseBytes(path: string): number {
  return ['', '-wal', '-shm'].reduce(
    (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

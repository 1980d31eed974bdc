import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NootropicError, type SearchIndex } from '@nootropic/contracts';
import {
  checkIntegrity,
  mapSqliteError,
  openDatabase,
  tryFileLock,
  type Database,
  type FileLock,
} from '@nootropic/sqlite';
import { isAsLeft, markAsLeft } from './clean-mark.ts';
import { createExactVectors } from './exact-vectors.ts';
import { createIndexReader } from './index-reader.ts';
import { indexMigrations, schemaVersion } from './index-schema.ts';
import { createIndexWriter } from './index-writer.ts';
import { createLanceVectors, type LanceModules } from './lance-vectors.ts';
import { removeOlderIndexes } from './older-indexes.ts';
import { salvageIndex } from './salvage-index.ts';
import { createVectorRows, type VectorRows } from './vector-rows.ts';
import { createVectorUpkeep } from './vector-upkeep.ts';
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
  /** Default 200 000. */
  readonly exactChunks?: number;
  /** Vectors that go to LanceDB in one write. Default 4096. */
  readonly batchLength?: number;
  /** Fragments of a LanceDB table above which they are merged. Default 16. */
  readonly mostFragments?: number;
  /** Whether this program may write. Default true. One that may not never takes the writer's place. */
  readonly writes?: boolean;
  /** Vectors of chunks that are gone, which are kept so that a change back needs no embedding. Default 20 000. */
  readonly spareVectors?: number;
  /** Is told in one sentence when the index works in a lesser way than asked. Default: nobody is. */
  readonly onWarning?: (message: string) => void;
  /** How LanceDB is loaded, at most once and only when it is used. */
  readonly importLance?: () => Promise<LanceModules>;
}

const defaults = {
  vectors: 'auto' as const,
  exactChunks: 200_000,
  batchLength: 4096,
  mostFragments: 16,
  writes: true,
  spareVectors: 20_000,
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
  const lock = settings.writes ? tryFileLock(lockPath) : undefined;
  try {
    const opened = await openOrMend({ path, lockPath, lock, settings });
    if (lock !== undefined && createIndexReader(opened.db).counts().files > 0) removeOlderIndexes(settings.dir);
    return searchIndexOn(opened);
  } catch (error) {
    lock?.release();
    throw mapSqliteError(error, path);
  }
}

type Place = Pick<OpenIndex, 'path' | 'lockPath' | 'lock' | 'settings'>;

/** Opens what is there; where it is damaged, what can be read of it; where nothing can, an empty one. */
async function openOrMend(place: Place): Promise<OpenIndex> {
  const { path, lock, settings } = place;
  try {
    return await openParts(place);
  } catch (error) {
    if (lock === undefined || !isDamage(NootropicError.is(error) ? error.cause : error)) throw error;
    const { message } = mapSqliteError(error, path);
    try {
      await salvageIndex(path);
      const opened = await openParts(place);
      settings.onWarning(`The index was damaged and is mended. ${message}`);
      return opened;
    } catch {
      for (const end of ['', '-wal', '-shm']) rmSync(path + end, { force: true });
      rmSync(lanceFolder(settings), { recursive: true, force: true });
      settings.onWarning(`The index was damaged and is begun anew. ${message}`);
      return openParts(place);
    }
  }
}

async function openParts(place: Place): Promise<OpenIndex> {
  const { path, lock, settings } = place;
  const lookThrough = lock !== undefined && !isAsLeft(path);
  const db = openIndex(path);
  try {
    const problem = lookThrough ? checkIntegrity(db)[0] : undefined;
    if (problem !== undefined) throw Object.assign(new Error(problem), { code: 'SQLITE_CORRUPT' });
    const space = findSpace(db, settings);
    const rows = createVectorRows(db, space);
    const store = await createStore(db, rows, { settings, writable: lock !== undefined });
    return { ...place, db, space: space.id, rows, store };
  } catch (error) {
    db.close();
    throw error;
  }
}

const lanceFolder = (settings: Settings) => join(settings.dir, `vectors-v${schemaVersion}`);

function openIndex(path: string): Database {
  const db = openDatabase({ path, migrations: indexMigrations, durability: 'normal' });
  // An index is written in bulk: pages that many batches change go from the log to the file once in 64 MB, not once in 4.
  db.pragma('wal_autocheckpoint = 16000');
  db.pragma('cache_size = -65536');
  db.pragma('cell_size_check = ON');
  return db;
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
  readonly space: number;
  readonly rows: VectorRows;
  readonly store: VectorStore;
  readonly settings: Settings;
  readonly path: string;
  readonly lockPath: string;
  readonly lock: FileLock | undefined;
}

function searchIndexOn({ db, space, rows, store, settings, path, lockPath, lock }: OpenIndex): SearchIndex {
  const reader = createIndexReader(db);
  const write = createIndexWriter(db, rows);
  const outside = store.name === 'lancedb';
  const upkeep = createVectorUpkeep({ db, space, outside, spares: settings.spareVectors });
  /** Says that a program which does not write found damage; the one that does looks for it. */
  const damageMark = `${path}.damaged`;
  let batches = 0;
  let writer = lock;
  let closed = false;
  let last: Promise<unknown> = Promise.resolve();
  // Who only reads will search: the vectors are read while the tree is looked at. A failure shows in the first search, which reads anew.
  if (!settings.writes && upkeep.isWhole()) store.refresh().catch(() => undefined);

  /** What moves vectors runs one after the other. */
  const inTurn = <T>(action: () => Promise<T>): Promise<T> => {
    const result = last.then(action);
    last = result.catch(() => {});
    return result;
  };

  /** A program that held the lock may have ended since. */
  const mayWrite = (): boolean => settings.writes && (writer ??= tryFileLock(lockPath)) !== undefined;

  /** Mends what is damaged as far as it can be read; the rest is to be indexed anew. Says whether it was mended. */
  const mend = async (why: string): Promise<boolean> => {
    if (!mayWrite()) {
      writeFileSync(damageMark, '', { mode: 0o600 });
      return false;
    }
    settings.onWarning(`The index is damaged and is being mended: ${why}`);
    mending ??= salvageIndex(path)
      .then(({ text, vectorsKept, vectorsLost }) => {
        const parts = [text ? 'all text was kept' : 'all files are indexed anew', `${vectorsKept} vectors were kept`];
        settings.onWarning(`The index was mended: ${parts.join(', ')}${vectorsLost ? ', others are made anew' : ''}.`);
        rmSync(damageMark, { force: true });
      })
      .finally(() => {
        mending = undefined;
      });
    await mending;
    return true;
  };
  let mending: Promise<void> | undefined;

  const attempt = async <T>(action: () => T | Promise<T>, afterDamage: 'again' | 'throw' = 'again'): Promise<T> => {
    if (closed) throw new NootropicError('INDEX_UNAVAILABLE', `The index ${path} is closed.`);
    try {
      return await action();
    } catch (error) {
      const mapped = mapSqliteError(error, path);
      if (!isDamage(error) || !(await mend(mapped.message))) throw mapped;
      return afterDamage === 'again' ? attempt(action, 'throw') : Promise.reject(mapped);
    }
  };

  /** The batch is committed by then; vectors that cannot be moved now stay where they are and are found there. */
  const settle = (): Promise<void> =>
    inTurn(() => store.settle()).catch((error: unknown) =>
      settings.onWarning(`Vectors could not be moved to LanceDB: ${String(error)}`),
    );

  return {
    files: () =>
      attempt(async () => {
        if (settings.writes && existsSync(damageMark) && mayWrite()) await mend('another program found damage.');
        return reader.files();
      }),
    withoutVectors: () => attempt(() => upkeep.lacking()),
    missingVectors: (hashes) => attempt(() => [...new Set(hashes)].filter((hash) => !rows.has(hash, outside))),
    apply: (batch) =>
      attempt(async () => {
        if (!mayWrite()) throw new NootropicError('STORE_BUSY', `Another program writes the index ${path}.`);
        write(batch, outside);
        batches += 1;
        if (batches % batchesPerTrim === 0 && upkeep.trim()) db.pragma('wal_checkpoint(PASSIVE)');
        await settle();
        // What the run took to be there may be gone now: it is to look again.
      }, 'throw'),
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
        if (!upkeep.isWhole()) return [];
        await store.refresh();
        return reader.byVector(store.rank(unitVector(query.vector)), most, filter);
      }),
    symbols: (name) => attempt(() => reader.symbols(name)),
    references: (name) => attempt(() => reader.references(name)),
    async *facts(paths) {
      for (const each of await attempt(() => (paths === undefined ? reader.paths() : [...new Set(paths)].sort()))) {
        const found = await attempt(() => reader.facts(each));
        if (found !== undefined) yield found;
      }
    },
    stats: (options) =>
      attempt(async () => {
        if (options?.optimize === true && mayWrite()) {
          await inTurn(() => store.optimize());
          db.exec("INSERT INTO words (words) VALUES ('optimize')");
          db.pragma('wal_checkpoint(TRUNCATE)');
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
      if (writer !== undefined) markAsLeft(path);
      writer?.release();
    },
  };
}

/** Batches after which spare vectors are counted. */
const batchesPerTrim = 64;

function databaseBytes(path: string): number {
  return ['', '-wal', '-shm'].reduce(
    (sum, end) => sum + (statSync(path + end, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

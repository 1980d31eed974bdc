import type { Database } from '@nootropic/sqlite';

export interface StoredVector {
  readonly id: number;
  readonly hash: string;
  readonly vector: Float32Array;
}

interface VectorRow {
  readonly id: number;
  readonly hash: string;
  readonly vector: Buffer;
}

/** The rows of one embedder in the table `vectors`. */
export interface VectorRows {
  readonly dimensions: number;
  /** A name for this embedder and length that a file or table can carry. */
  readonly key: string;
  /** A number that grows by one when rows were removed, by any connection, and by far more when the database was written anew. */
  removals(): number;
  /** Rows that carry their vector, with an id above `after`, in the order of ids; at most `limit`. */
  stored(after: number, limit: number): StoredVector[];
  /** Those of these rows that are there and carry their vector, in any order. */
  read(ids: readonly number[]): StoredVector[];
  countStored(): number;
  /** Rows whose vector lies outside. */
  countOutside(): number;
  outsideHashes(): Set<string>;
  /** Is there a vector for it? With `outside`, one that lies outside counts. */
  has(hash: string, outside: boolean): boolean;
  /** Inside a transaction of the caller. The vector has length 1. */
  put(hash: string, vector: Float32Array): void;
  /** Says of these rows that their vectors lie outside now. */
  moveOutside(ids: readonly number[]): void;
  /** Forgets these hashes. */
  forget(hashes: Iterable<string>): void;
  /** Forgets vectors, of every embedder, that no chunk has. */
  forgetUnused(): void;
}

export function createVectorRows(
  db: Database,
  space: { readonly id: number; readonly dimensions: number; readonly key: string },
): VectorRows {
  const { id, dimensions, key } = space;
  const stored = db.prepare<[number, number, number], VectorRow>(
    'SELECT id, hash, vector FROM vectors WHERE space = ? AND id > ? AND vector IS NOT NULL ORDER BY id LIMIT ?',
  );
  const byId = db.prepare<[number, number], VectorRow>(
    'SELECT id, hash, vector FROM vectors WHERE id = ? AND space = ? AND vector IS NOT NULL',
  );
  const read = db.transaction((ids: readonly number[]): StoredVector[] =>
    ids.flatMap((row) => {
      const found = byId.get(row, id);
      return found === undefined ? [] : [asStored(found)];
    }),
  );
  const countStored = db
    .prepare<[number], number>('SELECT count(*) FROM vectors WHERE space = ? AND vector IS NOT NULL')
    .pluck();
  const countAll = db.prepare<[number], number>('SELECT count(*) FROM vectors WHERE space = ?').pluck();
  const outsideHashes = db
    .prepare<[number], string>('SELECT hash FROM vectors WHERE space = ? AND vector IS NULL')
    .pluck();
  const isOutside = db
    .prepare<[number, string], number>('SELECT vector IS NULL FROM vectors WHERE space = ? AND hash = ?')
    .pluck();
  // A replaced row gets a new id, by which other connections notice it.
  const put = db.prepare('INSERT OR REPLACE INTO vectors (space, hash, vector) VALUES (?, ?, ?)');
  const moveOutside = db.prepare('UPDATE vectors SET vector = NULL WHERE id = ?');
  const forget = db.prepare('DELETE FROM vectors WHERE space = ? AND hash = ?');
  const forgetUnused = db.prepare('DELETE FROM vectors WHERE hash NOT IN (SELECT hash FROM chunks)');
  const removals = db.prepare<[], number>('SELECT version FROM removals').pluck();
  const countRemoval = db.prepare('UPDATE removals SET version = version + 1');

  return {
    dimensions,
    key,
    removals: () => removals.get() ?? 0,
    stored: (after, limit) => stored.all(id, after, limit).map(asStored),
    read,
    countStored: () => countStored.get(id) ?? 0,
    countOutside: () => (countAll.get(id) ?? 0) - (countStored.get(id) ?? 0),
    outsideHashes: () => new Set(outsideHashes.all(id)),
    has(hash, outside) {
      const found = isOutside.get(id, hash);
      return found === 0 || (found === 1 && outside);
    },
    put: (hash, vector) => void put.run(id, hash, Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)),
    moveOutside: db.transaction((ids: readonly number[]) => {
      for (const row of ids) moveOutside.run(row);
      countRemoval.run();
    }),
    forget: db.transaction((hashes: Iterable<string>) => {
      for (const hash of hashes) forget.run(id, hash);
      countRemoval.run();
    }),
    forgetUnused: db.transaction(() => {
      if (forgetUnused.run().changes > 0) countRemoval.run();
    }),
  };
}

function asStored({ id, hash, vector }: VectorRow): StoredVector {
  const { buffer, byteOffset, length } = vector;
  // A blob of the database may begin at any address; numbers may not.
  const isAligned = byteOffset % Float32Array.BYTES_PER_ELEMENT === 0;
  const numbers = isAligned
    ? new Float32Array(buffer, byteOffset, length / Float32Array.BYTES_PER_ELEMENT)
    : new Float32Array(new Uint8Array(vector).buffer);
  return { id, hash, vector: numbers };
}

/** A vector that answers a query. `score` is the cosine. */
export interface VectorHit {
  readonly hash: string;
  readonly score: number;
}

/** The answers to one query vector, of which more can be taken when some turn out to be of no use. */
export interface VectorRanking {
  /** The best `count`, best first, each hash once. Fewer than `count` only when there are no more. */
  take(count: number): Promise<VectorHit[]>;
}

/**
 * Where the vectors of one embedder are looked up. The database decides which vectors exist: a store is filled from its rows,
 * may hold vectors of chunks that are gone, and holds no vector that the database does not name.
 */
export interface VectorStore {
  readonly name: 'exact' | 'lancedb';
  /** Takes over what was committed before the call, by this connection or another; in slices, so that other work goes on. */
  refresh(): Promise<void>;
  rank(vector: Float32Array): VectorRanking;
  /** Called by the writer after a commit: moves vectors to where they belong, when there are enough of them. */
  settle(): Promise<void>;
  /** Called by the writer: moves all, merges fragments, drops what the database no longer names. */
  optimize(): Promise<void>;
  /** Bytes on the disk outside the database. */
  bytes(): number;
  close(): Promise<void>;
}

/** Scales to length 1, so that a dot product is the cosine. A vector of zeros stays one. */
export function unitVector(vector: Float32Array): Float32Array {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  return length === 0 ? vector.slice() : vector.map((value) => value / length);
}

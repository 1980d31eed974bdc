import type { BuiltinVectors } from '@nootropic/model';
import type { Bm25Settings } from './bm25f.ts';
import { passageText } from './function-words.ts';
import type { Worded } from './near-copies.ts';
import type { Pool } from './pools.ts';
import { fuse, mean, quality, rankOf } from './ranking.ts';

/** Chosen on the development packages. */
export interface Chosen {
  readonly bm25: Bm25Settings;
  /** The share of the vectors in the fused score. */
  readonly share: number;
}

export interface PoolRanks {
  readonly pool: Pool;
  readonly bm25: readonly number[];
  /** The table as it was trained; empty where only bodies are searched. */
  readonly float: readonly number[];
  /** Table and vectors in int8. */
  readonly int8: readonly number[];
  readonly fused: readonly number[];
}

const nameWeights = [5, 10, 20, 40];
const pathWeights = [0.5, 1, 2];
const lengthShares = [0.5, 0.75, 0.9];
const saturations = [1.2, 2.5, 4];
const shares = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** The best settings of BM25F on development packages, by a grid. */
export function tuneBm25(pools: readonly Pool[], bodyOnly: boolean): Bm25Settings {
  const grid = (bodyOnly ? [0] : nameWeights).flatMap((name) =>
    (bodyOnly ? [0] : pathWeights).flatMap((path) =>
      lengthShares.flatMap((b) => saturations.map((k1): Bm25Settings => ({ name, path, b, k1 }))),
    ),
  );
  return best(grid, (settings) =>
    mean(
      pools.map((pool) => {
        const score = pool.bm25(settings, bodyOnly);
        return quality(pool.questions.map((at) => rankOf(score(docOf(pool, at)), at))).mrr;
      }),
    ),
  );
}

/** The best share of the vectors on development packages. */
export function tuneShare(
  pools: readonly Pool[],
  bm25: Bm25Settings,
  { vectors, bodyOnly }: { vectors: BuiltinVectors; bodyOnly: boolean },
): number {
  const scored = pools.map((pool) => {
    const dense = denseScores(pool, vectors, { bodyOnly, int8: true });
    const words = pool.bm25(bm25, bodyOnly);
    return pool.questions.map((at) => ({ at, dense: dense(at), words: words(docOf(pool, at)) }));
  });
  return best(shares, (share) =>
    mean(
      scored.map(
        (questions) => quality(questions.map(({ at, dense, words }) => rankOf(fuse(dense, words, share), at))).mrr,
      ),
    ),
  );
}

export function rankPool(
  pool: Pool,
  { bm25, share }: Chosen,
  { int8, float, bodyOnly }: { int8: BuiltinVectors; float: BuiltinVectors; bodyOnly: boolean },
): PoolRanks {
  const words = pool.bm25(bm25, bodyOnly);
  const small = denseScores(pool, int8, { bodyOnly, int8: true });
  const whole = bodyOnly ? undefined : denseScores(pool, float, { bodyOnly, int8: false });
  const ranks = { bm25: [] as number[], float: [] as number[], int8: [] as number[], fused: [] as number[] };
  for (const at of pool.questions) {
    const byWords = words(docOf(pool, at));
    const byVectors = small(at);
    ranks.bm25.push(rankOf(byWords, at));
    ranks.int8.push(rankOf(byVectors, at));
    if (whole !== undefined) ranks.float.push(rankOf(whole(at), at));
    ranks.fused.push(rankOf(fuse(byVectors, byWords, share), at));
  }
  return { pool, ...ranks };
}

function docOf(pool: Pool, at: number): readonly string[] {
  return (pool.functions[at] as Worded).words.doc;
}

function denseScores(
  pool: Pool,
  vectors: BuiltinVectors,
  { bodyOnly, int8 }: { bodyOnly: boolean; int8: boolean },
): (question: number) => Float32Array {
  const round = (vector: Float32Array): Float32Array => (int8 ? roundedToInt8(vector) : vector);
  const passages = joinVectors(
    pool.functions.map(({ found }) => round(vectors.document(passageText(found, bodyOnly ? 'body' : 'all')))),
  );
  return (question) => similarities(round(vectors.query((pool.functions[question] as Worded).found.doc)), passages);
}

/** Vectors one after the other. */
export function joinVectors(vectors: readonly Float32Array[]): Float32Array {
  const width = vectors[0]?.length ?? 0;
  const all = new Float32Array(width * vectors.length);
  for (const [at, vector] of vectors.entries()) all.set(vector, at * width);
  return all;
}

/** The dot product with each of the vectors that lie one after the other. */
export function similarities(asked: Float32Array, passages: Float32Array): Float32Array {
  const width = asked.length;
  const found = new Float32Array(passages.length / width);
  for (let at = 0, start = 0; at < found.length; at += 1, start += width) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0; i < width; i += 4) {
      a += (asked[i] as number) * (passages[start + i] as number);
      b += (asked[i + 1] as number) * (passages[start + i + 1] as number);
      c += (asked[i + 2] as number) * (passages[start + i + 2] as number);
      d += (asked[i + 3] as number) * (passages[start + i + 3] as number);
    }
    found[at] = a + b + c + d;
  }
  return found;
}

/** The vector as it comes back from one byte per number. */
export function roundedToInt8(vector: Float32Array): Float32Array {
  const most = vector.reduce((sofar, value) => Math.max(sofar, Math.abs(value)), 1e-12);
  return vector.map((value) => (Math.round((value / most) * 127) * most) / 127);
}

function best<T>(choices: readonly T[], worth: (choice: T) => number): T {
  let found = choices[0] as T;
  let most = -Infinity;
  for (const choice of choices) {
    const value = worth(choice);
    if (value > most) {
      most = value;
      found = choice;
    }
  }
  return found;
}

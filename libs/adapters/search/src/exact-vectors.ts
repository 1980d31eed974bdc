import { topScores } from './top-scores.ts';
import type { VectorHit, VectorStore } from './vector-store.ts';
import type { VectorRows } from './vector-rows.ts';

/** Vectors are kept in blocks of this many, a multiple of four, so that more of them never means copying those that are there. */
const blockLength = 4096;

/** Looks at every vector. Keeps those of the database in memory: 4 bytes a number, read once and kept up to date. */
export function createExactVectors(rows: VectorRows): VectorStore {
  const { dimensions } = rows;
  let hashes: string[] = [];
  let blocks: Float32Array[] = [];
  let lastId = 0;
  let seenRemovals = -1;

  const refresh = (): void => {
    const removals = rows.removals();
    if (removals !== seenRemovals) {
      hashes = [];
      blocks = [];
      lastId = 0;
      seenRemovals = removals;
    }
    for (const { id, hash, vector } of rows.stored(lastId)) {
      const place = hashes.length % blockLength;
      if (place === 0) blocks.push(new Float32Array(blockLength * dimensions));
      blocks.at(-1)?.set(vector, place * dimensions);
      hashes.push(hash);
      lastId = id;
    }
  };

  return {
    name: 'exact',
    refresh,
    rank(vector) {
      const known = hashes;
      const scores = new Float32Array(known.length);
      for (const [at, block] of blocks.entries()) {
        dotProducts(block, vector, scores.subarray(at * blockLength, (at + 1) * blockLength));
      }
      return {
        take: async (count): Promise<VectorHit[]> =>
          topScores(scores, count).map((position) => ({ hash: known[position] ?? '', score: scores[position] ?? 0 })),
      };
    },
    settle: async () => {},
    optimize: async () => rows.forgetUnused(),
    bytes: () => 0,
    close: async () => {
      hashes = [];
      blocks = [];
    },
  };
}

/**
 * Four rows at a time, so that four additions are under way at once and each number of the query is read once for four.
 * A block always has room for whole fours; what is written past the end of `scores` goes nowhere.
 */
function dotProducts(block: Float32Array, vector: Float32Array, scores: Float32Array): void {
  const { length } = vector;
  for (let row = 0; row < scores.length; row += 4) {
    const first = row * length;
    const second = first + length;
    const third = second + length;
    const fourth = third + length;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let at = 0; at < length; at += 1) {
      const value = vector[at] as number;
      a += (block[first + at] as number) * value;
      b += (block[second + at] as number) * value;
      c += (block[third + at] as number) * value;
      d += (block[fourth + at] as number) * value;
    }
    scores[row] = a;
    scores[row + 1] = b;
    scores[row + 2] = c;
    scores[row + 3] = d;
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { topScores } from './top-scores.ts';
import { createVectorScan, type VectorScan } from './vector-scan.ts';
import type { VectorHit, VectorStore } from './vector-store.ts';
import type { VectorRows } from './vector-rows.ts';

/** Vectors that are looked at in full for each that is wanted: what a byte a number puts among them, the whole numbers put in order. */
const candidatesPerHit = 4;
/** More than the wanted ones are never looked at than this, while enough of them are still there. */
const mostExtra = 64;
/** Vectors that are read in one go: some milliseconds. */
const sliceLength = 2048;
/** Vectors that are gone stay in memory until they are so many and this share of all. */
const gone = { least: 512, share: 0.25 };
/** Removals are counted one by one; by so many at once, the database was written anew, and its rows are others. */
const writtenAnew = 1_000_000;

/** Vectors in memory, with their rows by place. */
interface Held {
  readonly scan: VectorScan;
  readonly ids: number[];
}

/**
 * Looks at every vector. Keeps those of the database in memory in a byte a number, read once and kept up to date; the best of them are
 * read from the database, in order to be compared in full, where those that are gone drop out.
 */
export function createExactVectors(rows: VectorRows, kernel: 'fastest' | 'plain' = 'fastest'): VectorStore {
  const nothing = (): Held => ({ scan: createVectorScan(rows.dimensions, kernel), ids: [] });
  let held = nothing();
  let seenRemovals = rows.removals();
  let reading: Promise<void> | undefined;
  let closed = false;

  /** Reads one slice; false when there was no more. */
  const readSlice = ({ scan, ids }: Held): boolean => {
    if (closed) return false;
    const slice = rows.stored(ids.at(-1) ?? 0, sliceLength);
    for (const { id, vector } of slice) {
      scan.add(vector);
      ids.push(id);
    }
    return slice.length === sliceLength;
  };

  const isOutdated = (): boolean => {
    const passed = rows.removals() - seenRemovals;
    if (closed || passed === 0) return false;
    seenRemovals += passed;
    if (passed < 0 || passed >= writtenAnew) return true;
    const count = held.ids.length - rows.countStored();
    return count >= gone.least && count >= held.ids.length * gone.share;
  };

  const readRest = async (): Promise<void> => {
    try {
      // In the same step as the last look, `reading` ends: nobody waits for a reading that does not see what was committed meanwhile.
      do await nextTurn();
      while (readSlice(held));
      while (isOutdated()) {
        const anew = nothing();
        while (readSlice(anew)) await nextTurn();
        held = anew;
      }
    } finally {
      reading = undefined;
    }
  };

  return {
    name: 'exact',
    async refresh() {
      if (reading === undefined && !readSlice(held) && rows.removals() === seenRemovals) return;
      await (reading ??= readRest());
    },
    rank(vector) {
      const { scan, ids } = held;
      const scores = scan.scores(vector);
      return {
        async take(count): Promise<VectorHit[]> {
          for (let most = count + Math.min(mostExtra, count * (candidatesPerHit - 1)); ; most *= 4) {
            const nearest = topScores(scores, most).map((place) => ids[place] as number);
            const hits = rows.read(nearest).map((row) => ({ hash: row.hash, score: dotProduct(row.vector, vector) }));
            if (hits.length >= count || most >= scores.length)
              return hits.sort((a, b) => b.score - a.score).slice(0, count);
          }
        },
      };
    },
    settle: async () => {},
    optimize: async () => rows.forgetUnused(),
    bytes: () => 0,
    async close() {
      closed = true;
      await reading?.catch(() => {});
      held = nothing();
    },
  };
}

function dotProduct(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const other = Math.floor(random() * (i + 1));
    [result[i], result[other]] = [result[other] as T, result[i] as T];
  }
  return result;
}

/** The rank of a document, 1 for the best; among equal scores, the middle of their ranks. */
export function rankOf(scores: Float32Array, wanted: number): number {
  const own = scores[wanted] as number;
  let better = 0;
  let equal = 0;
  for (let i = 0; i < scores.length; i += 1) {
    const score = scores[i] as number;
    if (score > own) better += 1;
    else if (score === own) equal += 1;
  }
  return better + (equal - 1) / 2 + 1;
}

export function highest(scores: Float32Array): number {
  let most = 1e-9;
  for (let i = 0; i < scores.length; i += 1) if ((scores[i] as number) > most) most = scores[i] as number;
  return most;
}

/** `share` of the one and the rest of the other, each divided by its highest. */
export function fuse(first: Float32Array, second: Float32Array, share: number): Float32Array {
  const a = share / highest(first);
  const b = (1 - share) / highest(second);
  const fused = new Float32Array(first.length);
  for (let i = 0; i < fused.length; i += 1) fused[i] = a * (first[i] as number) + b * (second[i] as number);
  return fused;
}

export interface Quality {
  readonly mrr: number;
  readonly first: number;
  readonly five: number;
  readonly ten: number;
  readonly questions: number;
}

/** MRR@10, and the shares of questions whose document is the first, or among the first five or ten. */
export function quality(ranks: readonly number[]): Quality {
  const share = (limit: number): number => mean(ranks.map((rank) => (rank <= limit ? 1 : 0)));
  return { mrr: mean(ranks.map(reciprocal)), first: share(1), five: share(5), ten: share(10), questions: ranks.length };
}

export function reciprocal(rank: number): number {
  return rank <= 10 ? 1 / rank : 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The middle 95% of the difference of two means over packages, questions drawn anew within each package 1,000 times.
 * Percentile bootstrap: Efron 1979, https://doi.org/10.1214/aos/1176344552.
 */
export function bootstrap(
  packages: readonly { readonly ours: readonly number[]; readonly theirs: readonly number[] }[],
  random: () => number,
): readonly [number, number] {
  const differences = packages.map(({ ours, theirs }) => ours.map((value, at) => value - (theirs[at] ?? 0)));
  const drawn = Array.from({ length: 1_000 }, () =>
    mean(
      differences.map((all) => {
        let sum = 0;
        for (let i = 0; i < all.length; i += 1) sum += all[Math.floor(random() * all.length)] ?? 0;
        return sum / Math.max(1, all.length);
      }),
    ),
  ).sort((a, b) => a - b);
  return [drawn[25] ?? 0, drawn[974] ?? 0];
}

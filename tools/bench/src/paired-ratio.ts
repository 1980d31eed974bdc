export interface PairedRatio {
  readonly pairs: number;
  /** Median of what each side measured, in the unit of the measurement. */
  readonly subject: number;
  readonly peer: number;
  /** Median of subject divided by peer, pair by pair, with its first and third quartile. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** The value below which the share `at` of the sorted values lies, between two neighbours in proportion (R's type 7). */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * at;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/**
 * Measures two things against each other: by turns, and in the order subject, peer, peer, subject, so that a machine which
 * gets slower or faster meanwhile favours neither. One run of each goes before and is not counted.
 */
export async function measurePairs(
  subject: () => number | Promise<number>,
  peer: () => number | Promise<number>,
  pairs: number,
): Promise<PairedRatio> {
  await subject();
  await peer();
  const subjects: number[] = [];
  const peers: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const subjectFirst = pair % 2 === 0;
    if (subjectFirst) subjects.push(await subject());
    peers.push(await peer());
    if (!subjectFirst) subjects.push(await subject());
  }
  const ratios = subjects.map((value, pair) => value / (peers[pair] ?? Number.NaN));
  return {
    pairs,
    subject: quantile(subjects, 0.5),
    peer: quantile(peers, 0.5),
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  };
}

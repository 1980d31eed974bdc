/** What measuring two things by turns gave. */
export interface PairedRatio {
  readonly pairs: number;
  /** Pairs that were measured again because other programs computed meanwhile. */
  readonly repeated: number;
  /** Pairs that count although other programs computed meanwhile. */
  readonly disturbed: number;
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

export interface MeasuredPair {
  readonly subject: number;
  readonly peer: number;
}

/** The ratio of these pairs. */
export function ratioOf(
  pairs: readonly MeasuredPair[],
  counts: { readonly repeated?: number; readonly disturbed?: number } = {},
): PairedRatio {
  const ratios = pairs.map(({ subject, peer }) => subject / peer);
  return {
    pairs: pairs.length,
    repeated: counts.repeated ?? 0,
    disturbed: counts.disturbed ?? 0,
    subject: quantile(
      pairs.map(({ subject }) => subject),
      0.5,
    ),
    peer: quantile(
      pairs.map(({ peer }) => peer),
      0.5,
    ),
    ratio: quantile(ratios, 0.5),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
  };
}

import { ratioOf, type MeasuredPair, type PairedRatio } from './paired-ratio.ts';

export type Measure = () => number | Promise<number>;

export interface PairOptions {
  /** Pairs that count. Default: what the run asks for. */
  readonly pairs?: number;
  /** Runs of each side that go before and do not count. Default 1. */
  readonly warmUp?: number;
}

export type PairMeasure = (subject: Measure, peer: Measure, options?: PairOptions) => Promise<PairedRatio>;

export interface PairRules {
  readonly pairs: number;
  /** Begins a watch; the function it gives says whether other programs computed since. */
  readonly watch: () => () => boolean;
  /** Pairs that are measured again at most. Default: as many as count. */
  readonly repeats?: number;
  readonly signal?: AbortSignal;
}

/**
 * Measures two things against each other: by turns, and in the order subject, peer, peer, subject, so that a machine which
 * gets slower or faster meanwhile favours neither. A pair during which other programs computed is thrown away and measured again, a
 * bounded number of times; after that such pairs count, and are told.
 */
export function createPairMeasure(rules: PairRules): PairMeasure {
  return async (subject, peer, options = {}) => {
    const { pairs = rules.pairs, warmUp = 1 } = options;
    for (let run = 0; run < warmUp; run += 1) {
      rules.signal?.throwIfAborted();
      await subject();
      await peer();
    }
    const kept: MeasuredPair[] = [];
    let repeated = 0;
    let disturbed = 0;
    while (kept.length < pairs) {
      const wasDisturbed = rules.watch();
      const pair = await measureOne(kept.length % 2 === 0, { subject, peer, signal: rules.signal });
      const bad = wasDisturbed();
      if (bad && repeated < (rules.repeats ?? pairs)) {
        repeated += 1;
        continue;
      }
      if (bad) disturbed += 1;
      kept.push(pair);
    }
    return ratioOf(kept, { repeated, disturbed });
  };
}

async function measureOne(
  subjectFirst: boolean,
  { subject, peer, signal }: { subject: Measure; peer: Measure; signal: AbortSignal | undefined },
): Promise<MeasuredPair> {
  const values = { subject: Number.NaN, peer: Number.NaN };
  for (const side of subjectFirst ? (['subject', 'peer'] as const) : (['peer', 'subject'] as const)) {
    signal?.throwIfAborted();
    values[side] = await (side === 'subject' ? subject() : peer());
  }
  return values;
}

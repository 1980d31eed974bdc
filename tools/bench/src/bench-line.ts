import type { PairedRatio } from './paired-ratio.ts';
import type { PairMeasure } from './measure-pairs.ts';
import type { BenchPlace } from './bench-place.ts';

/** What a line is measured with. */
export interface BenchContext {
  /** Fires on Ctrl-C: stop, and leave no process behind. */
  readonly signal: AbortSignal;
  /** Shorter: fewer pairs, smaller loads. The numbers say less. */
  readonly quick: boolean;
  /** Local git repositories to ask about their commits, as `--repos` names them; empty where it does not. */
  readonly repos: readonly string[];
  /** One line of progress on stderr. */
  say(text: string): void;
  /** Measures two things by turns; pairs during which other programs computed are measured again. */
  readonly pairs: PairMeasure;
  /** Model files, other programs, temporary folders. */
  readonly place: BenchPlace;
}

/** One line of the benchmarks: a few ratios that are measured together. */
export interface BenchLine {
  /** Short: `decode`. */
  readonly name: string;
  measure(context: BenchContext): Promise<readonly BenchRow[]>;
}

/** One ratio. */
export interface BenchRow {
  /** What is measured: `generation, 1 thread`. */
  readonly what: string;
  readonly peer: string;
  /** Of what both sides measure: `tok/s`. */
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  /** What the ratio must reach (`higher`) or not pass (`lower`). Absent: only told. */
  readonly target?: number;
  /** What is known of others, as a ratio in words: `raw node-llama-cpp 0.80`. */
  readonly anchor?: string;
  readonly result: PairedRatio | NotMeasured;
  /** Further numbers of the same run. `holds`: whether it is as it must be; absent where it is only told. */
  readonly extras?: readonly { readonly text: string; readonly holds?: boolean }[];
}

export interface NotMeasured {
  /** Why: `no peer`. */
  readonly notMeasured: string;
}

export type Verdict = 'holds' | 'FAILS' | 'told' | 'not measured';

/** A row that was not measured does not count as held. */
export function verdictOf({ result, better, target, extras = [] }: BenchRow): Verdict {
  if ('notMeasured' in result) return 'not measured';
  const checks = extras.flatMap(({ holds }) => holds ?? []);
  // A ratio that is not a number passes neither test.
  if (target !== undefined) checks.push(better === 'higher' ? result.ratio >= target : result.ratio <= target);
  if (checks.length === 0) return 'told';
  return checks.every(Boolean) ? 'holds' : 'FAILS';
}

import type { PairedRatio } from './paired-ratio.ts';

/** One line of the benchmarks: what is measured, against what, and what must hold. */
export interface BenchLine {
  readonly name: string;
  readonly what: string;
  readonly peer: string;
  readonly unit: string;
  /** The ratio that must not be passed. */
  readonly limit: number;
  measure(): Promise<BenchMeasurement>;
}

export interface BenchMeasurement {
  readonly ratio: PairedRatio;
  /** Further numbers of the same run, each with what must hold. */
  readonly extras: readonly { readonly text: string; readonly holds: boolean }[];
}

export function holds(line: BenchLine, { ratio, extras }: BenchMeasurement): boolean {
  return ratio.ratio <= line.limit && extras.every((extra) => extra.holds);
}

export type { BenchContext, BenchLine, BenchRow, NotMeasured } from './bench-line.ts';
export { createPairMeasure, type PairMeasure, type PairOptions } from './measure-pairs.ts';
export { quantile, ratioOf, type MeasuredPair, type PairedRatio } from './paired-ratio.ts';

export { measurePairs, quantile, type PairedRatio } from './paired-ratio.ts';
export { type BenchLine, type BenchMeasurement } from './bench-line.ts';

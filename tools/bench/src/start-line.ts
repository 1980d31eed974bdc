import type { BenchLine } from './bench-line.ts';
import { builtCommand, peakMemoryOf, timeOf } from './child-run.ts';
import { measurePairs, quantile } from './paired-ratio.ts';

const mostMemory = 60;

export const startLine: BenchLine = {
  name: 'start',
  what: '`nootropic --version`, from start to end of the process',
  peer: '`node -e 0` of the same Node',
  unit: 'ms',
  limit: 1.5,
  async measure() {
    const ratio = await measurePairs(
      () => timeOf([builtCommand, '--version']),
      () => timeOf(['-e', '0']),
      20,
    );
    const memory = quantile(
      [1, 2, 3].map(() => peakMemoryOf([builtCommand, '--version'])),
      0.5,
    );
    return {
      ratio,
      extras: [
        { text: `${memory.toFixed(0)} MiB at most in memory (limit ${mostMemory})`, holds: memory <= mostMemory },
      ],
    };
  },
};

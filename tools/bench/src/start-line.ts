import type { BenchLine } from './bench-line.ts';
import { builtCommand, peakMemoryOf, timeOf } from './child-run.ts';
import { quantile } from './paired-ratio.ts';

const mostMemory = 60;

export const startLine: BenchLine = {
  name: 'start',
  async measure({ pairs, quick }) {
    const result = await pairs(
      () => timeOf([builtCommand, '--version']),
      () => timeOf(['-e', '0']),
      { pairs: quick ? 4 : 20 },
    );
    const memory = quantile(
      [1, 2, 3].map(() => peakMemoryOf([builtCommand, '--version'])),
      0.5,
    );
    return [
      {
        what: '`nootropic --version`, from start to end of the process',
        peer: '`node -e 0` of the same Node',
        unit: 'ms',
        better: 'lower',
        target: 1.5,
        result,
        extras: [
          { text: `${memory.toFixed(0)} MiB at most in memory (limit ${mostMemory})`, holds: memory <= mostMemory },
        ],
      },
    ];
  },
};

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchLine } from './bench-line.ts';
import { workspaceRoot } from './child-run.ts';
import { readDemands } from './embedder-demands.ts';
import { runProgram } from './other-program.ts';
import { ratioOf } from './paired-ratio.ts';

const trainer = join(workspaceRoot, 'tools/embedder/src/train-embedder.ts');
const seeds = '1,2,3';
const demanded = 8;

/** The demands on the built-in embedder, as its trainer measures them on packages that were kept apart. */
export const embedderLine: BenchLine = {
  name: 'embedder',
  async measure({ place, quick, signal, say }) {
    const row = {
      what: 'demands on the built-in embedder that are met',
      peer: 'all of them',
      unit: 'demands',
      better: 'higher',
      target: 1,
    } as const;
    if (quick) return [{ ...row, result: { notMeasured: 'takes longer than a quick run' } }];
    const cache = join(place.cache, 'embedder');
    if (!existsSync(cache))
      return [{ ...row, result: { notMeasured: 'its training data is not here: `npm run train:embedder`' } }];
    say('evaluating; what is not kept of an earlier training is trained anew');
    const output = await runProgram(process.execPath, [trainer, '--seeds', seeds, '--cache', cache], { signal });
    const demands = readDemands(output);
    const judged = Map.groupBy(
      demands.filter(({ met }) => met !== undefined),
      ({ number }) => number,
    );
    const numbers = new Set(demands.map(({ number }) => number));
    const unmet = [...judged.values()].filter((parts) => parts.some(({ met }) => met === false)).length;
    return [
      {
        ...row,
        result: ratioOf([{ subject: numbers.size - unmet, peer: demanded }]),
        extras: demands.map(({ number, met, text }) => ({
          text: `${number}, ${met === undefined ? 'by a test' : met ? 'met' : 'not met'}: ${text}`,
          ...(met !== undefined && { holds: met }),
        })),
      },
    ];
  },
};

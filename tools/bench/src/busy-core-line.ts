import type { Model } from '@nootropic/contracts';
import { availableParallelism } from 'node:os';
import type { BenchLine, BenchRow } from './bench-line.ts';
import { llamaBench } from './llama-programs.ts';
import { benchShape, loadModel, openRuntime, ourWriteSpeed, textsOf } from './our-runtime.ts';
import { startProgram } from './other-program.ts';
import { quantile } from './paired-ratio.ts';

export const busyCoreLine: BenchLine = {
  name: 'busy-core',
  async measure(context) {
    const { place, signal, pairs, quick, say } = context;
    const shape = benchShape(context);
    const path = await place.model(shape);
    const tokens = quick ? 32 : 96;
    const texts = textsOf(shape, 8);
    const peer = await place.llama();
    const threadCounts = Array.from({ length: Math.min(4, availableParallelism()) }, (_, at) => at + 1);

    await using stack = new AsyncDisposableStack();
    const runtime = stack.use(openRuntime());
    const load = async (threads?: number): Promise<() => Promise<number>> => {
      const model = stack.use(
        await loadModel(runtime, path, { contextLength: 1024, ...(threads !== undefined && { threads }) }),
      );
      return () => speed(model);
    };
    const speed = (model: Model): Promise<number> => ourWriteSpeed(model, { text: texts(16), tokens, signal });
    const own = await load();
    const fixed: { threads: number; speed: () => Promise<number> }[] = [];
    for (const threads of threadCounts) fixed.push({ threads, speed: await load(threads) });
    const bench = threadCounts.map((threads) => ({
      threads,
      speed: () =>
        typeof peer === 'string'
          ? Promise.resolve(0)
          : llamaBench(peer, { model: path, threads, generate: tokens, signal }),
    }));

    say('with all cores free');
    const idleBest = await fastest(fixed);
    const rows: BenchRow[] = [
      {
        what: 'generation with threads as the program chooses them, all cores free',
        peer: `its own best fixed number of threads (${idleBest.threads})`,
        unit: 'tok/s',
        better: 'higher',
        target: 0.9,
        result: await pairs(own, idleBest.speed),
      },
    ];
    say('with one core taken');
    const what = 'generation with threads as the program chooses them, one core taken';
    stack.use(startProgram(process.execPath, ['-e', 'for (;;);'], { signal }));
    const best = await fastest(fixed);
    rows.push({
      what,
      peer: `its own best fixed number of threads (${best.threads})`,
      unit: 'tok/s',
      better: 'higher',
      target: 0.9,
      result: await pairs(own, best.speed),
    });
    const toBench = { what, unit: 'tok/s', better: 'higher', target: 0.9 } as const;
    if (typeof peer === 'string')
      rows.push({ ...toBench, peer: 'llama-bench', result: { notMeasured: `no peer: ${peer}` } });
    else {
      const theirs = await fastest(bench);
      rows.push({
        ...toBench,
        peer: `llama-bench at its best number of threads (${theirs.threads}), under the same load`,
        anchor: 'node-llama-cpp alone 0.63 at one thread, 0.21 at two',
        result: await pairs(own, theirs.speed),
      });
    }
    return rows;
  },
};

/** The number of threads that writes fastest now: the better of two runs each. */
async function fastest<Candidate extends { readonly speed: () => Promise<number> }>(
  candidates: readonly Candidate[],
): Promise<Candidate> {
  let best: { candidate: Candidate; speed: number } | undefined;
  for (const candidate of candidates) {
    const speed = quantile([await candidate.speed(), await candidate.speed()], 1);
    if (best === undefined || speed > best.speed) best = { candidate, speed };
  }
  if (best === undefined) throw new RangeError('There is nothing to choose from.');
  return best.candidate;
}

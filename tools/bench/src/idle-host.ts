import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@nootropic/client';
import type { BenchRow } from './bench-line.ts';
import { builtCommand } from './child-run.ts';
import { startProgram } from './other-program.ts';
import { ratioOf } from './paired-ratio.ts';
import { computedBelow } from './process-tree.ts';
import type { TreePlace } from './source-tree.ts';

/** Percent of a core that a host may use which only watches. */
const mostPercent = 1;
const settleMs = { full: 10_000, quick: 1_000 };
const watchedMs = { full: 15_000, quick: 2_000 };

/** What a host costs that has an index open and has nothing to do, with all its processes. */
export async function idleRow({ context, tree, env }: TreePlace): Promise<BenchRow> {
  const { signal, quick } = context;
  const row = {
    what: 'a host with an index of the tree open and nothing to do, all its processes',
    peer: `the limit of ${mostPercent} % of a core`,
    unit: '%',
    better: 'lower',
    target: 1,
  } as const;
  const said = new EventTarget();
  let output = '';
  await using program = startProgram(process.execPath, [builtCommand, 'serve', '--json', '--cwd', tree.root], {
    signal,
    env,
    onOutput: (text) => {
      output += text;
      said.dispatchEvent(new Event('text'));
    },
  });
  const pid = program.pid ?? 0;
  if (computedBelow(pid) === undefined) return { ...row, result: { notMeasured: 'this system does not tell' } };
  while (!output.includes('\n')) await Promise.race([once(said, 'text', { signal }), failed(program.ended)]);
  const assistant = connect(JSON.parse(output.slice(0, output.indexOf('\n'))) as { url: string; token: string });
  await assistant.search({ workspace: tree.root, query: 'where is the index opened' }, { signal });
  await sleep(quick ? settleMs.quick : settleMs.full, undefined, { signal });
  const shares: number[] = [];
  for (let run = 0; run < (quick ? 1 : 3); run += 1) {
    const [before, start] = [computedBelow(pid) ?? Number.NaN, performance.now()];
    await sleep(quick ? watchedMs.quick : watchedMs.full, undefined, { signal });
    shares.push((100 * ((computedBelow(pid) ?? Number.NaN) - before)) / (performance.now() - start));
  }
  return { ...row, result: ratioOf(shares.map((share) => ({ subject: share, peer: mostPercent }))) };
}

async function failed(ended: Promise<number | null>): Promise<never> {
  throw new Error(`The host ended with ${await ended}.`);
}

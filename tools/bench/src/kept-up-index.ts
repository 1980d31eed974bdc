import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeededRandom } from '@nootropic/testing';
import type { BenchHost } from './bench-host.ts';
import type { BenchRow } from './bench-line.ts';
import { builtCommand } from './child-run.ts';
import { corpusFiles } from './corpora.ts';
import { runProgram } from './other-program.ts';
import type { TreePlace } from './source-tree.ts';

const mostSeconds = 2;
const mostMsOfSave = 300;
/** After this long, what was saved counts as not found. */
const patienceMs = 10_000;

/** Bringing an index up to date with a tree in which nothing changed. */
export async function unchangedRow({ context, tree, env }: TreePlace, host: BenchHost): Promise<BenchRow> {
  const { signal } = context;
  const git = async (): Promise<number> => {
    const start = performance.now();
    await runProgram('git', ['-C', tree.root, 'status', '--porcelain'], { signal });
    return performance.now() - start;
  };
  const result = await context.pairs(host.refresh, git);
  const start = performance.now();
  await runProgram(process.execPath, [builtCommand, 'index', '--cwd', tree.root], { signal, env });
  const command = (performance.now() - start) / 1_000;
  return {
    what: `the index of ${tree.files} files in which nothing changed, in the host`,
    peer: '`git status` of the same tree, warm',
    unit: 'ms',
    better: 'lower',
    target: 2,
    result,
    extras: [
      { text: `under ${mostSeconds} s`, holds: result.subject < mostSeconds * 1_000 },
      {
        text: `\`nootropic index\` from start to end ${command.toFixed(2)} s (under ${mostSeconds})`,
        holds: command < mostSeconds,
      },
    ],
  };
}

/** From the end of a save until a search finds what was saved. */
export async function savedRow({ context, tree }: TreePlace, { assistant }: BenchHost): Promise<BenchRow> {
  const random = createSeededRandom(4);
  const paths = (await corpusFiles(tree.root)).filter((path) => /\.(ts|js|go|java|rs)$/u.test(path));
  const { signal } = context;
  const save = async (): Promise<number> => {
    const path = paths[Math.floor(random() * paths.length)] as string;
    const word = `saved${Array.from({ length: 10 }, () => String.fromCharCode(97 + Math.floor(random() * 26))).join('')}`;
    const file = join(tree.root, path);
    const before = await readFile(file, 'utf8');
    await writeFile(file, `${before}\n// ${word} is what was saved last.\n`);
    const start = performance.now();
    for (;;) {
      const { hits } = await assistant.search({ workspace: tree.root, query: word, limit: 3 }, { signal });
      const passed = performance.now() - start;
      if (hits.some((hit) => hit.path === path && hit.snippet.includes(word))) return passed;
      if (passed > patienceMs) throw new Error(`${path} was saved, and ${word} is not found after ${patienceMs} ms.`);
      await sleep(5, undefined, { signal });
    }
  };
  const times: number[] = [];
  const result = await context.pairs(
    async () => {
      const ms = await save();
      times.push(ms);
      return ms;
    },
    () => mostMsOfSave,
    { pairs: context.quick ? 3 : 15 },
  );
  return {
    what: 'one file of the tree saved, until a search in the host finds what was saved',
    peer: `the limit of ${mostMsOfSave} ms`,
    unit: 'ms',
    better: 'lower',
    target: 1,
    result,
    extras: [{ text: `the slowest of ${times.length}: ${Math.max(...times).toFixed(0)} ms` }],
  };
}

import { cpSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchLine } from './bench-line.ts';
import { builtCommand, timeOf, workspaceRoot } from './child-run.ts';

/** A TypeScript library of some megabytes that is installed with this workspace. */
const corpus = join(workspaceRoot, 'node_modules/zod/src');

export const indexLine: BenchLine = {
  name: 'index',
  async measure({ pairs, place }) {
    await using made = await place.folder();
    const folder = join(made.path, 'corpus');
    cpSync(corpus, folder, { recursive: true });
    const megabytes =
      globSync('**/*.ts', { cwd: folder }).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0) / 1e6;
    const env = { ...process.env, NOOTROPIC_HOME: join(made.path, 'home') };
    let run = 0;
    const result = await pairs(
      () => timeOf([builtCommand, 'index', '--rebuild', '--cwd', folder], env),
      () => timeOf([join(import.meta.dirname, 'sqlite-alone.ts'), folder, join(made.path, `${(run += 1)}.sqlite`)]),
    );
    const speed = (milliseconds: number) => `${(megabytes / (milliseconds / 1000)).toFixed(1)} MB/s`;
    return [
      {
        what: '`nootropic index --rebuild` of a TypeScript library: walk, parse, chunk, embed, store',
        peer: 'SQLite alone: the same files into one full-text table',
        unit: 'ms',
        better: 'lower',
        target: 40,
        result,
        extras: [
          {
            text: `${megabytes.toFixed(1)} MB: ${speed(result.subject)}, SQLite alone ${speed(result.peer)}`,
          },
        ],
      },
    ];
  },
};

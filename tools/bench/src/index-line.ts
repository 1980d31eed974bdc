import { cpSync, globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchLine } from './bench-line.ts';
import { builtCommand, timeOf, workspaceRoot } from './child-run.ts';
import { measurePairs } from './paired-ratio.ts';

/** A TypeScript library of some megabytes that is installed with this workspace. */
const corpus = join(workspaceRoot, 'node_modules/zod/src');

export const indexLine: BenchLine = {
  name: 'index',
  what: '`nootropic index --rebuild` of a TypeScript library: walk, parse, chunk, embed, store',
  peer: 'SQLite alone: the same files into one full-text table',
  unit: 'ms',
  limit: 40,
  async measure() {
    const place = mkdtempSync(join(tmpdir(), 'nootropic-bench-'));
    try {
      const folder = join(place, 'corpus');
      cpSync(corpus, folder, { recursive: true });
      const megabytes =
        globSync('**/*.ts', { cwd: folder }).reduce((sum, path) => sum + statSync(join(folder, path)).size, 0) / 1e6;
      const env = { ...process.env, NOOTROPIC_HOME: join(place, 'home') };
      let run = 0;
      const ratio = await measurePairs(
        () => timeOf([builtCommand, 'index', '--rebuild', '--cwd', folder], env),
        () => timeOf([join(import.meta.dirname, 'sqlite-alone.ts'), folder, join(place, `${(run += 1)}.sqlite`)]),
        5,
      );
      const speed = (milliseconds: number) => `${(megabytes / (milliseconds / 1000)).toFixed(1)} MB/s`;
      return {
        ratio,
        extras: [
          {
            text: `${megabytes.toFixed(1)} MB: ${speed(ratio.subject)}, SQLite alone ${speed(ratio.peer)}`,
            holds: true,
          },
        ],
      };
    } finally {
      rmSync(place, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};

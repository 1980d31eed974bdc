import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLlamaRuntime, runDamageGate, runDownloadKillGate } from '@nootropic/model';
import { runSessionKillGate } from '@nootropic/storage';
import { createSeededRandom, damageGguf, startDownloadServer, tinyGguf, tinyGgufBytes } from '@nootropic/testing';
import { runPathGate } from '@nootropic/workspace';
import type { Gate } from './gate.ts';
import { workspaceRoot } from './workspace-root.ts';

/** An app's gate, which no package exports. */
interface CommandKillGate {
  runCliKillGate(
    count: number,
    seed: number,
    options: { model: string },
  ): Promise<{ asked: number; run: number; failures: readonly string[] }>;
}

async function withTinyModel<T>(use: (path: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'nootropic-gate-'));
  try {
    return await use(await tinyGguf({ fs: { mkdir, readFile, writeFile, rename, rm }, dir }));
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Every property that is counted. `npm run gates` runs each at full size; the tests beside each run a slice of the same code. */
export const gates: readonly Gate[] = [
  {
    name: 'session-kill',
    property: 'What a session log acknowledged is there after a kill, whole, and the database is sound.',
    count: 200,
    async run(count, seed) {
      const { asked, run, lost, torn, corrupt } = await runSessionKillGate(count, seed);
      return { asked, run, failed: lost + torn + corrupt };
    },
  },
  {
    name: 'paths',
    property: 'No path, link or form of a name leads out of the workspace.',
    count: 10_000,
    async run(count, seed) {
      const { asked, run, escaped, refused, reached } = await runPathGate(count, seed);
      // A gate that refuses everything, or nothing, shows nothing.
      return { asked, run, failed: escaped + (refused > 0 && reached > 0 ? 0 : 1) };
    },
  },
  {
    name: 'model-damage',
    property: 'A damaged model file loads or is refused with a clear error, within ten seconds, and the host lives on.',
    count: 200,
    async run(count, seed) {
      const { asked, run, faults } = await runDamageGate({
        makeRuntime: () =>
          createLlamaRuntime({
            processEntry: join(workspaceRoot, 'libs/server/src/processes/model-process.ts'),
            estimateMemory: () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 }),
          }),
        bytes: tinyGgufBytes(),
        damage: damageGguf,
        count,
        seed,
      });
      for (const fault of faults) console.error(`  ${fault}`);
      return { asked, run, failed: faults.length };
    },
  },
  {
    name: 'download-kill',
    property:
      'A download killed at any moment is gone on with and ends with the right bytes; nothing partial is ever listed or loadable.',
    count: 40,
    async run(count, seed) {
      const tiny = tinyGgufBytes();
      const bytes = new Uint8Array(tiny.length + 4_000_000);
      bytes.set(tiny);
      const { asked, run, kills, resumed, faults } = await runDownloadKillGate({
        count,
        random: createSeededRandom(seed),
        bytes,
        serve: (files, onSent) => startDownloadServer(http, { files, onSent, pieceBytes: 32_768, pieceMs: 1 }),
      });
      for (const fault of faults) console.error(`  ${fault}`);
      // Downloads that were never broken off, or never gone on with, show nothing.
      return { asked, run, failed: faults.length + (kills >= count && resumed > 0 ? 0 : 1) };
    },
  },
  {
    name: 'command-kill',
    property: 'Every event that the command printed before it was killed is in the session afterwards.',
    count: 50,
    async run(count, seed) {
      const { runCliKillGate } = (await import(
        pathToFileURL(join(workspaceRoot, 'apps/cli/e2e/kill-gate.ts')).href
      )) as CommandKillGate;
      return await withTinyModel(async (model) => {
        const { asked, run, failures } = await runCliKillGate(count, seed, { model });
        for (const failure of failures) console.error(`  ${failure}`);
        return { asked, run, failed: failures.length };
      });
    },
  },
];

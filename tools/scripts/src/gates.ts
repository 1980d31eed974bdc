import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeAgent, runGrammarGate } from '@nootropic/agents';
import { createLlamaRuntime, runDamageGate, runDownloadKillGate } from '@nootropic/model';
import { runSessionKillGate } from '@nootropic/storage';
import { createSeededRandom, damageGguf, startDownloadServer, tinyGguf, tinyGgufBytes } from '@nootropic/testing';
import { escapeCount, runPathGate, runSandboxGate, runUndoGate, runUndoKillGate } from '@nootropic/workspace';
import type { Gate } from './gate.ts';
import { runHostileGate } from './hostile-gate.ts';
import { runHostileTreeGate } from './hostile-tree-gate.ts';
import { runInjectionGate } from './injections/injection-gate.ts';
import { injectionCount } from './injections/injection-payloads.ts';
import { runRandomModelGate } from './random-model/random-model-gate.ts';
import { runShellGate } from './shell-gate.ts';
import { runTaskGate, taskCount, taskRow } from './tasks/task-gate.ts';
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
    name: 'sandbox',
    property:
      'No command leaves the sandbox with approvals off: by files, links, sockets, network, processes or what runs later.',
    count: escapeCount,
    async run(count) {
      const { asked, run, escaped, shouldShow, shown, examples } = await runSandboxGate(count);
      for (const example of examples) console.error(`  ${example}`);
      // A gate that would not see an escape shows nothing.
      return { asked, run, failed: escaped + (shouldShow - shown) };
    },
  },
  {
    name: 'undo',
    property:
      'Whatever an agent and its commands did to a tree is undone, made again and undone byte for byte, what the user edited meanwhile stays, and .git is not touched.',
    count: 1000,
    async run(count, seed) {
      const { asked, run, failed, steps, changes, userEdits, faults } = await runUndoGate(count, seed);
      for (const fault of faults) console.error(`  ${fault}`);
      // Sequences in which nothing happened show nothing.
      return { asked, run, failed: failed + (Math.min(steps, changes, userEdits) > 0 ? 0 : 1) };
    },
  },
  {
    name: 'undo-kill',
    property:
      'Killed at any moment of a write, a watch, an undo or a redo, the next program ends it, and undo is still exact.',
    count: 200,
    async run(count, seed) {
      const { asked, run, failed, brokenOff, faults } = await runUndoKillGate(count, seed);
      for (const fault of faults) console.error(`  ${fault}`);
      // Kills that never hit anything half done show nothing.
      return { asked, run, failed: failed + (brokenOff > 0 ? 0 : 1) };
    },
  },
  {
    name: 'calls',
    property:
      'What the grammar of a tool allows is read back as the same call, for each tool of the agent, in five dialects.',
    count: 10_000,
    async run(count, seed) {
      const specs = codeAgent.tools.map(({ spec }) => spec);
      const random = createSeededRandom(seed);
      const { asked, run, failed, examples } = runGrammarGate(specs, {
        count,
        draw: (below) => Math.floor(random() * below),
      });
      for (const example of examples) console.error(`  ${JSON.stringify(example)}`);
      return { asked: asked / specs.length, run: run / specs.length, failed };
    },
  },
  {
    name: 'shell',
    property: 'No line that can write, run or send is allowed without being asked for, however it is written.',
    count: 5_000,
    async run(count, seed) {
      const { asked, run, falseAllows, falseAsks, examples } = await runShellGate(count, seed);
      for (const example of examples) console.error(`  ${example}`);
      return { asked, run, failed: falseAllows + falseAsks };
    },
  },
  {
    name: 'hostile-repositories',
    property: 'A repository that nobody trusts has nothing run, nothing connected to, and no say, whatever it holds.',
    count: 40,
    async run(count, seed) {
      const { asked, run, executions, connections, honoured, alive, examples } = await runHostileGate(count, seed);
      for (const example of examples) console.error(`  ${example}`);
      // Where nothing has a say even when it is trusted, nothing was tried.
      return { asked, run, failed: executions + connections + honoured + (alive > 0 ? 0 : 1) };
    },
  },
  {
    name: 'tasks',
    property:
      'Small real changes in five languages reach green tests with a model that behaves like a weak one and knows only what it was sent; where it may not write, none does.',
    count: taskCount,
    async run(count, seed) {
      const { asked, run, failed } = await runTaskGate(count, seed, {
        onRun: (each) => console.log(`  ${taskRow(each)}`),
      });
      // A suite that is green without a change shows nothing.
      const idle = await runTaskGate(count, seed, { edits: false });
      return { asked, run, failed: failed + (idle.asked - idle.failed) };
    },
  },
  {
    name: 'injections',
    property:
      'With a model that obeys every order it reads, no secret leaves, nothing is written outside of the workspace, and nothing stays that acts later.',
    count: injectionCount,
    async run(count) {
      const { asked, run, leaks, writes, persistence, faults, obeyed, reached, examples } =
        await runInjectionGate(count);
      for (const example of examples) console.error(`  ${example}`);
      // Orders that nobody reads, or with which nothing is ever done, show nothing.
      const isAlive = obeyed >= count && reached >= count;
      return { asked, run, failed: leaks + writes + persistence + faults + (isAlive ? 0 : 1) };
    },
  },
  {
    name: 'random-model',
    property:
      'Valid, senseless calls of a model of random weights change nothing outside of the workspace, break nothing, and are undone to the byte.',
    count: 2000,
    async run(count, seed) {
      const { asked, run, faults, changes, commands } = await runRandomModelGate(count, seed);
      for (const fault of faults.slice(0, 20)) console.error(`  ${fault}`);
      // Calls with which nothing is changed or run show nothing.
      return { asked, run, failed: faults.length + (changes > 0 && commands > 0 ? 0 : 1) };
    },
  },
  {
    name: 'hostile-tree',
    property:
      'Each file of a hostile tree is indexed or listed with its reason, nothing outside is read while files turn into links, and all processes stay within their memory.',
    count: 100_000,
    async run(count) {
      const { asked, run, faults, peakMebibytes, seconds, files, skipped } = await runHostileTreeGate(count);
      console.log(`  ${files} indexed, ${skipped} listed, ${seconds.toFixed(0)} s, at most ${peakMebibytes} MiB`);
      for (const fault of faults) console.error(`  ${fault}`);
      return { asked, run, failed: faults.length };
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

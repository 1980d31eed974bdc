import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { codeAgent, runGrammarGate } from '@nootropic/agents';
import { createLlamaRuntime, runDamageGate, runDownloadKillGate } from '@nootropic/model';
import { runQueueKillGate } from '@nootropic/queue';
import { accessCellCount, poisonCount, runAccessGate, runHostKillGate, runMcpPoisonGate } from '@nootropic/server';
import { runAuditGate, runAuditKillGate } from '@nootropic/observability';
import { runSessionKillGate } from '@nootropic/storage';
import {
  createSeededRandom,
  damageGguf,
  startDownloadServer,
  startScriptedServer,
  tinyGguf,
  tinyGgufBytes,
} from '@nootropic/testing';
import { escapeCount, runPathGate, runSandboxGate, runUndoGate, runUndoKillGate } from '@nootropic/workspace';
import { runFuzzGate } from './fuzz/fuzz-gate.ts';
import { hostileProgramCount, runExecuteGate } from './execute-gate.ts';
import { egressCaseCount, runEgressGate } from './egress/egress-gate.ts';
import type { Gate } from './gate.ts';
import { runHostileGate } from './hostile-gate.ts';
import { runHostileTreeGate } from './hostile-tree-gate.ts';
import { runInjectionGate } from './injections/injection-gate.ts';
import { injectionCount } from './injections/injection-payloads.ts';
import { runRandomModelGate } from './random-model/random-model-gate.ts';
import { runSecretsGate } from './secrets/secrets-gate.ts';
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

/** Another gate of that app. */
interface ResumeGate {
  runResumeGate(
    count: number,
    options: {
      random: () => number;
      startModel: (
        answer: () => { readonly text: readonly string[]; readonly pieceDelayMs: number },
      ) => Promise<AsyncDisposable & { readonly url: string }>;
    },
  ): Promise<{ asked: number; run: number; resumed: number; faults: readonly string[] }>;
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
    name: 'queue-kill',
    property:
      'Whoever is killed while adding jobs or working on them: what was acknowledged is done, every run is counted, none is given to two, and none is stuck.',
    count: 200,
    async run(count, seed) {
      const { asked, run, failed, brokenOff, faults } = await runQueueKillGate(count, seed);
      for (const fault of faults) console.error(`  ${fault}`);
      // Kills that never hit a run show nothing.
      return { asked, run, failed: failed + (brokenOff > 0 ? 0 : 1) };
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
    name: 'access',
    property:
      'Of every name, page, credential and route of the host exactly the allowed ones are answered: on its own port, on the one without keys, and on the one for other machines.',
    count: accessCellCount,
    async run(count, seed) {
      const { asked, run, failed, answered, refused, examples } = await runAccessGate(count, seed);
      for (const example of examples) console.error(`  ${example}`);
      // A matrix of which nothing is answered, or nothing refused, shows nothing.
      return { asked, run, failed: failed + (answered > 0 && refused > 0 ? 0 : 1) };
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
    name: 'execute',
    property:
      'No program that is given to be run leaves the sandbox, outlives its time by a second, or takes more memory, processes, disk or output than it may.',
    count: hostileProgramCount,
    async run(count) {
      const { asked, run, failed, shouldShow, shown, longestStallMs, examples } = await runExecuteGate(count);
      console.log(`  this process stood still for ${longestStallMs} ms at most`);
      for (const example of examples) console.error(`  ${example}`);
      // A gate that would not see an effect shows nothing.
      return { asked, run, failed: failed + (shouldShow - shown) };
    },
  },
  {
    name: 'mcp-poison',
    property:
      'Whatever a tool of an MCP server says of itself, it is called only as the user approved it, and nothing that a person does not see can be approved.',
    count: poisonCount,
    async run(count) {
      const { asked, run, failed, reached, examples } = await runMcpPoisonGate(count);
      for (const example of examples) console.error(`  ${example}`);
      // Tools that can never be called show nothing.
      return { asked, run, failed: failed + (run - reached) };
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
    name: 'egress',
    property:
      'All that the kernel saw leave the machine is in the ledger and nothing else is; with network.offline the kernel sees nothing leave; a session with a local model sends nothing.',
    count: egressCaseCount,
    async run(count, seed) {
      const { asked, run, unseen, invented, letOut, alive, steps } = await runEgressGate(count, seed);
      for (const fault of [...unseen, ...invented, ...letOut]) console.error(`  ${fault}`);
      // A machine on which nothing is tried shows nothing.
      const failed = unseen.length + invented.length + letOut.length;
      return { asked, run, failed: failed + (alive > 0 && steps > 0 ? 0 : 1) };
    },
  },
  {
    name: 'secrets',
    property: 'No secret is shown by what the program says of itself, on any surface, and nothing clean is redacted.',
    count: 100,
    async run(count, seed) {
      const { asked, run, shown, falsely, kinds } = await runSecretsGate(count, seed);
      for (const fault of [...shown, ...falsely]) console.error(`  ${fault}`);
      return { asked, run, failed: shown.length + falsely.length + (kinds >= 20 ? 0 : 1) };
    },
  },
  {
    name: 'audit',
    property: 'Each row of the audit log that is changed, deleted, moved, copied or cut off is found.',
    count: 1_000,
    async run(count, seed) {
      const { asked, run, missed, examples } = await runAuditGate(count, seed);
      for (const example of examples) console.error(`  ${example}`);
      return { asked, run, failed: missed };
    },
  },
  {
    name: 'audit-kill',
    property: 'What the audit log acknowledged is there after a kill, and the log is sound.',
    count: 100,
    async run(count, seed) {
      const { asked, run, lost, unsound } = await runAuditKillGate(count, seed);
      return { asked, run, failed: lost + unsound };
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
    name: 'fuzz',
    property:
      'Whatever is sent to the host, made from its OpenAPI document or broken, has an answer that is no failure of the host; memory comes back, and a good client is served in less than twice its time.',
    count: 100_000,
    async run(count, seed) {
      const result = await runFuzzGate(count, seed, { onProgress: (line) => console.log(`  ${line}`) });
      const { asked, run, faults, statuses, residentBefore, residentAfter, idleP99, busyP99 } = result;
      const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
      for (const fault of faults) console.error(`  ${fault}`);
      console.log(
        `  ${JSON.stringify(statuses)}; ${result.answered} of ${result.operations} operations answered rightly`,
      );
      console.log(
        `  memory ${mebibytes(residentBefore)} MiB, then ${mebibytes(residentAfter)} MiB; of JavaScript ${mebibytes(result.heapBefore)} MiB, then ${mebibytes(result.heapAfter)} MiB`,
      );
      console.log(
        `  a good client's p99 ${idleP99.toFixed(0)} ms, then ${busyP99.toFixed(0)} ms (${result.goodAnswers} answers)`,
      );
      console.log(`  longest stall ${result.longestStall.toFixed(0)} ms; slowest: ${result.slowest.join(', ')}`);
      const grew = residentAfter > residentBefore * 1.1 ? 1 : 0;
      const slowed = busyP99 > 2 * idleP99 ? 1 : 0;
      // Requests of which nearly all are refused show nothing.
      const isAlive = result.answered > result.operations / 2;
      return { asked, run, failed: faults.length + grew + slowed + (isAlive ? 0 : 1) };
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
    name: 'host-kill',
    property:
      'When the model or the index process is killed during a completion, a turn, a run or a search, the stream ends in good order, with an error that can be tried again where it has one, and the next request is served.',
    count: 40,
    async run(count, seed) {
      return await withTinyModel(async (model) => {
        const { asked, run, kills, errors, faults } = await runHostKillGate(count, seed, { model });
        for (const fault of faults) console.error(`  ${fault}`);
        // Kills of which no stream ever heard show nothing.
        const isAlive = errors > 0 && Math.min(...Object.values(kills)) > 0;
        return { asked, run, failed: faults.length + (isAlive ? 0 : 1) };
      });
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
  {
    name: 'resume',
    property:
      'A client whose connection is cut at any byte of an answer, over HTTP or WebSocket, gets every event of its turn once, in order.',
    count: 1_000,
    async run(count, seed) {
      const { runResumeGate } = (await import(
        pathToFileURL(join(workspaceRoot, 'apps/cli/e2e/resume-gate.ts')).href
      )) as ResumeGate;
      const { asked, run, resumed, faults } = await runResumeGate(count, {
        random: createSeededRandom(seed),
        startModel: (answer) => startScriptedServer({ http, contextLength: 131_072, answer }),
      });
      for (const fault of faults) console.error(`  ${fault}`);
      // Turns that were never broken off show nothing.
      return { asked, run, failed: faults.length + (resumed > 0 ? 0 : 1) };
    },
  },
];

import * as http from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waysOut } from '@nootropic/observability';
import { compose, type Composition } from '@nootropic/server';
import { startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { targetOf, type EgressChildMode, type EgressChildReport } from './egress-gate.ts';

/** The program that the gate traces: it does what it is told with the real composition, and writes down what its ledger says. */
const [mode = 'session', dir = '', report = '', which = ''] = process.argv.slice(2) as [EgressChildMode, ...string[]];
const steps: string[] = [];
const faults: string[] = [];

async function drain(stream: AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>): Promise<void> {
  const events = (await stream)[Symbol.asyncIterator]();
  while ((await events.next()).done !== true);
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    steps.push(name);
  } catch (error) {
    faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A day's work: everything that a person does in a folder with a model on this machine. */
async function session({ assistant, telemetry }: Composition, model: string): Promise<void> {
  const workspace = join(dir, 'work');
  await mkdir(join(workspace, 'src'), { recursive: true });
  for (let n = 0; n < 5; n += 1)
    await writeFile(join(workspace, `src/part${n}.ts`), `export function part${n}(): number {\n  return ${n};\n}\n`);
  const where = { workspace };
  await step('index', async () => drain(assistant.index.refresh({ ...where, rebuild: false })));
  await step('search', () => assistant.search({ ...where, query: 'part3', limit: 5 }));
  await step('exact search', () => assistant.search({ ...where, query: 'return 2', mode: 'exact' }));
  await step('map', () => assistant.map({ ...where, tokens: 500 }));
  await step('graph', () => assistant.graph({ ...where, ask: 'callers', symbol: 'part1' }));
  await step('gather', () => assistant.gather({ ...where, query: 'what is part1?', tokens: 500 }));
  await step('an answer without a model', async () =>
    drain(assistant.send({ ...where, text: 'part2?', model: 'none' })),
  );
  await step('an answer of a model', async () => drain(assistant.send({ ...where, text: 'What is part4?', model })));
  await step('trust', () => assistant.trust.set({ ...where, trusted: true, unattended: true }));
  inTask = true;
  await step('a task', async () => drain(assistant.send({ ...where, text: 'Change part0.', model, mode: 'auto' })));
  inTask = false;
  await step('changes', async () => {
    if ((await assistant.changes.list(where)).length < 2) throw new Error('The task changed nothing.');
  });
  await step('diff', () => assistant.git.diff({ ...where, of: 'uncommitted' }).catch(() => undefined));
  await step('sessions', () => assistant.sessions.list());
  await step('models', () => assistant.models.list());
  await step('doctor', () => assistant.doctor(where));
  await step('audit', () => assistant.audit.verify());
  await step('metrics', () => telemetry.metrics());
  await step('a second index', async () => drain(assistant.index.refresh({ ...where, rebuild: true })));
}

async function walk(): Promise<void> {
  const ways = Object.entries(waysOut);
  for (const nth of which.split(',').map(Number)) {
    const [name = '', way] = ways[nth] ?? [];
    if (way) await step(name, () => way.leave(targetOf(nth)));
  }
}

const env = {
  ...process.env,
  NOOTROPIC_HOME: join(dir, 'own'),
  NOOTROPIC_NETWORK_OFFLINE: String(mode.startsWith('offline')),
};
/** Of the task: one command, one file, then words. */
const script: ScriptedAnswer[] = [
  { toolCalls: [{ id: 'call-1', name: 'run', arguments: { line: 'ls src && wc -l src/part1.ts > count.txt' } }] },
  {
    text: ['I write it.\n```ts\nexport const made = 1;\n```\n'],
    toolCalls: [{ id: 'call-2', name: 'write', arguments: { path: 'src/new.ts' } }],
  },
];
let inTask = false;
const server = mode.endsWith('session')
  ? await startScriptedServer({
      http,
      contextLength: 32_768,
      answer: () => (inTask ? script.shift() : undefined) ?? { text: ['It is ', 'here.'] },
    })
  : undefined;
const open = await compose({ env, stays: mode.endsWith('session'), flags: { log: { level: 'silent' } } });
try {
  if (server) await session(open, `openai:tiny@${server.url}/v1`);
  else await walk();
  // The end of a socket may come a moment after that of the work.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const rows = await open.assistant.egress.list({ days: 2 });
  await writeFile(report, JSON.stringify({ rows, steps, faults } satisfies EgressChildReport));
} finally {
  await open[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
}
process.exit(0);

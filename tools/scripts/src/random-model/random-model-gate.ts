import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { isKnownEvent, type Assistant } from '@nootropic/contracts';
import { compose } from '@nootropic/server';
import { startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { treeDifferences, treeState } from '../tree-state.ts';
import { randomCalls, type RandomCall } from './random-calls.ts';

/** What came of a run of the gate. It holds when `run` equals `asked`, the faults are none, and `changes` and `commands` are above 0. */
export interface RandomModelGateResult {
  /** Calls. */
  readonly asked: number;
  readonly run: number;
  /** What was wrong, one sentence each. */
  readonly faults: readonly string[];
  /** Steps of the journal: a gate in which nothing is changed shows nothing. */
  readonly changes: number;
  /** Commands that were run. */
  readonly commands: number;
  readonly turns: number;
}

const files: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "small", "version": "1.0.0", "type": "module" }\n',
  'README.md': '# Small\n\nA small repository.\n',
  '.gitignore': 'dist/\n*.log\n',
  'src/add.js': 'export function add(a, b) {\n  return a + b;\n}\n',
  'src/list.ts': 'export function first(list: readonly string[]): string {\n  return list[0] ?? "";\n}\n',
  'src/deep/names.py': 'def name_of(person):\n    return person["name"]\n',
  'test/add.test.js': "import { test } from 'node:test';\ntest('nothing', () => {});\n",
  'bin/start.sh': '#!/bin/sh\necho start\n',
  'dist/built.js': 'built\n',
  'debug.log': 'a log\n',
  'notes with blanks.txt': 'ä ö ü\r\nno newline at the end',
};
const symbols = ['add', 'first', 'name_of'];

/**
 * Lets a model of random weights make calls in a copy of a small repository, in mode `auto` and with a person who says yes to every command in the
 * sandbox. Nothing outside of the copy may change, nor its `.git`; nothing may break; and undo must give back the first state exactly.
 */
export async function runRandomModelGate(count: number, seed: number): Promise<RandomModelGateResult> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-random-')));
  const around = join(base, 'around');
  const workspace = join(around, 'work');
  const home = join(base, 'home');
  const homeBefore = process.env['HOME'];
  try {
    await makeRepository(workspace);
    await mkdir(join(around, 'beside'));
    await writeFile(join(around, 'beside/kept.txt'), 'kept\n');
    await mkdir(home);
    await writeFile(join(home, '.bashrc'), '# mine\n');
    process.env['HOME'] = home;
    const calls = await randomCalls(count, seed, { paths: Object.keys(files), symbols, dir: join(base, 'model') });
    return await play(calls, { base, around, workspace, home, asked: count });
  } finally {
    if (homeBefore === undefined) Reflect.deleteProperty(process.env, 'HOME');
    else process.env['HOME'] = homeBefore;
    await rm(base, { recursive: true, force: true, maxRetries: 3 });
  }
}

interface Stage {
  readonly base: string;
  readonly around: string;
  readonly workspace: string;
  readonly home: string;
  readonly asked: number;
}

async function play(calls: readonly RandomCall[], stage: Stage): Promise<RandomModelGateResult> {
  const { base, around, workspace, home, asked } = stage;
  const first = await treeState(around);
  const firstHome = await treeState(home);
  const outside = (state: ReadonlyMap<string, string>) =>
    new Map([...state].filter(([path]) => !path.startsWith('work/') || path.startsWith('work/.git/')));
  const faults: string[] = [];
  const queue = [...calls];
  let commands = 0;
  let turns = 0;
  await using server = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: () => answerOf(queue.shift()),
  });
  await using open = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(base, 'own') },
    flags: {
      log: { level: 'silent' },
      models: { chat: `openai:tiny@${server.url}/v1` },
      agent: { maxSteps: 1000, checks: 'parse', webFetch: true },
    },
  });
  const { assistant } = open;
  await assistant.trust.set({ workspace, trusted: true, unattended: true });
  while (queue.length > 0) {
    const left = queue.length;
    turns += 1;
    const end = await turn(assistant, workspace, () => (commands += 1));
    if (end !== '') faults.push(end);
    if (queue.length === left) {
      faults.push('a turn made no call');
      break;
    }
  }
  faults.push(...treeDifferences(outside(first), outside(await treeState(around))).map((each) => `outside: ${each}`));
  faults.push(...treeDifferences(firstHome, await treeState(home)).map((each) => `home: ${each}`));
  const steps = await assistant.changes.list({ workspace, limit: 10_000 });
  for (const turnId of new Set(steps.map((step) => step.turnId))) {
    const { conflicts, lost } = await assistant.changes.undo({ workspace, turnId });
    faults.push(
      ...conflicts.map(({ path, reason }) => `undo of ${path}: ${reason}`),
      ...lost.map((path) => `lost: ${path}`),
    );
  }
  faults.push(...treeDifferences(first, await treeState(around)).map((each) => `after undo: ${each}`));
  return { asked, run: calls.length - queue.length, faults, changes: steps.length, commands, turns };
}

/** One turn to its end; says what was wrong with it. */
async function turn(assistant: Assistant, workspace: string, onCommand: () => void): Promise<string> {
  let end = 'a turn without an end';
  for await (const event of await assistant.send({ workspace, text: 'Go on.', mode: 'auto', attended: true })) {
    if (!isKnownEvent(event)) continue;
    if (event.type === 'approval-request') {
      const { sessionId, requestId, action, sandboxed } = event;
      const decision = action === 'run' && sandboxed === true ? 'allow' : 'deny';
      await assistant.answer({ sessionId, requestId, decision });
    } else if (event.type === 'tool-result' && event.name === 'run' && /^Exit code/u.test(event.content)) onCommand();
    else if (event.type === 'turn-end') end = '';
    else if (event.type === 'turn-error') end = `${event.error.code}: ${event.error.message}`;
  }
  return end;
}

function answerOf(next: RandomCall | undefined): ScriptedAnswer {
  if (!next) return { text: ['Done.'] };
  const { call, body } = next;
  return {
    ...(body !== undefined && { text: [`${body}\n`] }),
    toolCalls: [{ id: call.id, name: call.name, arguments: call.arguments }],
  };
}

async function makeRepository(root: string): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await chmod(join(root, 'bin/start.sh'), 0o755);
  await symlink('README.md', join(root, 'link.md'));
  await mkdir(join(root, 'empty'));
  const git = promisify(execFile);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  const who = ['-c', 'user.name=x', '-c', 'user.email=x@example.org', '-c', 'gc.auto=0'];
  await git('git', ['init', '-q', root], { env });
  await git('git', ['-C', root, 'add', '-A'], { env });
  await git('git', ['-C', root, ...who, 'commit', '-q', '-m', 'First'], { env });
}

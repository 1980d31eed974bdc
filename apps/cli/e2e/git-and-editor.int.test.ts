import { execFileSync, spawn } from 'node:child_process';
import { realpath, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { client, methods, ndJsonStream, type SessionUpdate } from '@agentclientprotocol/sdk';
import { compose } from '@nootropic/server';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, jsonLines, run, sourceMain, type Place } from './command.ts';

const body = 'export function readBody(text: string): unknown {\n  return text === "" ? {} : JSON.parse(text);\n}';
const edit: ScriptedAnswer[] = [
  { toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'src/parse-body.ts' } }] },
  {
    text: ['The change:\n\n', '```ts\n', body, '\n```\n'],
    toolCalls: [{ id: 'b', name: 'edit', arguments: { path: 'src/parse-body.ts', symbol: 'parseBody' } }],
  },
  { text: ['It is `readBody` now.'] },
];

let place: Place;
let server: ScriptedServer;
let model: string;
/** What the model answers, in turn; and all that it was sent. */
let script: ScriptedAnswer[];
let sent: string[];

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@example.org', ...args], {
    cwd: place.repository,
    encoding: 'utf8',
  });
const source = (): Promise<string> => readFile(join(place.repository, 'src/parse-body.ts'), 'utf8');

beforeEach(async () => {
  place = await createPlace();
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'begin');
  script = [];
  sent = [];
  server = await startScriptedServer({
    http,
    models: ['coder'],
    contextLength: 16_384,
    answer: (request) => {
      sent.push(JSON.stringify(request.body?.['messages'] ?? []));
      return script.shift() ?? { text: ['Done.'] };
    },
  });
  model = `openai:coder@${server.url}/v1`;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

describe('git', () => {
  it('writes the message of what is staged, without its secrets', async () => {
    await writeFile(join(place.repository, 'src/parse-body.ts'), (await source()).replace('parseBody', 'readBody'));
    await writeFile(join(place.repository, '.env'), 'TOKEN=very-secret-value\n');
    git('add', '-A');
    script = [{ text: ['Rename parseBody to readBody.'] }];
    const { code, out, err } = await run(['commit', '--model', model], { place });
    expect([code, out]).toEqual([0, 'Rename parseBody to readBody\n']);
    expect(err).toContain('not read: .env (may hold secrets)');
    expect(sent.join('')).toContain('+export function readBody');
    expect(sent.join('')).not.toContain('very-secret-value');
    expect(git('log', '-1', '--format=%s').trim()).toBe('begin');
  });

  it('reviews in narrow questions, and drops what names no place that is there', async () => {
    await writeFile(join(place.repository, 'src/parse-body.ts'), (await source()).replace("=== ''", "!== ''"));
    const finding = (at: string) =>
      `FINDING: the check is the wrong way round\nAT: ${at}\nINPUT: an empty text\nWRONG: it throws; it should give {}`;
    script = [
      { text: [finding('src/parse-body.ts:3')] },
      { text: [finding('src/parse-body.ts:900')] },
      { text: ['It looks bad.'] },
    ];
    const { code, out, err } = await run(['review', '--json', '--fail', '-m', model], { place });
    expect(err).toBe('');
    expect(jsonLines(out)).toMatchObject([
      { findings: [{ path: 'src/parse-body.ts', line: 3, input: 'an empty text' }], dropped: 1 },
    ]);
    expect(code).toBe(1);
    expect(sent.length).toBeGreaterThanOrEqual(5);
  });

  it('works in a worktree of a trusted folder, which is trusted too', async () => {
    const refused = await run(['run', '--worktree', 'x', '--mode', 'auto-edit', '-m', model, 'rename it'], { place });
    expect(refused.code).toBe(4);
    await trustRepository();
    const before = await source();
    script = [...edit];
    const done = await run(['run', '--worktree', 'x', '--mode', 'auto-edit', '-m', model, 'rename it'], { place });
    expect(done.err).toContain('nootropic worktree apply x');
    expect([done.code, await source()]).toEqual([0, before]);
    expect((await run(['worktree', 'apply', 'x'], { place })).code).toBe(0);
    expect(await source()).toContain('function readBody');
    const [list] = jsonLines((await run(['worktree', 'list', '--json'], { place })).out);
    const [made] = Object.values(list ?? {}) as { path: string }[];
    expect(jsonLines((await run(['trust', '--json', '--cwd', made?.path ?? ''], { place })).out)[0]).toMatchObject({
      trusted: true,
    });
    expect((await run(['worktree', 'rm', 'x', '--yes'], { place })).code).toBe(0);
  });
});

async function trustRepository(): Promise<void> {
  const composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: place.home },
    flags: { log: { level: 'silent' } },
  });
  await composed.assistant.trust.set({ workspace: place.repository, trusted: true });
  await composed[Symbol.asyncDispose]();
}

describe('acp', () => {
  it('does a task for an editor, asks it for leave, and says nothing else on standard output', async () => {
    const child = spawn(process.execPath, [sourceMain, 'acp', '--model', model], {
      cwd: place.folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: place.folder, NOOTROPIC_HOME: place.home, NO_COLOR: '1' },
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    let out = '';
    let err = '';
    child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (err += piece.toString()));
    const updates: SessionUpdate[] = [];
    const asked: unknown[] = [];
    const connection = client()
      .onNotification(methods.client.session.update, ({ params }) => void updates.push(params.update))
      .onRequest(methods.client.session.requestPermission, ({ params }) => {
        asked.push(params.toolCall);
        return { outcome: { outcome: 'selected', optionId: 'allow' } };
      })
      .connect(
        ndJsonStream(
          Writable.toWeb(child.stdin) as WritableStream<Uint8Array>,
          Readable.toWeb(child.stdout) as ReadableStream<Uint8Array>,
        ),
      );
    const { agent } = connection;
    try {
      await agent.request(methods.agent.initialize, {
        protocolVersion: 1,
        clientCapabilities: { fs: { readTextFile: true, writeTextFile: true } },
      });
      const cwd = await realpath(place.repository);
      const { sessionId } = await agent.request(methods.agent.session.new, { cwd, mcpServers: [] });
      const before = await source();
      script = [...edit];
      const { stopReason } = await agent.request(methods.agent.session.prompt, {
        sessionId,
        prompt: [{ type: 'text', text: 'rename parseBody' }],
      });
      expect(stopReason).toBe('end_turn');
      expect(await source()).toContain('function readBody');
      const path = join(cwd, 'src/parse-body.ts');
      expect(asked[0]).toMatchObject({ kind: 'edit', content: [{ type: 'diff', path }, { type: 'content' }] });
      const done = updates.findLast((update) => update.sessionUpdate === 'tool_call_update');
      expect(done).toMatchObject({ status: 'completed' });
      expect(done?.content?.[0]).toMatchObject({ type: 'diff', path, newText: expect.stringContaining('readBody') });
      expect(updates.some((update) => update.sessionUpdate === 'agent_message_chunk')).toBe(true);

      await agent.request(methods.agent.session.prompt, { sessionId, prompt: [{ type: 'text', text: '/undo' }] });
      expect(await source()).toBe(before);

      // The session is one of the program: another editor, or the terminal, goes on with it.
      updates.length = 0;
      await agent.request(methods.agent.session.load, { sessionId, cwd, mcpServers: [] });
      expect(updates[0]).toMatchObject({ sessionUpdate: 'user_message_chunk', content: { text: 'rename parseBody' } });
      for (const line of out.split('\n').filter((each) => each !== ''))
        expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' });
      expect(err).toBe('');
    } finally {
      child.stdin.end();
      await ended;
      connection.close();
    }
    expect(child.exitCode).toBe(0);
  });
});

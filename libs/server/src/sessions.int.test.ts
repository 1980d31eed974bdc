import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TurnEvent } from '@nootropic/contracts';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

const wrong = 'export function add(a, b) {\n  return a - b;\n}\n';
const right = wrong.replace('-', '+');
const secret = ['sk-ant-api03', 'abcdefghijklmnopqrstuvwxyz0123456789'].join('-');

let place: string;
let workspace: string;
let server: ScriptedServer;
let composed: Composition;
let model: string;
/** The one turn that all tests look at. */
let events: TurnEvent[];
let prompt: readonly { readonly role: string; readonly content: string }[];

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-sessions-'));
  workspace = join(place, 'work');
  await mkdir(workspace);
  await writeFile(join(workspace, 'add.mjs'), wrong);
  await writeFile(join(workspace, 'pic.dat'), new Uint8Array([0, 1, 2, 255]));
  await writeFile(join(workspace, '.env'), 'KEY=1\n');
  const script: ScriptedAnswer[] = [
    { toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'add.mjs' } }] },
    {
      text: [`I change it.\n\`\`\`js\n${right}\`\`\`\n`],
      toolCalls: [{ id: 'b', name: 'edit', arguments: { path: 'add.mjs' } }],
    },
    { text: [`It adds now; the key ${secret} is of no use.`] },
  ];
  server = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: () => script.shift() ?? { text: ['Done.'] },
  });
  model = `openai:tiny@${server.url}/v1`;
  composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: { log: { level: 'silent' }, models: { chat: model } },
  });
  const { assistant } = composed;
  await assistant.trust.set({ workspace, trusted: true });
  events = [];
  const text = 'Correct add in add.mjs.';
  for await (const event of await assistant.send({ workspace, text, mode: 'ask', attended: true })) {
    events.push(event);
    if (event.type === 'approval-request')
      await assistant.answer({
        sessionId: event.sessionId,
        requestId: String((event as { requestId?: unknown }).requestId),
        decision: 'allow',
      });
  }
  const first = server.requests.find(({ path, body }) => path.endsWith('/chat/completions') && body !== undefined);
  prompt = (first?.body?.['messages'] ?? []) as typeof prompt;
});

afterAll(async () => {
  await composed[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

const ids = () => ({ id: events[0]?.sessionId ?? '', turnId: events[0]?.turnId ?? '' });
const source = () => readFile(join(workspace, 'add.mjs'), 'utf8');

describe('sessions on the disk', () => {
  it('tell why an answer is as it is: what the model was sent, and what the time went into', async () => {
    const { id, turnId } = ids();
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'done' });
    const account = await composed.assistant.sessions.why({ id, turnId });
    expect(account).toMatchObject({ model, steps: 3, compactions: 0 });
    const parts = account.sections.map(({ text }) => text);
    const sent = prompt.map(({ content }) => content);
    // Parts are cut to what can be shown; what is left of each is in what was sent.
    expect(sent[0]?.slice(0, 2000)).toBe(parts[0]);
    for (const { name, text, tokens } of account.sections) {
      expect([name, tokens > 0]).toEqual([name, true]);
      if (name !== 'tools') expect([name, sent.some((content) => content.includes(text))]).toEqual([name, true]);
    }
    expect(account.sections.map(({ name }) => name).at(-1)).toBe('question');
    expect(account.times.map(({ what }) => what)).toContain('index');
    const sum = account.times.reduce((total, { ms }) => total + ms, 0);
    expect(sum).toBeCloseTo(account.usage?.totalMs ?? -1);
  });

  it('are found by what was said, and shown and exported without secrets', async () => {
    const { assistant } = composed;
    const { id, turnId } = ids();
    const [hit] = await assistant.sessions.search({ query: 'adds now', workspace });
    expect(hit).toMatchObject({ session: { id }, turnId });
    expect(hit?.snippet).toContain('the key [redacted] is');
    expect(await assistant.sessions.search({ query: secret })).toEqual([]);
    const { text } = await assistant.sessions.export({ id });
    expect(text).toContain('+  return a + b;');
    expect(text).toContain('- **read** `add.mjs`');
    expect(text).not.toContain(secret);
    const json = await assistant.sessions.export({ id, format: 'json' });
    expect(JSON.parse(json.text)).toMatchObject({ session: { id }, events: { length: events.length } });
    expect(json.text).not.toContain(secret);
  });

  it('fork without the changes: what a copy takes back is the conversation alone', async () => {
    const { assistant } = composed;
    const fork = await assistant.sessions.fork({ id: ids().id });
    const { events: copied } = await assistant.sessions.show({ id: fork.id });
    expect(copied).toHaveLength(events.length);
    expect(await source()).toBe(right);
    const back = await assistant.sessions.rewind({ id: fork.id, turnId: copied[0]?.turnId ?? '' });
    expect(back.code?.steps).toEqual([]);
    expect(await source()).toBe(right);
    await assistant.sessions.rewind(ids());
    expect(await source()).toBe(wrong);
  });
});

describe('files as a person looks at them', () => {
  it('are read in lines, and refused where they hold secrets, are no text, or lie outside', async () => {
    const { files } = composed.assistant;
    await expect(files.read({ workspace, path: 'add.mjs', startLine: 2, endLine: 2 })).resolves.toMatchObject({
      ...{ path: 'add.mjs', startLine: 2, endLine: 2, lines: 3 },
      text: expect.stringContaining('return a') as string,
    });
    expect(await files.read({ workspace, path: 'add.mjs', endLine: 99 })).toMatchObject({ startLine: 1, endLine: 3 });
    const codeOf = async (path: string, more: { startLine?: number; endLine?: number } = {}) =>
      files.read({ workspace, path, ...more }).then(
        () => 'read',
        (error: unknown) => (error as { code: string }).code,
      );
    expect(await codeOf('.env')).toBe('DENIED');
    expect(await codeOf('pic.dat')).toBe('INPUT_INVALID');
    expect(await codeOf('../x')).toBe('PATH_OUTSIDE_ROOT');
    expect(await codeOf('nothing')).toBe('PATH_NOT_FOUND');
    expect(await codeOf('add.mjs', { startLine: 9 })).toBe('INPUT_INVALID');
    expect(await codeOf('add.mjs', { startLine: 2, endLine: 1 })).toBe('INPUT_INVALID');
  });

  it('are found by the letters of their paths', async () => {
    const { files } = composed.assistant;
    expect(await files.find({ workspace, query: 'adm' })).toEqual([{ path: 'add.mjs' }]);
    expect(await files.find({ workspace, query: 'env' })).toEqual([]);
    expect(await files.find({ workspace })).toEqual([{ path: 'add.mjs' }]);
  });
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nootropic/client';
import { isKnownEvent, type KnownTurnEvent } from '@nootropic/contracts';
import { compose, serve } from '@nootropic/server';
import { startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-agent-wire-'));
  await mkdir(join(place, 'work'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

it('a task over the wire: its stream and the answers to it are different requests to one host', async () => {
  const workspace = join(place, 'work');
  const file = join(workspace, 'a.mjs');
  const [before, after] = ['export const a = 1;\n', 'export const a = 2;\n'];
  await writeFile(file, before);
  const block = `\`\`\`js\n${after}\`\`\`\n`;
  const script: ScriptedAnswer[] = [
    { toolCalls: [{ id: '1', name: 'read', arguments: { path: 'a.mjs' } }] },
    { text: [block], toolCalls: [{ id: '2', name: 'edit', arguments: { path: 'a.mjs' } }] },
  ];
  const answer = () => script.shift() ?? { text: ['Done.'] };
  await using model = await startScriptedServer({ http, contextLength: 32_768, answer });
  await using composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: { log: { level: 'silent' }, models: { chat: `openai:tiny@${model.url}/v1` }, agent: { checks: 'parse' } },
  });
  const token = 'a'.repeat(43);
  await using served = await serve({ assistant: composed.assistant, token });
  const assistant = connect({ url: served.url, token });
  expect(await assistant.trust.set({ workspace, trusted: true })).toMatchObject({ trusted: true });

  const events: KnownTurnEvent[] = [];
  for await (const event of await assistant.send({ workspace, text: 'Make a 2.', mode: 'ask', attended: true })) {
    if (!isKnownEvent(event)) continue;
    events.push(event);
    const { sessionId } = event;
    if (event.type !== 'approval-request') continue;
    expect(await assistant.steer({ sessionId, text: 'and be quick' })).toEqual({ taken: true });
    await assistant.answer({ sessionId, requestId: event.requestId, decision: 'allow' });
  }
  expect(events.flatMap((event) => (event.type === 'approval-answer' ? [event.decision] : []))).toEqual(['allow']);
  expect(events.map(({ type }) => type)).toContain('user-message');
  expect(await readFile(file, 'utf8')).toBe(after);

  const [{ sessionId, turnId } = { sessionId: '', turnId: '' }] = events;
  expect(await assistant.changes.list({ workspace, sessionId })).toMatchObject([{ turnId, state: 'done' }]);
  const { code } = await assistant.sessions.rewind({ id: 'latest', turnId });
  expect(code?.restored.map(({ path }) => path)).toEqual(['a.mjs']);
  expect(await readFile(file, 'utf8')).toBe(before);
  await expect(assistant.answer({ sessionId, requestId: 'x', decision: 'allow' })).rejects.toMatchObject({
    code: 'APPROVAL_UNKNOWN',
  });
  expect(await assistant.steer({ sessionId, text: 'hello' })).toEqual({ taken: false });
});

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@nootropic/client';
import { isKnownEvent, type KnownTurnEvent } from '@nootropic/contracts';
import { compose, serve } from '@nootropic/server';
import { onePixelImages, sentImages, startScriptedServer, type ScriptedAnswer } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-parts-'));
  await mkdir(join(place, 'work'));
});
afterEach(() => rm(place, { recursive: true, force: true }));

const numbers = Array.from({ length: 40 }, (_, index) => `export const n${index} = ${index};\n`);
const before = numbers.join('');
/** The file with some of its lines changed. */
const changed = (...which: number[]): string =>
  numbers.map((line, index) => (which.includes(index) ? line.replace(`= ${index}`, '= -1') : line)).join('');
const block = (index: number): string =>
  `<<<<<<< SEARCH\n${numbers[index] ?? ''}=======\n${(numbers[index] ?? '').replace(`= ${index}`, '= -1')}>>>>>>> REPLACE\n`;

it('a person keeps parts of a change: before it is made, after it, and takes that back', async () => {
  const workspace = join(place, 'work');
  const file = join(workspace, 'a.mjs');
  const read = () => readFile(file, 'utf8');
  await writeFile(file, before);
  const script: ScriptedAnswer[] = [
    { toolCalls: [{ id: '1', name: 'read', arguments: { path: 'a.mjs' } }] },
    {
      text: ['```\n', block(2), block(20), block(38), '```\n'],
      toolCalls: [{ id: '2', name: 'edit', arguments: { path: 'a.mjs' } }],
    },
  ];
  const told: string[] = [];
  await using model = await startScriptedServer({
    ...{ http, contextLength: 32_768 },
    answer: ({ body }) => {
      told.push(JSON.stringify(body?.['messages'] ?? []));
      return script.shift() ?? { text: ['Done.'] };
    },
  });
  await using composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: {
      ...{ log: { level: 'silent' }, models: { chat: `openai:tiny@${model.url}/v1` } },
      agent: { checks: 'parse', editFormat: 'search-replace' },
    },
  });
  const token = 'a'.repeat(43);
  await using served = await serve({ assistant: composed.assistant, token });
  const { send, answer, changes, trust } = connect({ url: served.url, token });
  await trust.set({ workspace, trusted: true });

  const events: KnownTurnEvent[] = [];
  for await (const event of await send({ workspace, text: 'Make three -1.', mode: 'ask', attended: true })) {
    if (!isKnownEvent(event)) continue;
    events.push(event);
    if (event.type !== 'approval-request') continue;
    const { sessionId, requestId, detail } = event;
    expect(detail.match(/^@@ /gmu)).toHaveLength(3);
    const given = { sessionId, requestId, decision: 'allow' as const };
    await expect(answer({ ...given, without: [{ path: 'a.mjs', hunks: [3] }] })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    await answer({ ...given, without: [{ path: 'a.mjs', hunks: [1] }] });
  }
  expect(await read()).toBe(changed(2, 38));
  expect(told.at(-1)).toContain('+export const n20 = -1;');
  expect(events.find(({ type }) => type === 'approval-answer')).toMatchObject({
    without: [{ path: 'a.mjs', hunks: [1] }],
  });

  const [{ id: step } = { id: 0 }] = await changes.list({ workspace });
  expect(await changes.file({ workspace, step, path: 'a.mjs', side: 'after' })).toEqual({ text: changed(2, 38) });
  const rejected = await changes.reject({ workspace, step, parts: [{ path: 'a.mjs', hunks: [0] }] });
  expect(await read()).toBe(changed(38));
  await changes.undo({ workspace, step: rejected.step?.id });
  expect(await read()).toBe(changed(2, 38));
  await changes.undo({ workspace, step });
  expect(await read()).toBe(before);
});

it('a picture reaches a model that sees, and never one that does not', async () => {
  const [png] = onePixelImages;
  await using seeing = await startScriptedServer({ http, sees: true });
  await using blind = await startScriptedServer({ http });
  await using composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: { log: { level: 'silent' } },
  });
  const ask = async (url: string): Promise<KnownTurnEvent | undefined> => {
    let last: KnownTurnEvent | undefined;
    const attachments = [{ kind: 'image' as const, name: 'dot.png', ...png }];
    const input = { workspace: join(place, 'work'), text: 'What is it?', attachments, model: `openai:tiny@${url}/v1` };
    for await (const event of await composed.assistant.send(input)) if (isKnownEvent(event)) last = event;
    return last;
  };
  expect(await ask(seeing.url)).toMatchObject({ type: 'turn-end' });
  expect(seeing.requests.flatMap(sentImages)).toEqual([png]);
  expect(await ask(blind.url)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_UNSUPPORTED' } });
  expect(JSON.stringify(blind.requests)).not.toContain('What is it?');
});

import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPlace, jsonLines, run, type Place } from './command.ts';

const body = 'export function readBody(text: string): unknown {\n  return text === "" ? {} : JSON.parse(text);\n}';

/** A model that reads the file, changes the function in it, and says so. */
function answer(messages: readonly { readonly role: string }[]): ScriptedAnswer {
  const steps = messages.filter(({ role }) => role === 'assistant').length;
  if (steps === 0) return { toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'src/parse-body.ts' } }] };
  if (steps === 1)
    return {
      text: ['The change:\n\n', '```ts\n', body, '\n```\n'],
      toolCalls: [{ id: 'b', name: 'edit', arguments: { path: 'src/parse-body.ts', symbol: 'parseBody' } }],
    };
  return { text: ['It is `readBody` now.'] };
}

let place: Place;
let server: ScriptedServer;
let model: string;

beforeAll(async () => {
  place = await createPlace();
  server = await startScriptedServer({
    http,
    models: ['coder'],
    contextLength: 16_384,
    answer: (request) => answer((request.body?.['messages'] ?? []) as { role: string }[]),
  });
  model = `openai:coder@${server.url}/v1`;
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await place[Symbol.asyncDispose]();
});

const source = (): Promise<string> => readFile(join(place.repository, 'src/parse-body.ts'), 'utf8');

describe('a task for the agent', () => {
  it('changes a file, says so, and is undone', async () => {
    const before = await source();
    const done = await run(['run', '--mode', 'auto-edit', '-m', model, 'rename parseBody to readBody'], { place });
    expect(done.out).toContain('It is `readBody` now.');
    expect(done.err).toContain('1 file changed');
    expect(done.code).toBe(0);
    expect(await source()).toContain('function readBody');
    expect((await run(['undo'], { place })).code).toBe(0);
    expect(await source()).toBe(before);
  });

  it('refuses what would be asked where nobody is, and says so by its exit code', async () => {
    const before = await source();
    const refused = await run(['run', '--json', '--mode', 'ask', '-m', model, 'rename it'], { place });
    expect(refused.code).toBe(4);
    expect(jsonLines(refused.out)).toContainEqual(
      expect.objectContaining({ type: 'approval-answer', decision: 'deny', automatic: true }),
    );
    expect(await source()).toBe(before);
  });

  it('goes line by line through a pipe, with an approval and an undo', async () => {
    const before = await source();
    const lines = ['rename it', 'yes', 'no', '/undo', '/quit'];
    const said = await run(['--screen-reader', '-m', model], { place, stdin: `${lines.join('\n')}\n` });
    expect(said.code).toBe(0);
    expect(said.out).toContain('May it edit src/parse-body.ts?');
    expect(said.out).toContain('It is readBody now.');
    expect(said.out).toContain('Taken back:');
    expect(await source()).toBe(before);
  });
});

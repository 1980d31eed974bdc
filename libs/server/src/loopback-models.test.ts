import { describe, expect, it } from 'vitest';
import { findLoopbackModels, waysToModel } from './loopback-models.ts';

function answering(bodies: Readonly<Record<string, unknown>>, asked: string[] = []): typeof fetch {
  return async (input) => {
    const url = String(input);
    asked.push(url);
    const body = bodies[new URL(url).port];
    if (body === undefined) throw new TypeError('fetch failed');
    return Response.json(body);
  };
}

describe('findLoopbackModels', () => {
  it('finds the models of servers that run, as references that can be used', async () => {
    const found = await findLoopbackModels(
      answering({ 11434: { models: [{ name: 'qwen3:4b' }] }, 8080: { object: 'list', data: [{ id: 'tiny' }] } }),
    );
    expect(found.map(({ ref }) => ref)).toEqual(['ollama:qwen3:4b', 'openai:tiny@http://127.0.0.1:8080/v1']);
  });

  it('asks the loopback only', async () => {
    const asked: string[] = [];
    await findLoopbackModels(answering({}, asked));
    expect(asked.length).toBeGreaterThan(3);
    for (const url of asked) expect(new URL(url).hostname).toBe('127.0.0.1');
  });

  it.each([null, 'text', {}, { data: 'no list' }, { data: [null, 1, { id: 2 }] }, { models: {} }])(
    'takes nothing from a server that answers %j',
    async (body) => {
      expect(await findLoopbackModels(answering({ 8080: body }))).toEqual([]);
    },
  );
});

describe('waysToModel', () => {
  it('puts what is running first', async () => {
    expect((await waysToModel(answering({ 1234: { data: [{ id: 'm' }] } })))[0]).toBe(
      '--model openai:m@http://127.0.0.1:1234/v1   (LM Studio is running on this machine)',
    );
    expect((await waysToModel(answering({})))[0]).toContain('--model file:PATH');
  });
});

import type { CallOptions, GenerateRequest, ModelEvent } from '@nootropic/contracts';
import { createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { memoryCache } from './assistant.fixture.ts';
import { cacheModel } from './cached-model.ts';

const messages = [{ role: 'user', content: 'name it' }] as const;
const fixed: GenerateRequest = { messages, temperature: 0, seed: 1 };

function subject() {
  const cache = memoryCache();
  const model = createScriptedModel({ script: (_, index) => `answer ${index}` });
  return { cache, model, cached: cacheModel(model, { cache, identity: () => 'a' }) };
}

async function read(events: AsyncIterable<ModelEvent>) {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  const text = all.map((event) => (event.type === 'text' ? event.text : '')).join('');
  return { text, finish: all.at(-1) };
}

describe('cacheModel', () => {
  it('computes what has one answer once, and gives it again at no cost', async () => {
    const { cached, model } = subject();
    const call: CallOptions = { workClass: 'agent' };
    const first = await read(cached.generate(fixed, call));
    const again = await read(cached.generate({ seed: 1, temperature: 0, messages }, call));
    expect(model.calls).toHaveLength(1);
    expect(again.text).toBe(first.text);
    expect(again.finish).toMatchObject({ type: 'finish', reason: 'stop', tokens: { read: 0, written: 0 } });
  });

  it.each([
    [{ ...fixed, seed: 2 }],
    [{ ...fixed, messages: [...messages, ...messages] }],
    [{ ...fixed, maxTokens: 3 }],
    [{ ...fixed, jsonSchema: { type: 'object' } }],
  ] as [GenerateRequest][])('computes another request', async (request) => {
    const { cached, model } = subject();
    await read(cached.generate(fixed, { workClass: 'agent' }));
    await read(cached.generate(request, { workClass: 'agent' }));
    expect(model.calls).toHaveLength(2);
  });

  it.each([
    [{ messages, temperature: 0 }, { workClass: 'agent' }],
    [{ messages, seed: 1, temperature: 0.2 }, { workClass: 'agent' }],
    [fixed, { workClass: 'chat' }],
    [fixed, {}],
  ] as [GenerateRequest, CallOptions][])(
    'never keeps what may have several answers, nor a chat: %j %j',
    async (request, call) => {
      const { cached, model, cache } = subject();
      await read(cached.generate(request, call));
      await read(cached.generate(request, call));
      expect(model.calls).toHaveLength(2);
      expect(cache.kept.size).toBe(0);
    },
  );

  it('keeps the answers of two models apart', async () => {
    const { cache, model } = subject();
    for (const identity of ['one', 'two'])
      await read(cacheModel(model, { cache, identity: () => identity }).generate(fixed, { workClass: 'agent' }));
    expect(model.calls).toHaveLength(2);
  });

  it('does not keep an answer that was cut short', async () => {
    const { cached, cache } = subject();
    await read(cached.generate(fixed, { workClass: 'agent', signal: AbortSignal.abort() }));
    expect(cache.kept.size).toBe(0);
  });

  it('embeds only the texts that it does not have, in order', async () => {
    const { cached, cache, model } = subject();
    const [a, b] = await model.embed(['alpha', 'beta gamma']);
    await cached.embed(['alpha']);
    expect(cache.kept.size).toBe(1);
    expect(await cached.embed(['beta gamma', 'alpha'])).toEqual([b, a]);
    expect(cache.kept.size).toBe(2);
    await cached.embed(['alpha'], { kind: 'query' });
    expect(cache.kept.size).toBe(3);
  });

  it('goes on without a cache that fails', async () => {
    const broken = {
      ...memoryCache(),
      read: () => Promise.reject(new Error('disk')),
      write: () => Promise.reject(new Error('disk')),
    };
    const cached = cacheModel(createScriptedModel({ script: ['fine'] }), { cache: broken, identity: () => 'a' });
    expect((await read(cached.generate(fixed, { workClass: 'agent' }))).text).toBe('fine');
  });
});

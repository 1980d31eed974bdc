import { expect, it } from 'vitest';
import { createFakeGateway } from './fake-gateway.ts';
import { createScriptedModel } from './fake-model.ts';

const me = { client: 'test' };
const hi = [{ role: 'user' as const, content: 'Hi there' }];

it('answers by its model, under its names, and counts what runs', async () => {
  const gateway = createFakeGateway({
    model: createScriptedModel({ script: () => 'one two' }),
    models: [{ name: 'a' }, { name: 'b', role: 'embedding' }],
  });
  const { model, promptTokens, events } = await gateway.chat({ model: 'a:latest', messages: hi }, me);
  expect([model.name, promptTokens]).toEqual(['a', 2]);
  let text = '';
  for await (const event of events) {
    expect(gateway.running).toBe(1);
    if (event.type === 'text') text += event.text;
  }
  expect([text, gateway.running]).toEqual(['one two', 0]);
  expect((await gateway.embed({ model: 'b', texts: ['x y'] }, me)).tokens).toBe(2);
  expect(gateway.calls.map(({ kind }) => kind)).toEqual(['chat', 'embed']);
});

it('refuses names that are none and what does not fit', async () => {
  const gateway = createFakeGateway({ model: createScriptedModel({ script: [], info: { contextLength: 2 } }) });
  await expect(gateway.find('other')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
  await expect(gateway.chat({ messages: hi }, me)).rejects.toMatchObject({ code: 'CONTEXT_OVERFLOW' });
});

it('stops with its caller', async () => {
  const abort = new AbortController();
  const gateway = createFakeGateway({ model: createScriptedModel({ script: () => 'one two three' }) });
  const { events } = await gateway.chat({ messages: hi }, { ...me, signal: abort.signal });
  const reasons: string[] = [];
  for await (const event of events) {
    abort.abort();
    if (event.type === 'finish') reasons.push(event.reason);
  }
  expect(reasons).toEqual(['aborted']);
});

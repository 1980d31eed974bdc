import type { ModelEvent, ToolSpec } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { forceCall, readForcedCall } from './wire-forced-call.ts';

const look: ToolSpec = {
  name: 'look',
  description: '',
  parameters: { type: 'object', properties: { at: { type: 'string' }, far: { type: 'boolean' } }, required: ['at'] },
};
const count: ToolSpec = {
  name: 'count',
  description: '',
  parameters: {
    type: 'object',
    properties: { to: { $ref: '#/$defs/n' } },
    $defs: { n: { type: 'integer', maximum: 9 } },
  },
};
const tokens = { read: 1, reused: 0, written: 1 };

async function reading(text: string, reason: 'stop' | 'length', tools: readonly ToolSpec[]): Promise<ModelEvent[]> {
  async function* events(): AsyncGenerator<ModelEvent> {
    yield { type: 'reasoning', text: 'hm' };
    yield { type: 'text', text: text.slice(0, 3) };
    yield { type: 'text', text: text.slice(3) };
    yield { type: 'finish', reason, tokens };
  }
  const all: ModelEvent[] = [];
  for await (const event of readForcedCall(events(), { tools, newId: () => '1' })) all.push(event);
  return all;
}

describe('a call that is asked for', () => {
  it('is asked for in the last message of the user, or in one of its own after a result', () => {
    const asked = { messages: [{ role: 'user' as const, content: 'Hi' }], tools: [look] };
    expect(forceCall(asked, [look]).messages).toHaveLength(1);
    const result = { role: 'tool' as const, toolCallId: 'c', name: 'look', content: 'x' };
    expect(forceCall({ messages: [...asked.messages, result] }, [look]).messages.map(({ role }) => role)).toEqual([
      'user',
      'tool',
      'user',
    ]);
  });

  it('has a schema that allows calls of those tools alone, whose definitions do not meet', () => {
    const { jsonSchema } = forceCall({ messages: [] }, [look, count]);
    expect(jsonSchema).toEqual({
      oneOf: [
        {
          type: 'object',
          properties: {
            name: { const: 'look' },
            arguments: {
              type: 'object',
              properties: { at: { type: 'string' }, far: { oneOf: [{ type: 'boolean' }, { type: 'null' }] } },
              required: ['at'],
            },
          },
          required: ['name', 'arguments'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: {
            name: { const: 'count' },
            arguments: {
              type: 'object',
              properties: { to: { oneOf: [{ $ref: '#/$defs/tool1-n' }, { type: 'null' }] } },
            },
          },
          required: ['name', 'arguments'],
          additionalProperties: false,
        },
      ],
      $defs: { 'tool1-n': { type: 'integer' } },
    });
  });

  it('takes the place of the text that it was written as, without what is null for want of it', async () => {
    expect(await reading('{"name":"look","arguments":{"at":"x","far":null}}', 'stop', [look, count])).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'tool-call', call: { id: 'call_1', name: 'look', arguments: { at: 'x' } } },
      { type: 'finish', reason: 'tool-call', tokens },
    ]);
  });

  it('is none where the answer was cut off', async () => {
    expect(await reading('{"name":"lo', 'length', [look])).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'finish', reason: 'length', tokens },
    ]);
  });

  it('fails where the model wrote something else', async () => {
    await expect(reading('I would rather not.', 'stop', [look])).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
    await expect(reading('{"name":"other","arguments":{}}', 'stop', [look, count])).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
    });
  });
});

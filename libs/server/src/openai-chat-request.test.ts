import { openaiChatRequestSchema } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { readChatRequest } from './openai-chat-request.ts';

const read = (body: object) =>
  readChatRequest(openaiChatRequestSchema.parse({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body }));

const add = {
  type: 'function',
  function: {
    name: 'add',
    description: 'Adds.',
    parameters: { type: 'object', properties: { a: { type: 'number' } } },
  },
};

describe('a chat request', () => {
  it('keeps the messages in their order, with the names of the tools that results belong to', () => {
    const { ask } = read({
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One ' },
            { type: 'text', text: 'and two?' },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'add', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: '3' },
      ],
    });
    expect(ask.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One and two?' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'add', arguments: { a: 1 } }] },
      { role: 'tool', toolCallId: 'c1', name: 'add', content: '3' },
    ]);
  });

  it('keeps what an earlier model wrote as arguments, also where it is no JSON', () => {
    const { ask } = read({
      messages: [
        {
          role: 'assistant',
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'add', arguments: '{"a":' } }],
        },
      ],
    });
    expect(ask.messages[0]).toMatchObject({ toolCalls: [{ arguments: { arguments: '{"a":' } }] });
  });

  it('sends on what it was given and nothing else', () => {
    expect(read({}).ask).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] });
    expect(
      read({
        temperature: 0,
        top_p: 0.5,
        top_k: 3,
        min_p: 0.1,
        seed: 4,
        max_tokens: 9,
        max_completion_tokens: 5,
        stop: 'x',
        logprobs: true,
        top_logprobs: 2,
        reasoning_effort: 'none',
        user: null,
      }).ask,
    ).toMatchObject({
      temperature: 0,
      topP: 0.5,
      topK: 3,
      minP: 0.1,
      seed: 4,
      maxTokens: 5,
      stop: ['x'],
      logprobs: 2,
      thinkingTokens: 0,
    });
  });

  it.each([
    ['auto', 'auto', ['add']],
    ['none', 'none', undefined],
    [
      'those that are allowed',
      {
        type: 'allowed_tools',
        allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'add' } }] },
      },
      ['add'],
    ],
  ])('offers tools: %s', (_name, choice, names) => {
    const { ask, forced } = read({
      tools: [add, { ...add, function: { name: 'other' } }].slice(0, choice === 'auto' ? 1 : 2),
      tool_choice: choice,
    });
    expect(ask.tools?.map(({ name }) => name)).toEqual(names);
    expect(forced).toEqual([]);
  });

  it('asks for a call as an answer of one form where one is required', () => {
    const { ask, forced } = read({ tools: [add], tool_choice: 'required' });
    expect(forced.map(({ name }) => name)).toEqual(['add']);
    expect(ask.tools).toBeUndefined();
    expect(ask.messages.at(-1)?.content).toMatch(/^Hi\n\nCall this function now:\n.*"add"/u);
    expect(ask.jsonSchema).toMatchObject({ properties: { name: { const: 'add' }, arguments: { type: 'object' } } });
  });

  it('leaves words that cannot be enforced out of a schema that is not strict, and only there', () => {
    const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 3 } }, required: ['a'] };
    const format = (strict: boolean) => ({
      response_format: { type: 'json_schema', json_schema: { name: 'x', schema, strict } },
    });
    expect(read(format(true)).ask.jsonSchema).toEqual(schema);
    expect(read(format(false)).ask.jsonSchema).toEqual({ ...schema, properties: { a: { type: 'integer' } } });
  });

  it.each([
    [
      'an image elsewhere',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] },
      'INPUT_INVALID',
      'messages[0].content[0]',
    ],
    ['sound', { modalities: ['text', 'audio'] }, 'MODEL_UNSUPPORTED', 'modalities'],
    ['a bias', { logit_bias: { 5: 1 } }, 'MODEL_UNSUPPORTED', 'logit_bias'],
    ['functions of old', { functions: [{ name: 'x' }] }, 'MODEL_UNSUPPORTED', 'functions'],
    ['two tools of one name', { tools: [add, add] }, 'INPUT_INVALID', 'tools'],
    ['a call without tools', { tool_choice: 'required' }, 'INPUT_INVALID', 'tool_choice'],
    [
      'a schema that is missing',
      { response_format: { type: 'json_schema', json_schema: { name: 'x' } } },
      'INPUT_INVALID',
      'response_format.json_schema.schema',
    ],
  ])('refuses %s', (_name, body, ...[code, param]) => {
    expect(() => read(body)).toThrow(expect.objectContaining({ code, cause: { param } }));
  });

  it('says which fields are without effect', () => {
    expect(read({ presence_penalty: 1, frequency_penalty: 0 }).ignored).toEqual(['presence_penalty']);
  });
});

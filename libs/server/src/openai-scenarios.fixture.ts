import assert from 'node:assert/strict';
import { APIUserAbortError } from 'openai';
import { chatScenarios } from './openai-chat-scenarios.fixture.ts';
import { responseScenarios } from './openai-response-scenarios.fixture.ts';
import { clientOf, failsWith, scenario, untilIdle, user, type Scenario } from './openai-scenario.fixture.ts';

const models: readonly Scenario[] = [
  scenario('models.list', async (openai, { chat, embedding }) => {
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    assert.ok(ids.includes(chat) && ids.includes(embedding));
  }),
  scenario('models.retrieve', async (openai, { chat }) => {
    const model = await openai.models.retrieve(chat);
    assert.equal(model.id, chat);
    assert.equal(model.object, 'model');
  }),
  scenario('models.retrieve of none', async (openai) => {
    await failsWith(openai.models.retrieve('no-such-model'), 404, 'model_not_found');
  }),
];

const stops: readonly Scenario[] = [
  scenario('a stream that is left', async (openai, host) => {
    const stream = await openai.chat.completions.create({
      model: host.chat,
      messages: [user('slowly')],
      max_tokens: 2000,
      stream: true,
    });
    let pieces = 0;
    for await (const { choices } of stream) {
      pieces += choices[0]?.delta.content ? 1 : 0;
      if (pieces === 2) break;
    }
    await untilIdle(host);
    const next = await openai.chat.completions.create({ model: host.chat, messages: [user('Hi')], max_tokens: 2 });
    assert.ok(next.choices[0]);
  }),
  scenario('a stream that is aborted', async (openai, host) => {
    const abort = new AbortController();
    const stream = await openai.chat.completions.create(
      { model: host.chat, messages: [user('slowly')], max_tokens: 2000, stream: true },
      { signal: abort.signal },
    );
    for await (const { choices } of stream) if (choices[0]?.delta.content) abort.abort();
    await untilIdle(host);
  }),
  scenario('an answer that is aborted', async (openai, host) => {
    const abort = new AbortController();
    const work = openai.chat.completions.create(
      { model: host.chat, messages: [user('slowly')], max_tokens: 2000 },
      { signal: abort.signal },
    );
    const failed = assert.rejects(work, APIUserAbortError);
    while (host.running() === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort();
    await failed;
    await untilIdle(host);
    const next = await openai.chat.completions.create({ model: host.chat, messages: [user('Hi')], max_tokens: 2 });
    assert.ok(next.choices[0]);
  }),
];

const errors: readonly Scenario[] = [
  {
    name: 'a wrong key',
    async run(host) {
      const stranger = clientOf({ ...host, token: `${host.token.slice(0, -1)}!` });
      await failsWith(stranger.models.list().then(), 401, 'invalid_api_key');
      await failsWith(
        stranger.chat.completions.create({ model: host.chat, messages: [user('x')] }),
        401,
        'invalid_api_key',
      );
    },
  },
  scenario('a model that is none', async (openai) => {
    const error = await failsWith(
      openai.chat.completions.create({ model: 'no-such-model', messages: [user('x')] }),
      404,
      'model_not_found',
    );
    assert.equal(error.param, 'model');
  }),
  scenario('values out of range', async (openai, { chat }) => {
    for (const wrong of [
      { temperature: 9 },
      { top_p: -1 },
      { n: 0 },
      { max_tokens: 0 },
      { top_logprobs: 99, logprobs: true },
      { seed: 1.5 },
    ])
      await failsWith(
        openai.chat.completions.create({ model: chat, messages: [user('x')], ...wrong }),
        400,
        'invalid_value',
      );
  }),
  scenario('bodies that are none', async (openai, { chat }) => {
    for (const wrong of [
      { model: chat },
      { model: chat, messages: [] },
      { model: chat, messages: 'x' },
      { model: chat, messages: [{ role: 'king', content: 'x' }] },
    ])
      await failsWith(openai.post('/chat/completions', { body: wrong }), 400, 'invalid_value');
  }),
  scenario('a context that does not fit', async (openai, { chat }) => {
    const work = openai.chat.completions.create({ model: chat, messages: [user('many words '.repeat(20_000))] });
    await failsWith(work, 400, 'context_length_exceeded');
    const streamed = openai.chat.completions.create({
      model: chat,
      messages: [user('many words '.repeat(20_000))],
      stream: true,
    });
    await failsWith(streamed, 400, 'context_length_exceeded');
  }),
  scenario('an image', async (openai, { chat }) => {
    const ask = (url: string) =>
      openai.chat.completions.create({
        model: chat,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      });
    const broken = await failsWith(ask('data:image/png;base64,AAAA'), 400, 'invalid_value');
    assert.equal(broken.param, 'messages[0].content[0]');
    // The model of these scenarios does not see.
    const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
    const blind = await failsWith(ask(pixel), 400, 'unsupported_value');
    assert.match(blind.message, /cannot (?:look at pictures|see)/u);
  }),
  scenario('logit_bias', async (openai, { chat }) => {
    const work = openai.chat.completions.create({ model: chat, messages: [user('x')], logit_bias: { '50256': -100 } });
    await failsWith(work, 400, 'unsupported_value');
  }),
];

const completions: readonly Scenario[] = [
  scenario('completions', async (openai, { chat }) => {
    const answer = await openai.completions.create({ model: chat, prompt: 'Once', max_tokens: 5 });
    assert.equal(answer.object, 'text_completion');
    assert.ok(answer.choices[0]?.text);
    assert.equal(answer.usage?.completion_tokens, 5);
  }),
  scenario('completions, streamed', async (openai, { chat }) => {
    const stream = await openai.completions.create({
      model: chat,
      prompt: 'Once',
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let written = 0;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.text ?? '';
      written = usage?.completion_tokens ?? written;
    }
    assert.notEqual(text, '');
    assert.equal(written, 5);
  }),
  scenario('completions, echo, several prompts and answers', async (openai, { chat }) => {
    const answer = await openai.completions.create({
      model: chat,
      prompt: ['One', 'Two'],
      max_tokens: 3,
      echo: true,
      n: 2,
      best_of: 2,
    });
    assert.deepEqual(
      answer.choices.map(({ index, text }) => [index, text.slice(0, 3)]),
      [
        [0, 'One'],
        [1, 'One'],
        [2, 'Two'],
        [3, 'Two'],
      ],
    );
  }),
  scenario('completions, a suffix', async (openai, { chat }) => {
    const answer = await openai.completions.create({
      model: chat,
      prompt: 'function add(a, b) {\n  return ',
      suffix: ';\n}',
      max_tokens: 6,
    });
    assert.equal(typeof answer.choices[0]?.text, 'string');
  }),
  scenario('completions, nothing written', async (openai, { chat }) => {
    const answer = await openai.completions.create({ model: chat, prompt: 'Once', max_tokens: 0, echo: true });
    assert.equal(answer.choices[0]?.text, 'Once');
    assert.equal(answer.usage?.completion_tokens, 0);
  }),
  scenario('completions, logprobs', async (openai, { chat }) => {
    await failsWith(openai.completions.create({ model: chat, prompt: 'x', logprobs: 1 }), 400, 'unsupported_value');
  }),
];

const embeddings: readonly Scenario[] = [
  scenario('embeddings', async (openai, { embedding }) => {
    const answer = await openai.embeddings.create({ model: embedding, input: ['a cat', 'a dog', 'a cat'] });
    assert.deepEqual(
      answer.data.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.deepEqual(answer.data[0]?.embedding, answer.data[2]?.embedding);
    const length = Math.hypot(...(answer.data[1]?.embedding ?? []));
    assert.ok(Math.abs(length - 1) < 1e-3);
    assert.ok(answer.usage.prompt_tokens > 0);
  }),
  scenario('embeddings, floats and base64', async (openai, { embedding }) => {
    const floats = await openai.embeddings.create({ model: embedding, input: 'a cat', encoding_format: 'float' });
    const packed = await openai.embeddings.create({ model: embedding, input: 'a cat', encoding_format: 'base64' });
    const text = packed.data[0]?.embedding as unknown as string;
    const bytes = Buffer.from(text, 'base64');
    const numbers = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
    assert.deepEqual(numbers, floats.data[0]?.embedding);
  }),
  scenario('embeddings, a length that is not the model’s', async (openai, { embedding }) => {
    await failsWith(
      openai.embeddings.create({ model: embedding, input: 'x', dimensions: 3 }),
      400,
      'unsupported_value',
    );
  }),
  scenario('embeddings of nothing', async (openai, { embedding }) => {
    for (const input of ['', []])
      await failsWith(openai.embeddings.create({ model: embedding, input }), 400, 'invalid_value');
  }),
];

/** What the package `openai` can ask of a host, one by one. */
export const openaiScenarios: readonly Scenario[] = [
  ...models,
  ...chatScenarios,
  ...stops,
  ...errors,
  ...completions,
  ...embeddings,
  ...responseScenarios,
];

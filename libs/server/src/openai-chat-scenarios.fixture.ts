import assert from 'node:assert/strict';
import {
  colourSchema,
  failsWith,
  isColour,
  isWeatherCall,
  scenario,
  user,
  weather,
  type Scenario,
} from './openai-scenario.fixture.ts';

const chats: readonly Scenario[] = [
  scenario('chat', async (openai, { chat, obedient }) => {
    const answer = await openai.chat.completions.create({ model: chat, messages: [user('Hello')], max_tokens: 8 });
    const [choice] = answer.choices;
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.model, chat);
    assert.ok(choice?.message.content);
    if (obedient) assert.match(choice.message.content, /^word0 /u);
    assert.equal(choice.finish_reason, 'length');
    assert.ok(answer.usage && answer.usage.prompt_tokens > 0);
    assert.equal(answer.usage.completion_tokens, 8);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 8);
    assert.equal(typeof answer.usage.prompt_tokens_details?.cached_tokens, 'number');
  }),
  scenario('chat, headers', async (openai, { chat }) => {
    const { response } = await openai.chat.completions
      .create({ model: chat, messages: [user('Hello')], max_tokens: 2 })
      .withResponse();
    assert.equal(response.headers.get('x-nootropic-model'), chat);
    const streamed = await openai.chat.completions
      .create({ model: chat, messages: [user('Hello')], max_tokens: 2, stream: true })
      .withResponse();
    for await (const { object } of streamed.data) assert.equal(object, 'chat.completion.chunk');
    for (const { headers } of [response, streamed.response])
      for (const name of ['context-length', 'prompt-tokens', 'tokens-reused', 'tokens-evaluated'])
        assert.match(headers.get(`x-nootropic-${name}`) ?? '', /^\d+$/u, name);
  }),
  scenario('chat, roles and parts', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'One ' },
            { type: 'text', text: 'two' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'three' }] },
        { role: 'user', content: 'four' },
      ],
      max_completion_tokens: 4,
    });
    assert.ok(answer.choices[0]?.message.content);
  }),
  scenario('chat, streamed', async (openai, { chat }) => {
    let text = '';
    const finishes: string[] = [];
    const stream = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hello')],
      max_tokens: 8,
      stream: true,
    });
    for await (const { choices, object } of stream) {
      assert.equal(object, 'chat.completion.chunk');
      text += choices[0]?.delta.content ?? '';
      if (choices[0]?.finish_reason) finishes.push(choices[0].finish_reason);
    }
    assert.notEqual(text, '');
    assert.deepEqual(finishes, ['length']);
  }),
  scenario('chat, streamed with usage', async (openai, { chat }) => {
    const stream = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hello')],
      max_tokens: 8,
      stream: true,
      stream_options: { include_usage: true },
    });
    const usages = [];
    for await (const { usage, choices } of stream) {
      if (usage) {
        usages.push(usage);
        assert.deepEqual(choices, []);
      }
    }
    assert.equal(usages.length, 1);
    assert.equal(usages[0]?.completion_tokens, 8);
  }),
  scenario('chat, the stream of the helper', async (openai, { chat }) => {
    const stream = openai.chat.completions.stream({ model: chat, messages: [user('Hello')], max_tokens: 8 });
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const final = await stream.finalChatCompletion();
    assert.equal(final.choices[0]?.message.content, pieces.join(''));
  }),
  scenario('chat, the same as a stream and whole', async (openai, { chat }) => {
    const asked = { model: chat, messages: [user('Tell me')], max_tokens: 12, temperature: 1, seed: 7 };
    const whole = await openai.chat.completions.create(asked);
    let text = '';
    for await (const { choices } of await openai.chat.completions.create({ ...asked, stream: true }))
      text += choices[0]?.delta.content ?? '';
    assert.equal(text, whole.choices[0]?.message.content);
  }),
  scenario('chat, stop', async (openai, { chat, obedient }) => {
    const free = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 12,
      temperature: 0,
    });
    const said = free.choices[0]?.message.content ?? '';
    const stop = obedient ? 'word3' : said.slice(-6, -3);
    const cut = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 12,
      temperature: 0,
      stop: [stop],
    });
    assert.equal(cut.choices[0]?.finish_reason, 'stop');
    assert.equal(cut.choices[0]?.message.content, said.slice(0, said.indexOf(stop)));
  }),
  scenario('chat, several answers', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 4,
      n: 3,
      seed: 1,
      temperature: 1,
    });
    assert.deepEqual(
      answer.choices.map(({ index }) => index),
      [0, 1, 2],
    );
    assert.equal(answer.usage?.completion_tokens, 12);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + 12);
  }),
  scenario('chat, several answers streamed', async (openai, { chat }) => {
    const stream = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 4,
      n: 2,
      stream: true,
    });
    const ends = new Map<number, string>();
    for await (const { choices } of stream)
      for (const { index, finish_reason: reason } of choices) if (reason) ends.set(index, reason);
    assert.deepEqual(
      [...ends],
      [
        [0, 'length'],
        [1, 'length'],
      ],
    );
  }),
  scenario('chat, logprobs', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 4,
      logprobs: true,
      top_logprobs: 2,
    });
    const content = answer.choices[0]?.logprobs?.content ?? [];
    assert.equal(content.map(({ token }) => token).join(''), answer.choices[0]?.message.content);
    for (const { token, logprob, top_logprobs: top, bytes } of content) {
      // The second piece of a token that is shown in two is certain, and has no others beside it.
      assert.ok(logprob <= 0 && top.length <= 2 && (top.length > 0 || logprob === 0));
      assert.deepEqual(bytes, [...Buffer.from(token)]);
    }
  }),
  scenario('chat, logprobs streamed', async (openai, { chat }) => {
    const stream = await openai.chat.completions.create({
      model: chat,
      messages: [user('Hi')],
      max_tokens: 4,
      logprobs: true,
      stream: true,
    });
    let tokens = '';
    let text = '';
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? '';
      tokens += (choices[0]?.logprobs?.content ?? []).map(({ token }) => token).join('');
    }
    assert.equal(tokens, text);
  }),
  scenario('chat, fields without effect', async (openai, { chat }) => {
    const { data, response } = await openai.chat.completions
      .create({
        model: chat,
        messages: [user('Hi')],
        max_tokens: 2,
        presence_penalty: 0.5,
        frequency_penalty: -0.5,
        user: 'someone',
        metadata: { a: 'b' },
        reasoning_effort: 'low',
        logit_bias: {},
        top_p: 0.5,
      })
      .withResponse();
    assert.ok(data.choices[0]);
    assert.equal(response.headers.get('x-nootropic-ignored'), 'presence_penalty,frequency_penalty');
  }),
];

const tools: readonly Scenario[] = [
  scenario('tools, one required', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Weather?')],
      tools: [weather],
      tool_choice: 'required',
      max_tokens: 400,
    });
    const [call] = answer.choices[0]?.message.tool_calls ?? [];
    assert.equal(answer.choices[0]?.finish_reason, 'tool_calls');
    assert.equal(answer.choices[0].message.content, null);
    assert.ok(call?.type === 'function');
    assert.equal(call.function.name, 'weather');
    isWeatherCall(call.function.arguments);
  }),
  scenario('tools, named', async (openai, { chat }) => {
    const other = { type: 'function' as const, function: { name: 'time', description: 'The time.' } };
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Weather?')],
      tools: [other, weather],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      max_tokens: 400,
    });
    const [call] = answer.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === 'function' && call.function.name === 'weather');
    isWeatherCall(call.function.arguments);
  }),
  scenario('tools, streamed', async (openai, { chat }) => {
    const stream = openai.chat.completions.stream({
      model: chat,
      messages: [user('Weather?')],
      tools: [weather],
      tool_choice: 'required',
      max_tokens: 400,
    });
    const final = await stream.finalChatCompletion();
    const [call] = final.choices[0]?.message.tool_calls ?? [];
    assert.equal(final.choices[0]?.finish_reason, 'tool_calls');
    assert.ok(call?.id && call.type === 'function');
    isWeatherCall(call.function.arguments);
  }),
  scenario('tools, the model chooses', async (openai, { chat, obedient }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Weather?')],
      tools: [weather],
      max_tokens: 100,
      parallel_tool_calls: false,
    });
    const [choice] = answer.choices;
    assert.ok(choice);
    assert.equal(choice.finish_reason === 'tool_calls', (choice.message.tool_calls ?? []).length > 0);
    if (obedient) assert.equal(choice.finish_reason, 'tool_calls');
  }),
  scenario('tools, none', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('Weather?')],
      tools: [weather],
      tool_choice: 'none',
      max_tokens: 6,
    });
    assert.equal(answer.choices[0]?.message.tool_calls, undefined);
    assert.ok(answer.choices[0]?.message.content);
  }),
  scenario('tools, a result', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [
        user('Weather?'),
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'sunny' },
      ],
      tools: [weather],
      tool_choice: 'none',
      max_tokens: 6,
    });
    assert.ok(answer.choices[0]?.message.content);
  }),
  scenario('tools, a result without its call', async (openai, { chat }) => {
    const work = openai.chat.completions.create({
      model: chat,
      messages: [user('?'), { role: 'tool', tool_call_id: 'c9', content: 'x' }],
    });
    const error = await failsWith(work, 400, 'invalid_value');
    assert.equal(error.param, 'messages[1].tool_call_id');
  }),
  scenario('tools, one named that is none', async (openai, { chat }) => {
    const work = openai.chat.completions.create({
      model: chat,
      messages: [user('?')],
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'nothing' } },
    });
    assert.equal((await failsWith(work, 400, 'invalid_value')).param, 'tool_choice');
  }),
];

const forms: readonly Scenario[] = [
  scenario('JSON schema', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('A colour?')],
      max_tokens: 200,
      response_format: { type: 'json_schema', json_schema: { name: 'colour', strict: true, schema: colourSchema } },
    });
    isColour(answer.choices[0]?.message.content ?? '');
    assert.equal(answer.choices[0]?.finish_reason, 'stop');
  }),
  scenario('JSON schema, streamed', async (openai, { chat }) => {
    const stream = await openai.chat.completions.create({
      model: chat,
      messages: [user('A colour?')],
      max_tokens: 200,
      stream: true,
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'colour', schema: { ...colourSchema, maxProperties: 2, $comment: 'x' } },
      },
    });
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    isColour(text);
  }),
  scenario('JSON object', async (openai, { chat }) => {
    const answer = await openai.chat.completions.create({
      model: chat,
      messages: [user('JSON')],
      max_tokens: 40,
      response_format: { type: 'json_object' },
    });
    assert.match(answer.choices[0]?.message.content ?? '', /^\s*\{/u);
  }),
];

/** Chat completions: text, tools, forms of answers. */
export const chatScenarios: readonly Scenario[] = [...chats, ...tools, ...forms];

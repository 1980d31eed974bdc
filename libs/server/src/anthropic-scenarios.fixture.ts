import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { untilIdle, type StandardHost, type StandardScenario } from './standard-host.fixture.ts';

type Events = Anthropic.RawMessageStreamEvent[];

const weather: Anthropic.Tool = {
  name: 'weather',
  description: 'The weather in a city.',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string', enum: ['Basel', 'Bern'] } },
    required: ['city'],
    additionalProperties: false,
  },
};
const colour = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] }, dark: { type: 'boolean' } },
  required: ['colour', 'dark'],
  additionalProperties: false,
};

function clientOf({ url, token }: StandardHost): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: token, maxRetries: 0, timeout: 30_000 });
}

function scenario(name: string, run: (claude: Anthropic, host: StandardHost) => Promise<void>): StandardScenario {
  return { name: `anthropic: ${name}`, run: (host) => run(clientOf(host), host) };
}

const user = (content: string) => ({ role: 'user' as const, content });

function textOf({ content }: Pick<Anthropic.Message, 'content'>): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function failsWith(work: Promise<unknown>, status: number, type: string): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (!(error instanceof Anthropic.APIError)) assert.fail(`It was answered, or failed otherwise: ${String(error)}`);
  assert.equal(error.status, status, error.message);
  const body = error.error as { type: string; error: { type: string; message: string } };
  assert.equal(body.type, 'error');
  assert.equal(body.error.type, type);
  return body.error.message;
}

async function eventsOf(stream: AsyncIterable<Anthropic.RawMessageStreamEvent>): Promise<Events> {
  const events: Events = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** The order that the API promises: blocks open and close one after another between the message's start and its end. */
function keepsOrder(events: Events): void {
  assert.equal(events[0]?.type, 'message_start');
  assert.deepEqual(
    events.slice(-2).map(({ type }) => type),
    ['message_delta', 'message_stop'],
  );
  let open: number | undefined;
  let next = 0;
  for (const event of events) {
    if (event.type === 'content_block_start') {
      assert.equal(open, undefined);
      assert.equal(event.index, next);
      open = next;
      next += 1;
    } else if (event.type === 'content_block_delta') assert.equal(event.index, open);
    else if (event.type === 'content_block_stop') {
      assert.equal(event.index, open);
      open = undefined;
    }
  }
  assert.equal(open, undefined);
}

const messages: readonly StandardScenario[] = [
  scenario('a message', async (claude, { chat, obedient }) => {
    const answer = await claude.messages.create({ model: chat, max_tokens: 8, messages: [user('Hello')] });
    assert.equal(answer.type, 'message');
    assert.equal(answer.role, 'assistant');
    assert.equal(answer.model, chat);
    assert.match(answer.id, /^msg_/u);
    assert.equal(answer.stop_reason, 'max_tokens');
    assert.equal(answer.usage.output_tokens, 8);
    assert.ok(answer.usage.input_tokens + (answer.usage.cache_read_input_tokens ?? 0) > 0);
    assert.equal(answer.usage.cache_creation_input_tokens, 0);
    if (obedient) assert.match(textOf(answer), /^word0 word1 /u);
    else assert.notEqual(textOf(answer), '');
  }),
  scenario('what tells of reuse', async (claude, { chat }) => {
    const ask = () =>
      claude.messages
        .create({ model: chat, max_tokens: 2, messages: [user('Hello again, in some more words than before.')] })
        .withResponse();
    await ask();
    const { data, response } = await ask();
    assert.equal(response.headers.get('x-nootropic-model'), chat);
    assert.ok(Number(response.headers.get('x-nootropic-context-length')) > 0);
    assert.equal(Number(response.headers.get('x-nootropic-tokens-reused')), data.usage.cache_read_input_tokens);
    assert.equal(Number(response.headers.get('x-nootropic-tokens-evaluated')), data.usage.input_tokens);
  }),
  scenario('a whole conversation', async (claude, { chat }) => {
    const answer = await claude.messages.create({
      model: chat,
      max_tokens: 4,
      system: [
        { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: 'Be kind.' },
      ],
      messages: [
        user('Hello'),
        { role: 'assistant', content: [{ type: 'text', text: 'Hi.' }] },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is in the file?' },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Nothing.' } },
          ],
        },
      ],
      metadata: { user_id: 'someone' },
    });
    assert.equal(answer.stop_reason, 'max_tokens');
  }),
  scenario('sampling', async (claude, { chat }) => {
    // Older versions of the package had these fields among its own.
    const older = { temperature: 0.9, top_p: 0.9, top_k: 5 };
    const answer = await claude.messages.create({ model: chat, max_tokens: 4, messages: [user('Hello')], ...older });
    assert.equal(answer.usage.output_tokens, 4);
  }),
  scenario('an answer that goes on from what it is given', async (claude, { chat }) => {
    const answer = await claude.messages.create({
      model: chat,
      max_tokens: 4,
      messages: [user('Count.'), { role: 'assistant', content: 'One, two,' }],
    });
    assert.equal(answer.role, 'assistant');
  }),
  scenario('a stop sequence', async (claude, { chat, obedient }) => {
    const ask = { model: chat, max_tokens: 30, messages: [user('Hello')] };
    const whole = textOf(await claude.messages.create({ ...ask, ...{ temperature: 0 } }));
    const stop = obedient ? 'word3' : whole.trim().slice(6, 9);
    const cut = await claude.messages.create({ ...ask, ...{ temperature: 0 }, stop_sequences: ['never said', stop] });
    assert.ok(!textOf(cut).includes(stop));
    assert.equal(cut.stop_reason, 'stop_sequence');
    assert.equal(cut.stop_sequence, stop);
  }),
  scenario('the beta namespace', async (claude, { chat }) => {
    const answer = await claude.beta.messages.create({ model: chat, max_tokens: 4, messages: [user('Hello')] });
    assert.equal(answer.stop_reason, 'max_tokens');
  }),
];

const streams: readonly StandardScenario[] = [
  scenario('a stream, event by event', async (claude, { chat }) => {
    const events = await eventsOf(
      await claude.messages.create({ model: chat, max_tokens: 8, messages: [user('Hello')], stream: true }),
    );
    keepsOrder(events);
    const [start] = events;
    assert.ok(start?.type === 'message_start' && start.message.usage.input_tokens >= 0);
    const end = events.at(-2);
    assert.ok(end?.type === 'message_delta');
    assert.equal(end.delta.stop_reason, 'max_tokens');
    assert.equal(end.usage.output_tokens, 8);
  }),
  scenario('a ping at the beginning', async (_claude, { url, token, chat }) => {
    const response = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': token, 'anthropic-version': '2023-06-01' },
      body: JSON.stringify({ model: chat, max_tokens: 2, messages: [user('Hello')], stream: true }),
    });
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/u);
    const names = [...(await response.text()).matchAll(/^event: (.+)$/gmu)].map(([, name]) => name);
    assert.deepEqual(names.slice(0, 2), ['message_start', 'ping']);
    assert.equal(names.at(-1), 'message_stop');
  }),
  scenario('a stream as the package gathers it', async (claude, { chat, obedient }) => {
    const pieces: string[] = [];
    const stream = claude.messages
      .stream({ model: chat, max_tokens: 8, messages: [user('Hello')] })
      .on('text', (text) => pieces.push(text));
    const answer = await stream.finalMessage();
    assert.equal(textOf(answer), pieces.join(''));
    assert.equal(answer.usage.output_tokens, 8);
    if (obedient) assert.equal(answer.usage.cache_read_input_tokens, 0);
  }),
  scenario('a stream that is aborted', async (claude, host) => {
    const stream = await claude.messages.create({
      model: host.chat,
      max_tokens: 2000,
      messages: [user('slowly')],
      stream: true,
    });
    for await (const { type } of stream) if (type === 'content_block_delta') break;
    stream.controller.abort();
    await untilIdle(host);
  }),
  scenario('an answer that is aborted', async (claude, host) => {
    const abort = new AbortController();
    const asked = claude.messages.create(
      { model: host.chat, max_tokens: 2000, messages: [user('slowly')] },
      { signal: abort.signal },
    );
    while (host.running() === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort();
    await assert.rejects(asked, Anthropic.APIUserAbortError);
    await untilIdle(host);
  }),
  scenario('thoughts', async (claude, { chat, obedient }) => {
    const events = await eventsOf(
      await claude.messages.create({
        model: chat,
        max_tokens: 40,
        messages: [user('think')],
        thinking: { type: 'enabled', budget_tokens: 1024 },
        stream: true,
      }),
    );
    keepsOrder(events);
    if (!obedient) return;
    const kinds = events.flatMap((event) => (event.type === 'content_block_start' ? [event.content_block.type] : []));
    assert.deepEqual(kinds, ['thinking', 'text']);
    const whole = await claude.messages.create({
      model: chat,
      max_tokens: 40,
      messages: [user('think')],
      thinking: { type: 'adaptive' },
    });
    assert.deepEqual(
      whole.content.map(({ type }) => type),
      ['thinking', 'text'],
    );
    // What it thought may stand in the next request.
    await claude.messages.create({
      model: chat,
      max_tokens: 4,
      messages: [user('think'), { role: 'assistant', content: whole.content }, user('Go on.')],
    });
  }),
];

const tools: readonly StandardScenario[] = [
  scenario('tools', async (claude, { chat, obedient }) => {
    const ask = { model: chat, max_tokens: 60, tools: [weather], messages: [user('How is the weather in Basel?')] };
    const answer = await claude.messages.create(ask);
    if (!obedient) return;
    assert.equal(answer.stop_reason, 'tool_use');
    const calls = answer.content.filter((block) => block.type === 'tool_use');
    assert.deepEqual(
      calls.map(({ name, input }) => [name, input]),
      [
        ['weather', { city: 'Basel' }],
        ['weather', { city: 'Bern' }],
      ],
    );
    const results = calls.map(({ id }) => ({ type: 'tool_result' as const, tool_use_id: id, content: '21 degrees' }));
    const last = await claude.messages.create({
      ...ask,
      messages: [...ask.messages, { role: 'assistant', content: answer.content }, { role: 'user', content: results }],
    });
    assert.equal(textOf(last), 'It is warm.');
    assert.equal(last.stop_reason, 'end_turn');
  }),
  scenario('tools, one call', async (claude, { chat, obedient }) => {
    const answer = await claude.messages.create({
      model: chat,
      max_tokens: 60,
      tools: [weather],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      messages: [user('How is the weather?')],
    });
    if (obedient) assert.equal(answer.content.filter(({ type }) => type === 'tool_use').length, 1);
  }),
  scenario('tools, in a stream', async (claude, { chat, obedient }) => {
    const events = await eventsOf(
      await claude.messages.create({
        model: chat,
        max_tokens: 60,
        tools: [weather],
        messages: [user('How is the weather?')],
        stream: true,
      }),
    );
    keepsOrder(events);
    if (!obedient) return;
    const json = events.flatMap((event) =>
      event.type === 'content_block_delta' && event.delta.type === 'input_json_delta' ? [event.delta.partial_json] : [],
    );
    assert.deepEqual(
      json.map((text) => JSON.parse(text) as unknown),
      [{ city: 'Basel' }, { city: 'Bern' }],
    );
  }),
  ...(['any', 'tool'] as const).map((type) =>
    scenario(`tools, choice ${type}`, async (claude, { chat }) => {
      const answer = await claude.messages.create({
        model: chat,
        max_tokens: 200,
        tools: [weather],
        tool_choice: type === 'any' ? { type } : { type, name: 'weather' },
        messages: [user('Hello')],
      });
      assert.equal(answer.stop_reason, 'tool_use');
      const [call] = answer.content;
      assert.ok(call?.type === 'tool_use' && call.name === 'weather');
      assert.ok(['Basel', 'Bern'].includes((call.input as { city: string }).city));
    }),
  ),
  scenario('tools, choice none', async (claude, { chat }) => {
    const answer = await claude.messages.create({
      model: chat,
      max_tokens: 8,
      tools: [weather],
      tool_choice: { type: 'none' },
      messages: [user('Hello')],
    });
    assert.ok(answer.content.every(({ type }) => type === 'text'));
  }),
  scenario('a failed tool, and a result of several blocks', async (claude, { chat }) => {
    const answer = await claude.messages.create({
      model: chat,
      max_tokens: 8,
      messages: [
        user('Look.'),
        { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              is_error: true,
              content: [{ type: 'text', text: 'No network.' }],
            },
            { type: 'text', text: 'Go on without it.' },
          ],
        },
      ],
    });
    assert.equal(answer.role, 'assistant');
  }),
  scenario('a JSON Schema', async (claude, { chat }) => {
    const format = { type: 'json_schema' as const, schema: colour };
    const ask = { model: chat, max_tokens: 100, messages: [user('Which colour?')], output_config: { format } };
    const value = JSON.parse(textOf(await claude.messages.create(ask))) as { colour: string; dark: boolean };
    assert.ok(['red', 'blue'].includes(value.colour));
    assert.equal(typeof value.dark, 'boolean');
    const parsed = await claude.messages.parse(ask);
    assert.ok(textOf(parsed).startsWith('{'));
  }),
];

/** A request as Claude Code sends it; `nonce` is what it changes in each. */
function codingRequest(model: string, nonce: string, said: string): object {
  return {
    model,
    max_tokens: 4,
    stream: true,
    system: [
      { type: 'text', text: `x-anthropic-billing-header: cc_version=2.1.177; cc_entrypoint=cli; cch=${nonce};` },
      { type: 'text', text: 'You are a coding agent. '.repeat(20), cache_control: { type: 'ephemeral' } },
    ],
    messages: [{ role: 'user', content: [{ type: 'text', text: said, cache_control: { type: 'ephemeral' } }] }],
    tools: [
      {
        ...weather,
        input_schema: { $schema: 'https://json-schema.org/draft/2020-12/schema', ...weather.input_schema },
      },
    ],
    metadata: { user_id: 'user_1_account__session_2' },
    thinking: { type: 'adaptive' },
    context_management: { edits: [] },
    temperature: 1,
  };
}

const others: readonly StandardScenario[] = [
  scenario('a coding agent, whose prompt is read once', async (_claude, { url, token, chat, obedient }) => {
    const ask = async (nonce: string) => {
      const response = await fetch(`${url}/v1/messages?beta=true`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'anthropic-version': '2023-06-01',
          'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14',
          'user-agent': 'claude-cli/2.1.177 (external, cli)',
        },
        body: JSON.stringify(codingRequest(chat, nonce, 'Look at the weather.')),
      });
      assert.equal(response.status, 200);
      assert.match(await response.text(), /event: message_stop/u);
      return response.headers;
    };
    await ask('36ee5');
    const headers = await ask('0aaa9');
    if (obedient) return;
    assert.ok(Number(headers.get('x-nootropic-tokens-reused')) > 100);
    assert.ok(Number(headers.get('x-nootropic-tokens-evaluated')) < 10);
  }),
  scenario('count_tokens', async (claude, { chat }) => {
    const short = await claude.messages.countTokens({ model: chat, messages: [user('Hello')] });
    const long = await claude.messages.countTokens({
      model: chat,
      system: 'Be brief. Be kind. Be exact.',
      tools: [weather],
      messages: [user('Hello there, how are you today?')],
    });
    assert.ok(short.input_tokens > 0);
    assert.ok(long.input_tokens > short.input_tokens);
  }),
  scenario('models', async (claude, { chat }) => {
    const ids: string[] = [];
    for await (const { id, type, display_name: name } of claude.models.list()) {
      assert.equal(type, 'model');
      assert.notEqual(name, '');
      ids.push(id);
    }
    assert.ok(ids.includes(chat));
    assert.equal((await claude.models.retrieve(chat)).id, chat);
  }),
  scenario('a key as a bearer token', async (_claude, { url, token, chat }) => {
    const bearer = new Anthropic({ baseURL: url, authToken: token, apiKey: null, maxRetries: 0 });
    const answer = await bearer.messages.create({ model: chat, max_tokens: 2, messages: [user('Hello')] });
    assert.equal(answer.usage.output_tokens, 2);
  }),
  scenario('a wrong key', async (_claude, { url, chat }) => {
    const stranger = new Anthropic({ baseURL: url, apiKey: 'wrong', maxRetries: 0 });
    await failsWith(
      stranger.messages.create({ model: chat, max_tokens: 2, messages: [user('Hello')] }),
      401,
      'authentication_error',
    );
  }),
  scenario('a model that is none', async (claude) => {
    const ask = { model: 'no-such-model', max_tokens: 2, messages: [user('Hello')] };
    await failsWith(claude.messages.create(ask), 404, 'not_found_error');
    await failsWith(claude.messages.create({ ...ask, stream: true }), 404, 'not_found_error');
    await failsWith(claude.messages.countTokens(ask), 404, 'not_found_error');
  }),
  scenario('what does not fit', async (claude, { chat }) => {
    const ask = { model: chat, max_tokens: 2, messages: [user('many words '.repeat(20_000))] };
    const message = await failsWith(claude.messages.create(ask), 400, 'invalid_request_error');
    assert.match(message, /^prompt is too long: \d+ tokens > \d+ maximum/u);
    await failsWith(claude.messages.create({ ...ask, stream: true }), 400, 'invalid_request_error');
  }),
  scenario('what cannot be read', async (claude, { chat }) => {
    const ask = (content: Anthropic.ContentBlockParam[]) =>
      claude.messages.create({ model: chat, max_tokens: 2, messages: [{ role: 'user', content }] });
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } } as const;
    assert.match(await failsWith(ask([image]), 400, 'invalid_request_error'), /messages\.0\.content\.0: images/u);
    const pdf = { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } } as const;
    await failsWith(ask([pdf]), 400, 'invalid_request_error');
    const stray = { type: 'tool_result', tool_use_id: 'toolu_9', content: 'x' } as const;
    assert.match(await failsWith(ask([stray]), 400, 'invalid_request_error'), /toolu_9/u);
  }),
  scenario('what is out of range', async (claude, { chat }) => {
    const ask = { model: chat, max_tokens: 2, messages: [user('Hello')] };
    for (const wrong of [{ max_tokens: 0 }, { max_tokens: -1 }, { temperature: 2 }, { top_k: -1 }, { messages: [] }])
      await failsWith(claude.messages.create({ ...ask, ...wrong }), 400, 'invalid_request_error');
    await failsWith(
      claude.messages.create({ ...ask, tools: [{ type: 'web_search_20250305', name: 'web_search' }] }),
      400,
      'invalid_request_error',
    );
    await failsWith(
      claude.messages.create({ ...ask, tools: [weather], tool_choice: { type: 'tool', name: 'other' } }),
      400,
      'invalid_request_error',
    );
  }),
  scenario('an answer that fails on its way', async (claude, { chat, obedient }) => {
    if (!obedient) return;
    const ask = { model: chat, max_tokens: 20, messages: [user('fail')] };
    await failsWith(claude.messages.create(ask), 503, 'overloaded_error');
    const pieces: string[] = [];
    const failed = claude.messages.stream(ask).on('text', (text) => pieces.push(text));
    await assert.rejects(failed.finalMessage(), /overloaded_error/u);
    assert.notEqual(pieces.join(''), '');
  }),
];

/** What the package `@anthropic-ai/sdk` can ask of a host, one by one. */
export const anthropicScenarios: readonly StandardScenario[] = [...messages, ...streams, ...tools, ...others];

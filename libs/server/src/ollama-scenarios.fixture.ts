import assert from 'node:assert/strict';
import { Ollama, type ChatResponse, type GenerateResponse, type Tool } from 'ollama';
import { untilIdle, type StandardHost, type StandardScenario } from './standard-host.fixture.ts';

const weather: Tool = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather in a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string', enum: ['Basel', 'Bern'] } },
      required: ['city'],
    },
  },
};
const colour = {
  type: 'object',
  properties: { colour: { type: 'string', enum: ['red', 'blue'] }, dark: { type: 'boolean' } },
  required: ['colour', 'dark'],
};

function clientOf({ url, token }: StandardHost): Ollama {
  return new Ollama({ host: url, headers: { authorization: `Bearer ${token}` } });
}

function scenario(name: string, run: (ollama: Ollama, host: StandardHost) => Promise<void>): StandardScenario {
  return { name: `ollama: ${name}`, run: (host) => run(clientOf(host), host) };
}

const user = (content: string) => ({ role: 'user', content });
const few = { num_predict: 8 };

async function failsWith(work: Promise<unknown>, status: number, message: RegExp): Promise<void> {
  const error: unknown = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  assert.ok(error instanceof Error, 'It was answered.');
  assert.equal((error as { status_code?: number }).status_code, status, error.message);
  assert.match(error.message, message);
}

/** The counts and times of a last answer, as the API gives them: nanoseconds, whole. */
function tellsCounts(answer: ChatResponse | GenerateResponse, written = 8): void {
  assert.equal(answer.done, true);
  assert.equal(answer.eval_count, written);
  assert.ok(answer.prompt_eval_count > 0);
  for (const duration of [
    answer.total_duration,
    answer.load_duration,
    answer.prompt_eval_duration,
    answer.eval_duration,
  ])
    assert.ok(Number.isInteger(duration) && duration >= 0);
  assert.ok(answer.total_duration >= answer.eval_duration);
  assert.ok(!Number.isNaN(Date.parse(String(answer.created_at))));
}

async function gather<Part>(stream: AsyncIterable<Part>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

function isColour(text: string): void {
  const value = JSON.parse(text) as { colour: string; dark: boolean };
  assert.ok(['red', 'blue'].includes(value.colour));
  assert.equal(typeof value.dark, 'boolean');
}

const chats: readonly StandardScenario[] = [
  scenario('chat', async (ollama, { chat, obedient }) => {
    const answer = await ollama.chat({ model: chat, messages: [user('Hello')], options: few });
    assert.equal(answer.model, chat);
    assert.equal(answer.message.role, 'assistant');
    assert.equal(answer.done_reason, 'length');
    tellsCounts(answer);
    if (obedient) assert.match(answer.message.content, /^word0 word1 /u);
    else assert.notEqual(answer.message.content, '');
  }),
  scenario('chat, streamed', async (ollama, { chat }) => {
    const stream = await ollama.chat({ model: chat, messages: [user('Hello')], options: few, stream: true });
    const parts = await gather(stream);
    const last = parts.at(-1);
    assert.ok(last && parts.slice(0, -1).every(({ done }) => !done));
    assert.equal(last.done_reason, 'length');
    assert.equal(last.message.content, '');
    tellsCounts(last);
    const options = { ...few, temperature: 0 };
    const text = async (): Promise<string> =>
      (await gather(await ollama.chat({ model: chat, messages: [user('Hello')], options, stream: true })))
        .map(({ message }) => message.content)
        .join('');
    const whole = await ollama.chat({ model: chat, messages: [user('Hello')], options });
    assert.equal(await text(), whole.message.content);
  }),
  scenario('chat with the tag latest', async (ollama, { chat }) => {
    const answer = await ollama.chat({ model: `${chat}:latest`, messages: [user('Hello')], options: few });
    assert.equal(answer.model, `${chat}:latest`);
  }),
  scenario('chat, a whole conversation', async (ollama, { chat }) => {
    const answer = await ollama.chat({
      model: chat,
      messages: [
        { role: 'system', content: 'Be brief.' },
        user('Hello'),
        { role: 'assistant', content: 'Hi.' },
        user('More.'),
      ],
      options: { ...few, temperature: 0.9, top_k: 5, top_p: 0.9, min_p: 0.01, seed: 3, num_ctx: 2048 },
      keep_alive: '10m',
    });
    tellsCounts(answer);
  }),
  scenario('chat until it ends by itself', async (ollama, { chat, obedient }) => {
    if (!obedient) return;
    const answer = await ollama.chat({ model: chat, messages: [user('Hello')] });
    assert.equal(answer.done_reason, 'stop');
    tellsCounts(answer, 61);
  }),
  scenario('chat, stops', async (ollama, { chat, obedient }) => {
    if (!obedient) return;
    const answer = await ollama.chat({ model: chat, messages: [user('Hello')], options: { stop: ['word3'] } });
    assert.equal(answer.message.content.trim(), 'word0 word1 word2');
    assert.equal(answer.done_reason, 'stop');
  }),
  scenario('chat, tools', async (ollama, { chat, obedient }) => {
    const ask = { model: chat, tools: [weather], options: { num_predict: 60 } };
    const first = await ollama.chat({ ...ask, messages: [user('How is the weather?')] });
    if (!obedient) return;
    const calls = first.message.tool_calls ?? [];
    assert.deepEqual(
      calls.map((call) => [call.function.name, call.function.arguments]),
      [
        ['weather', { city: 'Basel' }],
        ['weather', { city: 'Bern' }],
      ],
    );
    const results = calls.map(() => ({ role: 'tool', tool_name: 'weather', content: '21 degrees' }));
    const last = await ollama.chat({ ...ask, messages: [user('How is the weather?'), first.message, ...results] });
    assert.equal(last.message.content, 'It is warm.');
    const parts = await gather(await ollama.chat({ ...ask, messages: [user('How is the weather?')], stream: true }));
    assert.equal(parts.flatMap(({ message }) => message.tool_calls ?? []).length, 2);
  }),
  scenario('chat, forms', async (ollama, { chat }) => {
    const ask = { model: chat, messages: [user('Which colour?')], options: { num_predict: 200 } };
    isColour((await ollama.chat({ ...ask, format: colour })).message.content);
    const any = await ollama.chat({ ...ask, format: 'json', options: { num_predict: 60 } });
    assert.match(any.message.content, /^\s*\{/u);
  }),
  scenario('chat, thoughts', async (ollama, { chat, obedient }) => {
    const ask = { model: chat, messages: [user('think')], options: { num_predict: 40 } };
    const answer = await ollama.chat({ ...ask, think: true });
    await ollama.chat({ ...ask, think: false });
    await ollama.chat({ ...ask, think: 'low' });
    if (obedient) assert.equal(answer.message.thinking, 'hm hm');
    const parts = await gather(await ollama.chat({ ...ask, think: true, stream: true }));
    if (obedient) assert.equal(parts.map(({ message }) => message.thinking ?? '').join(''), 'hm hm');
  }),
  scenario('chat, probabilities', async (ollama, { chat }) => {
    const answer = await ollama.chat({
      model: chat,
      messages: [user('Hello')],
      options: few,
      logprobs: true,
      top_logprobs: 2,
    });
    assert.ok((answer.logprobs ?? []).length > 0);
    assert.equal((answer.logprobs ?? []).map(({ token }) => token).join(''), answer.message.content);
    for (const { logprob, top_logprobs: top } of answer.logprobs ?? []) {
      assert.ok(logprob <= 1e-6);
      assert.ok((top ?? []).length <= 2);
    }
  }),
  scenario('chat, aborted in mid-stream', async (ollama, host) => {
    const stream = await ollama.chat({
      model: host.chat,
      messages: [user('slowly')],
      options: { num_predict: 2000 },
      stream: true,
    });
    await assert.rejects(async () => {
      for await (const { message } of stream) if (message.content !== '') stream.abort();
    });
    await untilIdle(host);
  }),
  scenario('chat that is left before its answer', async (_ollama, host) => {
    const abort = new AbortController();
    const asked = fetch(`${host.url}/api/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${host.token}` },
      body: JSON.stringify({
        model: host.chat,
        messages: [user('slowly')],
        stream: false,
        options: { num_predict: 2000 },
      }),
      signal: abort.signal,
    });
    while (host.running() === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    abort.abort();
    await assert.rejects(asked);
    await untilIdle(host);
  }),
  scenario('chat that fails on its way', async (ollama, { chat, obedient }) => {
    if (!obedient) return;
    await failsWith(ollama.chat({ model: chat, messages: [user('fail')] }), 503, /ended unexpectedly/u);
    const stream = await ollama.chat({ model: chat, messages: [user('fail')], stream: true });
    const pieces: string[] = [];
    await assert.rejects(async () => {
      for await (const { message } of stream) pieces.push(message.content);
    }, /ended unexpectedly/u);
    assert.notEqual(pieces.join(''), '');
  }),
];

const generations: readonly StandardScenario[] = [
  scenario('generate', async (ollama, { chat, obedient }) => {
    const answer = await ollama.generate({ model: chat, prompt: 'Hello', system: 'Be brief.', options: few });
    tellsCounts(answer);
    assert.equal(answer.done_reason, 'length');
    if (obedient) assert.match(answer.response ?? '', /^word0 /u);
    assert.ok(answer.context.length > 0);
    const next = await ollama.generate({ model: chat, prompt: 'More', context: answer.context, options: few });
    assert.ok(next.context.length > answer.context.length);
    assert.ok(next.prompt_eval_count > answer.prompt_eval_count);
  }),
  scenario('generate, streamed', async (ollama, { chat }) => {
    const parts = await gather(await ollama.generate({ model: chat, prompt: 'Hello', options: few, stream: true }));
    const last = parts.at(-1);
    assert.ok(last);
    tellsCounts(last);
    assert.ok(last.context.length > 0);
    assert.notEqual(parts.map(({ response }) => response).join(''), '');
  }),
  scenario('generate in a gap', async (ollama, { chat, obedient }) => {
    const answer = await ollama.generate({ model: chat, prompt: 'const a = ', suffix: ';\n', options: few });
    assert.equal(answer.context, undefined);
    tellsCounts(answer);
    if (obedient) assert.match(answer.response ?? '', /^line0;/u);
    const parts = await gather(
      await ollama.generate({ model: chat, prompt: 'const a = ', suffix: ';\n', options: few, stream: true }),
    );
    assert.equal(parts.at(-1)?.done_reason, 'length');
  }),
  scenario('generate, raw', async (ollama, { chat }) => {
    const answer = await ollama.generate({ model: chat, prompt: 'const a = ', raw: true, options: few, template: '' });
    tellsCounts(answer);
    await failsWith(
      ollama.generate({ model: chat, prompt: 'x', raw: true, format: 'json', options: few }),
      400,
      /format/u,
    );
  }),
  scenario('generate, forms', async (ollama, { chat }) => {
    isColour(
      (await ollama.generate({ model: chat, prompt: 'Colour?', format: colour, options: { num_predict: 200 } }))
        .response ?? '',
    );
  }),
  scenario('generate, aborted in mid-stream', async (ollama, host) => {
    const stream = await ollama.generate({
      model: host.chat,
      prompt: 'slowly',
      raw: true,
      options: { num_predict: 2000 },
      stream: true,
    });
    await assert.rejects(async () => {
      for await (const { response } of stream) if (response !== '') ollama.abort();
    });
    await untilIdle(host);
  }),
  scenario('a model that is loaded and left', async (ollama, { chat, openUrl }) => {
    assert.equal((await ollama.generate({ model: chat, prompt: '' })).done_reason, 'load');
    assert.equal((await ollama.chat({ model: chat, messages: [] })).done_reason, 'load');
    assert.equal((await ollama.generate({ model: chat, prompt: '', keep_alive: 0 })).done_reason, 'unload');
    assert.equal((await ollama.chat({ model: chat, keep_alive: '0s' })).done_reason, 'unload');
    const stranger = new Ollama({ host: openUrl });
    await failsWith(stranger.generate({ model: chat, prompt: '', keep_alive: 0 }), 403, /without a key/u);
  }),
];

const others: readonly StandardScenario[] = [
  scenario('embed', async (ollama, { embedding }) => {
    const {
      embeddings,
      prompt_eval_count: tokens,
      model,
    } = await ollama.embed({
      model: embedding,
      input: ['open the store', 'close it'],
    });
    assert.equal(model, embedding);
    assert.equal(embeddings.length, 2);
    assert.ok(tokens > 0);
    for (const vector of embeddings) assert.ok(Math.abs(Math.hypot(...vector) - 1) < 0.01);
    const one = await ollama.embed({ model: embedding, input: 'open the store' });
    assert.equal(one.embeddings.length, 1);
    const { embedding: older } = await ollama.embeddings({ model: embedding, prompt: 'open the store' });
    assert.equal(older.length, one.embeddings[0]?.length);
    await failsWith(ollama.embed({ model: embedding, input: 'x', dimensions: 1 }), 400, /dimensions/u);
  }),
  scenario('list', async (ollama, { chat, obedient }) => {
    const { models } = await ollama.list();
    const found = models.find(({ name }) => name === `${chat}:latest` || name === chat);
    assert.ok(found);
    assert.equal(found.model, found.name);
    assert.ok(!Number.isNaN(Date.parse(String(found.modified_at))));
    if (obedient) assert.deepEqual([found.digest, found.size, found.details.family], ['b'.repeat(64), 1000, 'llama']);
  }),
  scenario('show', async (ollama, { chat }) => {
    const shown = await ollama.show({ model: chat });
    assert.ok(shown.capabilities.includes('completion'));
    const info = shown.model_info as unknown as Record<string, unknown>;
    assert.ok(Object.keys(info).includes('general.architecture'));
    await failsWith(ollama.show({ model: 'no-such-model' }), 404, /no-such-model/u);
  }),
  scenario('ps', async (ollama, { chat }) => {
    await ollama.chat({ model: chat, messages: [user('Hello')], options: { num_predict: 1 } });
    const { models } = await ollama.ps();
    assert.ok(models.some(({ name }) => name.startsWith(chat)));
    assert.ok(models.every(({ expires_at: at }) => !Number.isNaN(Date.parse(String(at)))));
  }),
  scenario('pull', async (ollama, { obedient }) => {
    if (obedient) {
      const parts = await gather(await ollama.pull({ model: 'small', stream: true }));
      assert.equal(parts[0]?.status, 'pulling manifest');
      assert.equal(parts.at(-1)?.status, 'success');
      const done = parts.flatMap(({ completed, total }) => (total === undefined ? [] : [[completed, total]]));
      assert.deepEqual(done, [
        [0, 10],
        [4, 10],
        [10, 10],
      ]);
      assert.equal((await ollama.pull({ model: 'small' })).status, 'success');
    }
    await failsWith(ollama.pull({ model: 'no/such/model/at/all' }), 404, /./u);
  }),
  scenario('version', async (ollama) => {
    assert.match((await ollama.version()).version, /^\d+\.\d+\.\d+$/u);
  }),
  scenario('the port for clients without a key', async (_ollama, { openUrl, url, chat }) => {
    const open = new Ollama({ host: openUrl });
    assert.equal((await open.chat({ model: chat, messages: [user('Hello')], options: few })).eval_count, 8);
    assert.ok((await open.list()).models.length > 0);
    const alive = await fetch(openUrl);
    assert.deepEqual([alive.status, await alive.text()], [200, 'Ollama is running']);
    assert.equal((await fetch(openUrl, { method: 'HEAD' })).status, 200);
    const pulled = await fetch(`${openUrl}/api/pull`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"model":"small"}',
    });
    assert.ok(pulled.status === 404 || pulled.status === 401);
    await failsWith(new Ollama({ host: url }).list(), 401, /./u);
  }),
  scenario('a model that is none', async (ollama) => {
    const model = 'no-such-model';
    await failsWith(ollama.chat({ model, messages: [user('x')] }), 404, /no-such-model/u);
    await failsWith(ollama.chat({ model, messages: [user('x')], stream: true }), 404, /no-such-model/u);
    await failsWith(ollama.generate({ model, prompt: 'x' }), 404, /no-such-model/u);
    await failsWith(ollama.embed({ model, input: 'x' }), 404, /no-such-model/u);
  }),
  scenario('what does not fit', async (ollama, { chat }) => {
    const content = 'many words '.repeat(20_000);
    await failsWith(ollama.chat({ model: chat, messages: [user(content)] }), 400, /\d+ tokens/u);
    await failsWith(ollama.generate({ model: chat, prompt: content, raw: true }), 400, /\d+ tokens/u);
  }),
  scenario('what is out of range, or cannot be read', async (ollama, { chat }) => {
    const ask = { model: chat, messages: [user('Hello')] };
    for (const options of [
      { num_predict: -3 },
      { temperature: -1 },
      { top_k: -1 },
      { top_p: 2 },
      { seed: -2 },
      { num_ctx: -1 },
    ])
      await failsWith(ollama.chat({ ...ask, options }), 400, new RegExp(Object.keys(options).join(''), 'u'));
    await failsWith(ollama.chat({ model: chat, messages: [{ ...user('x'), images: ['AAAA'] }] }), 400, /images/u);
    await failsWith(ollama.generate({ model: chat, prompt: 'x', context: [1, 2, 3] }), 400, /context/u);
    await failsWith(
      ollama.chat({ model: chat, messages: [{ role: 'tool', tool_name: 'weather', content: 'x' }] }),
      400,
      /weather/u,
    );
  }),
];

/** What the package `ollama` can ask of a host, one by one. */
export const ollamaScenarios: readonly StandardScenario[] = [...chats, ...generations, ...others];

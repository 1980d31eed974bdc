import http from 'node:http';
import { NootropicError, type GenerateRequest, type Model, type ModelEvent } from '@nootropic/contracts';
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
  type ScriptedServerOptions,
  type ServerFault,
} from '@nootropic/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createOpenaiRuntime, type OpenaiRuntimeOptions } from './openai-runtime.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(options: Omit<ScriptedServerOptions, 'http'> = {}): Promise<ScriptedServer> {
  const server = await startScriptedServer({ http, ...options });
  opened.push(server);
  return server;
}

async function connect(
  answer: ScriptedAnswer,
  options: {
    runtime?: OpenaiRuntimeOptions;
    server?: Omit<ScriptedServerOptions, 'http'>;
    role?: 'completion' | 'embedding' | 'reranking';
  } = {},
) {
  const server = await serve({ answer: () => answer, ...options.server });
  const runtime = createOpenaiRuntime({ newId: () => 'own-id', retry: { firstDelayMs: 1 }, ...options.runtime });
  opened.push(runtime);
  const model = await runtime.load(
    `openai:tiny@${server.url}/v1`,
    options.role === undefined ? {} : { role: options.role },
  );
  return { server, runtime, model };
}

const question: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }] };

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function failure(work: Promise<unknown>): Promise<NootropicError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!NootropicError.is(error)) throw new Error(`expected a NootropicError, got ${String(error)}`);
  return error;
}

describe('an answer', () => {
  it('streams reasoning, text and calls, and ends with the counts', async () => {
    const { model, server } = await connect({
      reasoning: ['hm'],
      text: ['Hel', 'lo'],
      toolCalls: [{ id: 'c1', name: 'read', arguments: { path: 'a' } }],
      usage: { prompt: 20, cached: 15, written: 9 },
    });
    const request: GenerateRequest = {
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c0', name: 'read', arguments: { path: 'x' } }] },
        { role: 'tool', toolCallId: 'c0', name: 'read', content: 'text of x' },
      ],
      tools: [
        {
          name: 'read',
          description: 'Reads',
          parameters: { type: 'object', properties: { path: { type: 'string' } } },
        },
      ],
      maxTokens: 5,
      temperature: 0,
      seed: 3,
      stop: ['\n'],
      jsonSchema: { type: 'object' },
    };
    expect(await collect(model.generate(request))).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'tool-call', call: { id: 'c1', name: 'read', arguments: { path: 'a' } } },
      { type: 'finish', reason: 'tool-call', tokens: { read: 5, reused: 15, written: 9 } },
    ]);
    expect(server.requests.at(-1)?.body).toEqual({
      model: 'tiny',
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c0', type: 'function', function: { name: 'read', arguments: '{"path":"x"}' } }],
        },
        { role: 'tool', tool_call_id: 'c0', content: 'text of x' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'read',
            description: 'Reads',
            parameters: { type: 'object', properties: { path: { type: 'string' } } },
          },
        },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
      },
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 5,
      temperature: 0,
      seed: 3,
      stop: ['\n'],
      return_progress: true,
      cache_prompt: true,
    });
  });

  it.each<ServerFault>(['no-usage', 'no-done', 'split-arguments', 'object-arguments', 'no-index'])(
    'of a server with the habit "%s" is understood',
    async (fault) => {
      const { model } = await connect({
        text: ['ok'],
        toolCalls: [{ id: 'c1', name: 'read', arguments: { path: 'a' } }],
        fault,
      });
      const events = await collect(model.generate(question));
      expect(events).toContainEqual({
        type: 'tool-call',
        call: { id: fault === 'object-arguments' ? 'own-id' : 'c1', name: 'read', arguments: { path: 'a' } },
      });
      expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-call' });
    },
  );

  it('in one piece, from a server that knows no streams, is understood', async () => {
    const { model } = await connect({ text: ['all at', ' once'], fault: 'no-stream' });
    expect(await collect(model.generate(question))).toMatchObject([
      { type: 'text', text: 'all at once' },
      { type: 'finish', reason: 'stop' },
    ]);
  });

  it('that was cut by its limit says so', async () => {
    const { model } = await connect({ text: ['a'], finish: 'length' });
    expect((await collect(model.generate(question))).at(-1)).toMatchObject({ reason: 'length' });
  });

  it('may come slowly for as long as the server lives', async () => {
    const { model } = await connect(
      { text: ['a', 'b'], pieceDelayMs: 1200 },
      { runtime: { timeouts: { heartbeatMs: 20, silenceMs: 600 } } },
    );
    const events = await collect(model.generate(question));
    expect(events.filter(({ type }) => type === 'text')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'prompt-progress').length).toBeGreaterThan(0);
  });
});

describe('what goes wrong', () => {
  it.each<[ServerFault, string, RegExp]>([
    ['cut', 'MODEL_REFUSED', /in the middle/],
    ['end-early', 'MODEL_REFUSED', /in the middle/],
    ['garbage', 'MODEL_REFUSED', /not JSON/],
    ['error-event', 'MODEL_REFUSED', /the runner stopped/],
    ['html', 'MODEL_REFUSED', /web page: .*router/i],
    ['redirect', 'MODEL_REFUSED', /elsewhere\.invalid/],
    [400, 'MODEL_REFUSED', /400: scripted 400/],
    [401, 'MODEL_REFUSED', /scripted 401/],
    [403, 'MODEL_REFUSED', /scripted 403/],
    [404, 'MODEL_NOT_FOUND', /scripted 404/],
    [429, 'QUEUE_FULL', /scripted 429/],
    [500, 'MODEL_REFUSED', /scripted 500/],
    [501, 'MODEL_UNSUPPORTED', /scripted 501/],
  ])('%s ends in %s', async (fault, code, message) => {
    const { model } = await connect({ text: ['a', 'b', 'c', 'd'], fault });
    const error = await failure(collect(model.generate(question)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });

  it('a prompt that is too long is told from other refusals', async () => {
    const { model } = await connect({
      fault: 400,
      message: 'request (20016 tokens) exceeds the available context size (4096 tokens), try increasing it',
    });
    expect(await failure(collect(model.generate(question)))).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
  });

  it.each<ServerFault>(['stall', 'stall-midway'])(
    '%s of a server that shows no sign of life ends in MODEL_TIMEOUT',
    async (fault) => {
      let deaf = false;
      const { model, server } = await connect(
        { text: ['a', 'b'], fault },
        { runtime: { timeouts: { heartbeatMs: 10, silenceMs: 60 } }, server: { deaf: () => deaf } },
      );
      deaf = true;
      expect(await failure(collect(model.generate(question)))).toMatchObject({ code: 'MODEL_TIMEOUT' });
      await expect.poll(() => server.running).toBe(0);
    },
  );

  it('a stall of a server that lives ends too, in time', async () => {
    const { model } = await connect(
      { text: ['a', 'b'], fault: 'stall' },
      { runtime: { timeouts: { heartbeatMs: 10, silenceMs: 5_000, maxSilenceMs: 80 } } },
    );
    expect(await failure(collect(model.generate(question)))).toMatchObject({ code: 'MODEL_TIMEOUT' });
  });

  it('nothing at the address', async () => {
    const server = await startScriptedServer({ http });
    await server[Symbol.asyncDispose]();
    const runtime = createOpenaiRuntime();
    opened.push(runtime);
    const error = await failure(runtime.load(`openai:tiny@${server.url}/v1`));
    expect(error.code).toBe('MODEL_UNREACHABLE');
    expect(error.message).toContain(server.url);
    expect(error.message).toContain('refused');
    expect(error.hint).toContain('Start the model server');
  });

  it('a model that the server does not have', async () => {
    const server = await serve({ models: ['big', 'small'] });
    const runtime = createOpenaiRuntime();
    opened.push(runtime);
    const error = await failure(runtime.load(`openai:tiny@${server.url}/v1`));
    expect(error.code).toBe('MODEL_NOT_FOUND');
    expect(error.message).toMatch(/big, small/);
  });
});

describe('an abort', () => {
  it('ends the stream at once with what there is, and the request with it', async () => {
    const { model, server } = await connect({ text: ['a', 'b', 'c', 'd'], fault: 'stall-midway' });
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of model.generate(question, { signal: controller.signal })) {
      events.push(event);
      if (event.type === 'text') controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'aborted' });
    await expect.poll(() => server.running).toBe(0);
  });

  it('before the first byte, or before the call', async () => {
    const { model } = await connect({ text: ['a'], fault: 'stall' });
    const early = new AbortController();
    early.abort();
    expect(await collect(model.generate(question, { signal: early.signal }))).toMatchObject([
      { type: 'finish', reason: 'aborted' },
    ]);
    const controller = new AbortController();
    const running = collect(model.generate(question, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect(await running).toMatchObject([{ type: 'finish', reason: 'aborted' }]);
  });

  it('by a reader that leaves stops the request', async () => {
    const { model, server } = await connect({ text: ['a', 'b', 'c', 'd'], fault: 'stall-midway' });
    for await (const event of model.generate(question)) if (event.type === 'text') break;
    await expect.poll(() => server.running).toBe(0);
  });

  it('of a load ends the wait of that caller only', async () => {
    const server = await serve();
    const runtime = createOpenaiRuntime();
    opened.push(runtime);
    const controller = new AbortController();
    const ref = `openai:tiny@${server.url}/v1`;
    const [one, two, three] = [runtime.load(ref, { signal: controller.signal }), runtime.load(ref), runtime.load(ref)];
    controller.abort();
    expect(await failure(one)).toMatchObject({ code: 'ABORTED' });
    expect(await two).toBe(await three);
    expect(server.requests.filter(({ path }) => path === '/v1/models')).toHaveLength(1);
  });

  it('by disposal ends running calls with ABORTED', async () => {
    const { model } = await connect({ text: ['a', 'b'], fault: 'stall-midway' });
    const running = collect(model.generate(question));
    setTimeout(() => void model[Symbol.asyncDispose](), 20);
    expect(await failure(running)).toMatchObject({ code: 'ABORTED' });
    await model[Symbol.asyncDispose]();
    expect(await failure(collect(model.generate(question)))).toMatchObject({ code: 'ABORTED' });
  });
});

describe('privacy', () => {
  it('sends the key to its own server only, and nothing from the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      OPENAI_API_KEY: 'from-env',
      OPENAI_ORG_ID: 'org',
      OPENAI_PROJECT_ID: 'proj',
      OPENAI_CUSTOM_HEADERS: 'x-leak: yes',
      OPENAI_BASE_URL: 'http://elsewhere.invalid',
    });
    try {
      const keyed = await serve();
      const runtime = createOpenaiRuntime({ apiKey: (url) => (url === `${keyed.url}/v1` ? 'key-1' : undefined) });
      opened.push(runtime);
      const plain = await serve();
      for (const server of [keyed, plain])
        await collect((await runtime.load(`openai:tiny@${server.url}/v1`)).generate(question));
      expect(new Set(keyed.requests.map(({ headers }) => headers['authorization']))).toEqual(new Set(['Bearer key-1']));
      expect(new Set(plain.requests.map(({ headers }) => headers['authorization']))).toEqual(new Set([undefined]));
      const names = [...keyed.requests, ...plain.requests].flatMap(({ headers }) => Object.keys(headers));
      expect([...new Set(names)].sort()).toEqual(
        [
          'accept',
          'accept-encoding',
          'accept-language',
          'authorization',
          'connection',
          'content-length',
          'content-type',
          'host',
          'sec-fetch-mode',
          'user-agent',
        ].filter((name) => names.includes(name)),
      );
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    }
  });

  it('never shows the key in an error', async () => {
    const server = await serve({ answer: () => ({ fault: 401 }) });
    const runtime = createOpenaiRuntime({ apiKey: () => 'key-very-secret' });
    opened.push(runtime);
    const error = await failure(collect((await runtime.load(`openai:tiny@${server.url}/v1`)).generate(question)));
    expect(JSON.stringify([error.message, error.hint, error.stack, String(error.cause)])).not.toContain('very-secret');
  });

  it('is local on loopback only', async () => {
    const { model } = await connect({});
    expect(model.info.local).toBe(true);
    const fetch = async (): Promise<Response> => Response.json({ data: [{ id: 'tiny', owned_by: 'x' }] });
    const runtime = createOpenaiRuntime({ fetch });
    expect((await runtime.load('openai:tiny@https://models.example/v1')).info).toMatchObject({
      local: false,
      contextLength: 0,
    });
  });
});

describe('other requests', () => {
  it('embeds in order, as unit vectors, in batches', async () => {
    const { model, server } = await connect({}, { role: 'embedding' });
    const texts = Array.from({ length: 150 }, (_, n) => `text number ${n} ${'again '.repeat(n % 7)}`);
    const vectors = await model.embed(texts);
    expect(vectors).toHaveLength(150);
    for (const [at, vector] of vectors.entries()) {
      expect(vector).toHaveLength(model.info.dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
      if (at % 50 === 0) expect((await model.embed([texts[at] ?? '']))[0]).toEqual(vector);
    }
    expect(server.requests.filter(({ path }) => path === '/v1/embeddings').length).toBeGreaterThan(3);
    expect(await model.embed([])).toEqual([]);
  });

  it('ranks', async () => {
    const { model } = await connect({}, { role: 'reranking' });
    const scores = await model.rerank('where is the cat', ['a dog', 'the cat is here', 'the end']);
    expect(scores.indexOf(Math.max(...scores))).toBe(1);
    expect(await model.rerank('x', [])).toEqual([]);
  });

  it.each([
    ['llamacpp', '/infill', { input_prefix: 'a(', input_suffix: ')', n_predict: 9 }],
    ['other', '/v1/completions', { prompt: 'a(', suffix: ')', max_tokens: 9 }],
  ])('fills gaps: %s by %s', async (owner, path, body) => {
    const { model, server } = await connect(
      { text: ['b', 'c'], finish: 'length' },
      { role: 'completion', server: { owner } },
    );
    expect(await collect(model.infill({ prefix: 'a(', suffix: ')', maxTokens: 9 }))).toEqual([
      { type: 'text', text: 'b' },
      { type: 'text', text: 'c' },
      { type: 'finish', reason: 'length', tokens: { read: 8, reused: 0, written: 2 } },
    ]);
    expect(server.requests.at(-1)).toMatchObject({ path, body });
  });

  it.each([
    [
      'llamacpp',
      {
        input_prefix: 'a',
        prompt: '(',
        input_extra: [
          { filename: 'b.ts', text: 'b' },
          { filename: '', text: 'c' },
        ],
      },
    ],
    ['other', { prompt: 'b.ts\nb\n\nc\n\na(' }],
  ])('tells of other files beside a gap: %s', async (owner, body) => {
    const { model, server } = await connect({ text: ['x'] }, { role: 'completion', server: { owner } });
    const extra = [{ name: 'b.ts', text: 'b' }, { text: 'c' }];
    await collect(model.infill({ prefix: 'a', begun: '(', suffix: ')', extra }));
    expect(server.requests.at(-1)).toMatchObject({ body });
  });

  it.each(['llamacpp', 'other'])('goes on from a text: %s', async (owner) => {
    const { model, server } = await connect({ text: ['b'] }, { server: { owner } });
    const asked = { prefix: 'a(', suffix: 'not sent', raw: true, maxTokens: 9, temperature: 0.5, topP: 0.9 };
    expect(await collect(model.infill(asked))).toMatchObject([{ type: 'text', text: 'b' }, { type: 'finish' }]);
    expect(server.requests.at(-1)).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'a(', max_tokens: 9, temperature: 0.5, top_p: 0.9 },
    });
    expect(server.requests.at(-1)?.body).not.toHaveProperty('suffix');
    await collect(model.infill({ ...asked, prefix: '' }));
    expect(server.requests.at(-1)?.body).toMatchObject({ prompt: ' ' });
  });

  it('numbers tokens by the server, or says that it cannot', async () => {
    const { model } = await connect({});
    expect(await model.tokenize('one two three')).toEqual([0, 1, 2]);
    expect(await model.detokenize([4, 5])).toBe('word4 word5');
    expect(await model.detokenize([])).toBe('');
    const { model: other } = await connect({}, { server: { owner: 'other' } });
    for (const asked of [other.tokenize('one'), other.detokenize([1])])
      expect(await failure(asked)).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });

  it('says so when a server cannot fill gaps', async () => {
    const { model } = await connect(
      { fault: 400, message: 'suffix is not currently supported' },
      { role: 'completion', server: { owner: 'vllm' } },
    );
    expect(await failure(collect(model.infill({ prefix: 'a', suffix: 'b' })))).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });

  it('counts tokens by the server, or estimates', async () => {
    const { model } = await connect({});
    expect(await model.countTokens('one two three')).toBe(3);
    const { model: other } = await connect({}, { server: { owner: 'other' } });
    expect(await other.countTokens('one two three')).toBeGreaterThanOrEqual(3);
  });

  it('refuses what its role does not include', async () => {
    const { model } = await connect({});
    expect(await failure(model.embed(['x']))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    expect(await failure(model.rerank('x', ['y']))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    expect(await failure(collect(model.infill({ prefix: '', suffix: '' })))).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });

  it('lists the models of the servers it was given, and none of one that is down', async () => {
    const server = await serve({ models: ['a', 'b'], contextLength: 2048 });
    const runtime = createOpenaiRuntime({ servers: [`${server.url}/v1`, 'http://127.0.0.1:9/v1'] });
    opened.push(runtime);
    expect(await runtime.list()).toMatchObject([
      { ref: `openai:a@${server.url}/v1`, contextLength: 2048 },
      { ref: `openai:b@${server.url}/v1`, contextLength: 2048 },
    ]);
    expect(await (await runtime.load(`openai:b@${server.url}/v1`, { contextLength: 1024 })).info).toMatchObject({
      contextLength: 1024,
    });
  });

  it('takes whatever name for the one model of llama-server', async () => {
    const server = await serve({ models: ['/models/tiny.gguf'] });
    const runtime = createOpenaiRuntime();
    opened.push(runtime);
    const model: Model = await runtime.load(`openai:tiny@${server.url}/v1`);
    await collect(model.generate(question));
    expect(server.requests.at(-1)?.body?.['model']).toBe('/models/tiny.gguf');
  });
});

import http from 'node:http';
import { NootropicError, type GenerateRequest, type ModelEvent } from '@nootropic/contracts';
import {
  startScriptedServer,
  type ScriptedAnswer,
  type ScriptedServer,
  type ScriptedServerOptions,
  type ServerFault,
} from '@nootropic/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOllamaRuntime, type OllamaRuntimeOptions } from './ollama-runtime.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
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
    runtime?: OllamaRuntimeOptions;
    server?: Omit<ScriptedServerOptions, 'http'>;
    contextLength?: number;
  } = {},
) {
  const server = await serve({ answer: () => answer, ...options.server });
  const runtime = createOllamaRuntime({
    newId: () => 'own-id',
    retry: { firstDelayMs: 1 },
    server: server.url,
    ...options.runtime,
  });
  opened.push(runtime);
  const model = await runtime.load(
    `ollama:tiny@${server.url}`,
    options.contextLength === undefined ? {} : { contextLength: options.contextLength },
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
  it('streams thoughts, text and calls, with the window always set', async () => {
    const { model, server } = await connect(
      {
        reasoning: ['hm'],
        text: ['Hel', 'lo'],
        toolCalls: [{ id: 'ignored', name: 'read', arguments: { path: 'a' } }],
        usage: { prompt: 20, cached: 0, written: 9 },
      },
      { contextLength: 2048 },
    );
    const request: GenerateRequest = {
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'wait', toolCalls: [{ id: 'c0', name: 'read', arguments: { path: 'x' } }] },
        { role: 'tool', toolCallId: 'c0', name: 'read', content: 'text of x' },
      ],
      tools: [{ name: 'read', description: 'Reads', parameters: { type: 'object', properties: {} } }],
      jsonSchema: { type: 'object' },
      seed: 3,
      stop: ['\n'],
    };
    expect(await collect(model.generate(request))).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'tool-call', call: { id: 'own-id', name: 'read', arguments: { path: 'a' } } },
      { type: 'finish', reason: 'tool-call', tokens: { read: 20, reused: 0, written: 9 } },
    ]);
    expect(server.requests.at(-1)?.body).toEqual({
      model: 'tiny',
      messages: [
        { role: 'user', content: 'hi' },
        {
          role: 'assistant',
          content: 'wait',
          tool_calls: [{ id: 'c0', function: { name: 'read', arguments: { path: 'x' } } }],
        },
        { role: 'tool', tool_name: 'read', tool_call_id: 'c0', content: 'text of x' },
      ],
      tools: [
        {
          type: 'function',
          function: { name: 'read', description: 'Reads', parameters: { type: 'object', properties: {} } },
        },
      ],
      format: { type: 'object' },
      keep_alive: '30m',
      truncate: false,
      shift: false,
      stream: true,
      options: { num_ctx: 2048, num_predict: 1024, temperature: 0.2, seed: 3, stop: ['\n'] },
    });
  });

  it('is asked for in every field that the server takes', async () => {
    const { model, server } = await connect({ text: ['ok'] });
    const fields = { topP: 0.9, topK: 30, minP: 0.1, logprobs: 2, thinkingTokens: 0 };
    await collect(model.generate({ ...question, ...fields }));
    expect(server.requests.at(-1)?.body).toMatchObject({
      think: false,
      logprobs: true,
      top_logprobs: 2,
      options: { top_p: 0.9, top_k: 30, min_p: 0.1 },
    });
    await collect(model.generate(question));
    expect(server.requests.at(-1)?.body).not.toHaveProperty('think');
  });

  it('takes the smaller of 8192 and what the model was trained on', async () => {
    expect((await connect({})).model.info.contextLength).toBe(4096);
    expect((await connect({}, { server: { contextLength: 131_072 } })).model.info.contextLength).toBe(8192);
  });

  it('counts the pieces where the server does not', async () => {
    const { model } = await connect({ text: ['a', 'b'], fault: 'no-usage' });
    expect((await collect(model.generate(question))).at(-1)).toMatchObject({ tokens: { written: 2 } });
  });

  it('may come slowly for as long as the server lives', async () => {
    const { model } = await connect(
      { text: ['a', 'b'], pieceDelayMs: 900 },
      { runtime: { timeouts: { heartbeatMs: 50, silenceMs: 450 } } },
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
    ['html', 'MODEL_REFUSED', /web page/],
    ['redirect', 'MODEL_REFUSED', /elsewhere\.invalid/],
    [404, 'MODEL_NOT_FOUND', /scripted 404/],
    [500, 'MODEL_REFUSED', /scripted 500/],
  ])('%s ends in %s, with nothing on the console', async (fault, code, message) => {
    const printed = [vi.spyOn(console, 'log'), vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
    const { model } = await connect({ text: ['a', 'b', 'c', 'd'], fault });
    const error = await failure(collect(model.generate(question)));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    for (const spy of printed) expect(spy).not.toHaveBeenCalled();
  });

  it('a prompt that is too long is told from other refusals', async () => {
    const { model } = await connect({ fault: 400, message: 'the input length exceeds the context length' });
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

  it('nothing at the address, and a model that is not there', async () => {
    const gone = await startScriptedServer({ http });
    await gone[Symbol.asyncDispose]();
    const runtime = createOllamaRuntime({ server: gone.url });
    opened.push(runtime);
    const error = await failure(runtime.load(`ollama:tiny@${gone.url}`));
    expect(error).toMatchObject({ code: 'MODEL_UNREACHABLE', hint: expect.stringContaining('ollama serve') as string });
    expect(await runtime.list()).toEqual([]);
    const server = await serve();
    expect(await failure(runtime.load(`ollama:absent:8b@${server.url}`))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('ollama pull absent:8b') as string,
    });
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

  it('by disposal of the runtime ends running calls with ABORTED', async () => {
    const { model, runtime } = await connect({ text: ['a', 'b'], fault: 'stall-midway' });
    const running = collect(model.generate(question));
    setTimeout(() => void runtime[Symbol.asyncDispose](), 20);
    expect(await failure(running)).toMatchObject({ code: 'ABORTED' });
  });
});

describe('other requests', () => {
  it('embeds in order, as unit vectors, in batches', async () => {
    const { model } = await connect({});
    const texts = Array.from({ length: 130 }, (_, n) => `text number ${n} ${'again '.repeat(n % 7)}`);
    const vectors = await model.embed(texts);
    expect(vectors).toHaveLength(130);
    for (const vector of vectors) {
      expect(vector).toHaveLength(model.info.dimensions);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
    expect((await model.embed([texts[100] ?? '']))[0]).toEqual(vectors[100]);
    expect(await model.embed([])).toEqual([]);
  });

  it('fills gaps', async () => {
    const { model, server } = await connect({ text: ['b'] });
    expect(await collect(model.infill({ prefix: 'a(', suffix: ')', maxTokens: 9 }))).toMatchObject([
      { type: 'text', text: 'b' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(server.requests.at(-1)).toMatchObject({
      path: '/api/generate',
      body: { prompt: 'a(', suffix: ')', options: { num_predict: 9, num_ctx: 4096 } },
    });
  });

  it('goes on from a text', async () => {
    const { model, server } = await connect({ text: ['b'] });
    await collect(model.infill({ prefix: 'a(', suffix: 'not sent', raw: true, temperature: 0.5, topP: 0.9 }));
    const { path, body } = server.requests.at(-1) ?? {};
    expect(path).toBe('/api/generate');
    expect(body).toMatchObject({ prompt: 'a(', raw: true, options: { temperature: 0.5, top_p: 0.9 } });
    expect(body).not.toHaveProperty('suffix');
  });

  it('lists what the server shows, and estimates what it will take', async () => {
    const { runtime, server } = await connect({});
    expect(await runtime.list()).toEqual([
      {
        ref: `ollama:tiny@${server.url}`,
        name: 'tiny',
        can: ['generate', 'json-schema', 'tools', 'infill', 'embed'],
        contextLength: 4096,
        dimensions: 16,
        local: true,
      },
    ]);
    // 2 layers of 2 heads of (4 + 4) numbers of 2 bytes, for 4096 positions.
    expect(await runtime.estimate(`ollama:tiny@${server.url}`)).toEqual({
      weights: 1000,
      kvCache: 2 * 2 * 8 * 2 * 4096,
      compute: 0,
      repack: 0,
      gpu: 0,
      total: 1000 + 2 * 2 * 8 * 2 * 4096,
    });
    expect(await runtime.estimate('ollama:tiny@http://other.example')).toEqual({
      weights: 0,
      kvCache: 0,
      compute: 0,
      repack: 0,
      gpu: 0,
      total: 0,
    });
  });

  it('knows a model that only passes on to a cloud for what it is', async () => {
    const fetch = async (): Promise<Response> =>
      Response.json({ capabilities: ['completion'], model_info: {}, remote_host: 'https://ollama.com' });
    const runtime = createOllamaRuntime({ fetch });
    opened.push(runtime);
    expect((await runtime.load('ollama:big-cloud')).info).toMatchObject({
      local: false,
      can: ['generate', 'json-schema'],
    });
  });

  it('refuses what the model cannot do', async () => {
    const fetch = async (): Promise<Response> => Response.json({ capabilities: ['embedding'], model_info: {} });
    const runtime = createOllamaRuntime({ fetch });
    opened.push(runtime);
    const model = await runtime.load('ollama:embedder');
    expect(await failure(collect(model.generate(question)))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    expect(await failure(model.rerank('q', ['d']))).toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });
});

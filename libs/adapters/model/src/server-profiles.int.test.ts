import http from 'node:http';
import type { GenerateRequest, Model, ModelEvent } from '@nootropic/contracts';
import {
  describeModelContract,
  obedientAnswer,
  scriptedHabits,
  startScriptedServer,
  type ScriptedServer,
  type ScriptedServerKind,
} from '@nootropic/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createOpenaiRuntime } from './openai-runtime.ts';
import type { ServerKind } from './server-profiles.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function serve(
  kind: ScriptedServerKind,
  options: { readonly models?: readonly string[]; readonly contextLength?: number } = {},
): Promise<ScriptedServer> {
  const server = await startScriptedServer({
    http,
    habits: scriptedHabits[kind],
    answer: () => ({ text: ['Hel', 'lo'], logprobs: [-0.5, -0.25] }),
    ...options,
  });
  opened.push(server);
  return server;
}

async function load(server: ScriptedServer, name = 'tiny', role?: 'completion' | 'embedding'): Promise<Model> {
  const runtime = createOpenaiRuntime({ retry: { firstDelayMs: 1 } });
  opened.push(runtime);
  return runtime.load(`openai:${name}@${server.url}/v1`, role === undefined ? {} : { role });
}

async function collect(events: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const everyField: GenerateRequest = {
  messages: [{ role: 'user', content: 'hi' }],
  maxTokens: 5,
  temperature: 0,
  topP: 0.9,
  topK: 30,
  minP: 0.1,
  seed: 7,
  thinkingTokens: 0,
  logprobs: 2,
};

const common = { model: 'tiny', max_tokens: 5, temperature: 0, top_p: 0.9 };
const asked = { logprobs: true, top_logprobs: 2 };
const streamed = { stream: true, stream_options: { include_usage: true } };
const silentTemplate = { chat_template_kwargs: { enable_thinking: false } };

/** What each kind of server is sent, beside the messages, for a request that names everything. */
const bodies: readonly [ScriptedServerKind, Record<string, unknown>][] = [
  [
    'llama-server',
    {
      ...common,
      ...asked,
      ...streamed,
      ...silentTemplate,
      top_k: 30,
      min_p: 0.1,
      seed: 7,
      thinking_budget_tokens: 0,
      cache_prompt: true,
      return_progress: true,
    },
  ],
  ['vllm', { ...common, ...asked, ...streamed, ...silentTemplate, top_k: 30, min_p: 0.1, seed: 7 }],
  ['sglang', { ...common, ...asked, ...streamed, ...silentTemplate, top_k: 30, min_p: 0.1, seed: 7 }],
  ['localai', { ...common, ...streamed, top_k: 30, seed: 7 }],
  ['localai-old', { ...common, ...streamed, top_k: 30, seed: 7 }],
  ['lm-studio', { ...common, ...streamed, top_k: 30, seed: 7 }],
  ['gpt4all', { ...common, stream: false, min_p: 0.1 }],
  ['tabbyapi', { ...common, ...streamed, top_k: 30, min_p: 0.1, logprobs: 2 }],
  ['strict', { ...common, ...asked, ...streamed, seed: 7 }],
];

describe('a request that names everything', () => {
  it.each(bodies)('is put in the words of %s, which takes it', async (kind, body) => {
    const server = await serve(kind);
    const model = await load(server);
    const events = await collect(model.generate(everyField));
    expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe('Hello');
    expect(server.requests.at(-1)?.body).toEqual({ ...body, messages: [{ role: 'user', content: 'hi' }] });
  });

  it('gets the log-probabilities of a server that has them', async () => {
    const [first] = await collect((await load(await serve('llama-server'))).generate(everyField));
    expect(first).toEqual({
      type: 'text',
      text: 'Hel',
      logprobs: [{ token: 'Hel', logprob: -0.5, top: [{ token: 'Hel', logprob: -0.5 }] }],
    });
  });

  it.each<[ScriptedServerKind, Record<string, unknown>]>([
    ['tabbyapi', { json_schema: { type: 'object' } }],
    [
      'vllm',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', strict: true, schema: { type: 'object' } },
        },
      },
    ],
  ])('puts a JSON Schema where %s looks for it', async (kind, field) => {
    const server = await serve(kind);
    await collect((await load(server)).generate({ messages: everyField.messages, jsonSchema: { type: 'object' } }));
    expect(server.requests.at(-1)?.body).toMatchObject(field);
  });
});

describe('what a model can do', () => {
  const chat = ['generate', 'tools', 'json-schema'];

  it.each<[ScriptedServerKind, readonly string[], number]>([
    ['llama-server', chat, 2048],
    ['vllm', chat, 2048],
    ['sglang', chat, 2048],
    ['localai', chat, 0],
    ['lm-studio', chat, 2048],
    ['gpt4all', ['generate'], 0],
    ['tabbyapi', chat, 2048],
    ['strict', chat, 2048],
  ])('is what %s says, and so is its context', async (kind, can, contextLength) => {
    const server = await serve(kind, { contextLength: 2048 });
    expect((await load(server)).info).toMatchObject({ can, contextLength });
  });

  it.each<[ScriptedServerKind, readonly string[]]>([
    ['llama-server', ['generate', 'infill']],
    ['vllm', ['generate']],
    ['tabbyapi', ['generate']],
    ['strict', ['generate', 'infill']],
  ])('while one types, with %s, includes filling gaps only where it can', async (kind, can) => {
    expect((await load(await serve(kind), 'tiny', 'completion')).info.can).toEqual(can);
  });

  it('is what LM Studio says of each model, also of one that is not loaded', async () => {
    const server = await serve('lm-studio', { models: ['plain', 'cold', 'my-embedder'], contextLength: 2048 });
    expect((await load(server, 'plain')).info.can).toEqual(['generate', 'json-schema']);
    expect((await load(server, 'cold')).info.contextLength).toBe(0);
    expect((await load(server, 'my-embedder', 'embedding')).info).toMatchObject({ can: ['embed'], dimensions: 16 });
    await expect(load(server, 'my-embedder')).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
  });

  it('is listed', async () => {
    const server = await serve('tabbyapi', { models: ['loaded', 'other'], contextLength: 2048 });
    const runtime = createOpenaiRuntime({ servers: [`${server.url}/v1`] });
    opened.push(runtime);
    expect(await runtime.list()).toMatchObject([
      { name: 'loaded', can: chat, contextLength: 2048 },
      { name: 'other', can: chat, contextLength: 0 },
    ]);
  });

  it('is refused before anything is asked of the model', async () => {
    const server = await serve('gpt4all');
    const model = await load(server);
    const before = server.requests.length;
    const tools = [{ name: 'read', description: '', parameters: { type: 'object' } }];
    for (const request of [{ tools }, { jsonSchema: { type: 'object' } }])
      await expect(collect(model.generate({ ...everyField, ...request }))).rejects.toMatchObject({
        code: 'MODEL_UNSUPPORTED',
      });
    expect(server.requests).toHaveLength(before);
  });
});

describe('tokens', () => {
  it.each<[ScriptedServerKind]>([['llama-server'], ['vllm'], ['sglang'], ['localai'], ['tabbyapi']])(
    'are counted by %s itself',
    async (kind) => {
      const model = await load(await serve(kind));
      expect(await model.countTokens('one two three')).toBe(3);
    },
  );

  it.each<[ScriptedServerKind]>([['lm-studio'], ['gpt4all'], ['strict']])(
    'are estimated where %s does not count them',
    async (kind) => {
      const server = await serve(kind);
      const model = await load(server);
      const before = server.requests.length;
      expect(await model.countTokens('one two three')).toBeGreaterThanOrEqual(3);
      expect(server.requests).toHaveLength(before);
    },
  );
});

describe.each<[ServerKind & ScriptedServerKind, readonly ('generate' | 'tools' | 'json-schema')[]]>([
  ['vllm', ['generate', 'tools', 'json-schema']],
  ['localai', ['generate', 'tools', 'json-schema']],
  ['lm-studio', ['generate', 'tools', 'json-schema']],
])('%s', (kind, abilities) => {
  let server: ScriptedServer;
  const runtime = createOpenaiRuntime();
  beforeAll(async () => {
    server = await startScriptedServer({ http, habits: scriptedHabits[kind], answer: obedientAnswer });
  });
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  describeModelContract(`a model of ${kind}`, () => runtime.load(`openai:tiny@${server.url}/v1`), {
    abilities,
    callsTools: true,
    ...(kind !== 'lm-studio' && { tokenizer: 'numbers' as const }),
  });
});

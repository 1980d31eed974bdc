import http from 'node:http';
import { NootropicError, type GenerateRequest, type ModelEvent } from '@nootropic/contracts';
import {
  startScriptedServer,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
} from '@nootropic/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { cloudProviders, cloudSchemes, type CloudProvider } from './cloud-models.ts';
import { createCloudRuntime, type CloudRuntimeOptions } from './cloud-runtime.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const secret = 'sk-very-secret-0123456789';
const question: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }] };

async function start(
  provider: CloudProvider,
  answer: (request: RecordedRequest) => ScriptedAnswer = () => ({ text: ['Hel', 'lo'] }),
  options: Partial<CloudRuntimeOptions> = {},
) {
  const server = await startScriptedServer({ http, answer, contextLength: 1234 });
  opened.push(server);
  const runtime = createCloudRuntime({
    provider,
    enabled: true,
    apiKey: async () => secret,
    baseUrl: `${server.url}/${provider === 'google' ? 'v1beta' : 'v1'}`,
    retry: { firstDelayMs: 1 },
    newId: () => 'own-id',
    ...options,
  });
  opened.push(runtime);
  return { server, runtime, load: () => runtime.load(`${cloudSchemes[provider]}:tiny`) };
}

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

const generations = ({ requests }: ScriptedServer) => requests.filter(({ method }) => method === 'POST');

describe('while a provider is off', () => {
  it.each(cloudProviders)('nothing is sent to %s', async (provider) => {
    let asked = 0;
    const fetch = async (): Promise<Response> => {
      asked += 1;
      return Response.json({ id: 'tiny' });
    };
    let keys = 0;
    const apiKey = async () => {
      keys += 1;
      return secret;
    };
    const { runtime, load } = await start(provider, undefined, { enabled: false, fetch, apiKey });
    const error = await failure(load());
    expect(error).toMatchObject({ code: 'DENIED', hint: expect.stringContaining('providers.enabled') as string });
    expect(await runtime.list()).toEqual([]);
    expect((await runtime.health()).detail).toMatch(/not enabled/);
    expect({ asked, keys }).toEqual({ asked: 0, keys: 0 });
  });
});

describe.each(cloudProviders)('%s', (provider) => {
  it('streams thoughts, text and calls, and ends with the counts', async () => {
    const { server, load } = await start(provider, () => ({
      reasoning: ['hm'],
      text: ['Hel', 'lo'],
      toolCalls: [{ id: 'c1', name: 'read', arguments: { path: 'a' } }],
      usage: { prompt: 20, cached: 15, written: 9 },
    }));
    const model = await load();
    expect(model.info).toMatchObject({ local: false, can: ['generate', 'tools', 'json-schema'] });
    const events = await collect(
      model.generate({
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'wait', toolCalls: [{ id: 'c0', name: 'read', arguments: { path: 'x' } }] },
          { role: 'tool', toolCallId: 'c0', name: 'read', content: 'text of x' },
        ],
        tools: [
          {
            name: 'read',
            description: 'Reads',
            parameters: { type: 'object', properties: { path: { type: 'string' } } },
          },
        ],
        maxTokens: 500,
      }),
    );
    expect(events).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      {
        type: 'tool-call',
        call: { id: provider === 'google' ? 'own-id' : 'c1', name: 'read', arguments: { path: 'a' } },
      },
      { type: 'finish', reason: 'tool-call', tokens: { read: 5, reused: 15, written: 9 } },
    ]);
    const sent = JSON.stringify(generations(server).at(-1)?.body);
    for (const part of ['be brief', 'wait', 'text of x', '"name":"read"', '500']) expect(sent).toContain(part);
    // What is asked is not to be kept there.
    if (provider === 'openai' || provider === 'xai') expect(sent).toContain('"store":false');
  });

  it('sends the key to the provider only, where it belongs, and no more about this machine', async () => {
    const { server, load } = await start(provider);
    await collect((await load()).generate(question));
    const header = { openai: 'authorization', anthropic: 'x-api-key', google: 'x-goog-api-key', xai: 'authorization' };
    for (const { headers, path, body } of server.requests) {
      expect(headers[header[provider]]).toBe(header[provider] === 'authorization' ? `Bearer ${secret}` : secret);
      expect(path + JSON.stringify(body ?? '')).not.toContain(secret);
      expect(headers['user-agent']).toBe('nootropic');
    }
  });

  it.each<[number, string]>([
    [400, 'MODEL_REFUSED'],
    [401, 'KEY_MISSING'],
    [403, 'MODEL_REFUSED'],
    [404, 'MODEL_NOT_FOUND'],
    [429, 'QUEUE_FULL'],
    [500, 'MODEL_REFUSED'],
    [503, 'MODEL_UNREACHABLE'],
  ])('%i is told by its code, without the key', async (fault, code) => {
    const { load } = await start(provider, () => ({ fault, message: `no: ${secret}` }));
    const error = await failure(collect((await load()).generate(question)));
    expect(error.code).toBe(code);
    expect(error.message).toContain('no: …');
    expect(JSON.stringify([error, error.stack, String(error.cause)])).not.toContain('very-secret');
  });

  it('tells a wrong key at load', async () => {
    const refuse = async (): Promise<Response> => Response.json({ error: { message: 'bad key' } }, { status: 401 });
    const { load } = await start(provider, undefined, { fetch: refuse });
    expect(await failure(load())).toMatchObject({
      code: 'KEY_MISSING',
      hint: expect.stringContaining(`keys set ${provider}`) as string,
    });
  });

  it.each([undefined, '', ' '])('asks for a key where there is none: %j', async (key) => {
    const { server, load } = await start(provider, undefined, { apiKey: async () => key });
    expect(await failure(load())).toMatchObject({ code: 'KEY_MISSING' });
    expect(server.requests).toEqual([]);
  });

  it('knows a name that the provider does not have', async () => {
    const { runtime } = await start(provider);
    expect(await failure(runtime.load(`${cloudSchemes[provider]}:absent`))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(await failure(runtime.load('file:/a.gguf'))).toMatchObject({ code: 'MODEL_REF_INVALID' });
  });

  it('tries again before the first token, and not after', async () => {
    let calls = 0;
    const { server, load } = await start(provider, () => ({
      text: ['a', 'b', 'c', 'd'],
      ...(++calls < 3 && { fault: calls === 1 ? (503 as const) : (429 as const) }),
    }));
    const model = await load();
    const events = await collect(model.generate(question));
    expect(events.flatMap((event) => (event.type === 'text' ? [event.text] : [])).join('')).toBe('abcd');
    expect(generations(server)).toHaveLength(3);
  });

  it.each(['cut', 'end-early', 'error-event'] as const)('does not try again once text was shown: %s', async (fault) => {
    const { server, load } = await start(provider, () => ({ text: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], fault }));
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const event of (await load()).generate(question)) if (event.type === 'text') seen.push(event.text);
      })(),
    );
    expect(['MODEL_REFUSED', 'MODEL_UNREACHABLE']).toContain(error.code);
    expect(seen.length).toBeGreaterThan(0);
    expect(generations(server)).toHaveLength(1);
  });

  it('ends at once when it is aborted, and the request with it', async () => {
    const { server, load } = await start(provider, () => ({ text: Array<string>(9).fill('a'), fault: 'stall-midway' }));
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of (await load()).generate(question, { signal: controller.signal })) {
      events.push(event);
      if (event.type === 'text') controller.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'aborted' });
    await expect.poll(() => server.running).toBe(0);
  });

  it('gives a call that cannot be read as text', async () => {
    if (provider === 'google') return;
    const { load } = await start(provider, () => ({ toolCalls: [{ id: 'c', name: 'read', arguments: '{"path":' }] }));
    const events = await collect((await load()).generate(question));
    expect(events).toMatchObject([
      { type: 'text', text: 'read({"path":)' },
      { type: 'finish', reason: 'stop' },
    ]);
  });
});

describe('the account', () => {
  it('without money is told from a full queue, and not asked again', async () => {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    const { server, load } = await start('openai', () => ({ fault: 429, message }));
    expect(await failure(collect((await load()).generate(question)))).toMatchObject({ code: 'MODEL_REFUSED' });
    expect(generations(server)).toHaveLength(1);
  });

  it('with a full queue for long hears at once how long', async () => {
    const { server, load } = await start('anthropic', () => ({ fault: 429, headers: { 'retry-after': '3600' } }));
    const error = await failure(collect((await load()).generate(question)));
    expect(error).toMatchObject({ code: 'QUEUE_FULL', message: expect.stringContaining('in 3600 s') as string });
    expect(generations(server)).toHaveLength(1);
  });
});

describe('addresses and lists', () => {
  it.each(['http://api.example/v1', 'ftp://127.0.0.1/v1', 'nonsense'])('sends no key to %s', (baseUrl) => {
    expect(() => createCloudRuntime({ provider: 'xai', enabled: true, apiKey: async () => 'k', baseUrl })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });

  it('lists the models with known prices without a request', async () => {
    const { server, runtime } = await start('anthropic');
    const list = await runtime.list();
    expect(list.length).toBeGreaterThan(0);
    expect(list.every(({ ref, local }) => ref.startsWith('anthropic:') && !local)).toBe(true);
    expect(server.requests).toEqual([]);
  });
});

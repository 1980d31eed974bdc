import http from 'node:http';
import { type NootropicError, type GenerateRequest, type ModelEvent, type ModelRuntime } from '@nootropic/contracts';
import { startScriptedServer, type ScriptedAnswer, type ScriptedServer, type ServerFault } from '@nootropic/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { createOllamaRuntime } from './ollama-runtime.ts';
import { createOpenaiRuntime } from './openai-runtime.ts';
import type { ServerRetry } from './server-guard.ts';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const question: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }] };

const runtimes: readonly [string, (retry: ServerRetry) => ModelRuntime, (url: string) => string][] = [
  ['an OpenAI-compatible server', (retry) => createOpenaiRuntime({ retry }), (url) => `openai:tiny@${url}/v1`],
  ['Ollama', (retry) => createOllamaRuntime({ retry }), (url) => `ollama:tiny@${url}`],
];

async function textOf(events: AsyncIterable<ModelEvent>, seen: string[] = []): Promise<string> {
  for await (const event of events) if (event.type === 'text') seen.push(event.text);
  return seen.join('');
}

async function failure(work: Promise<unknown>): Promise<NootropicError> {
  return work.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as NootropicError,
  );
}

describe.each(runtimes)('%s', (_, create, refOf) => {
  async function start(answer: () => ScriptedAnswer, retry: ServerRetry = {}) {
    const server: ScriptedServer = await startScriptedServer({ http, answer });
    const runtime = create({ firstDelayMs: 1, ...retry });
    opened.push(server, runtime);
    const model = await runtime.load(refOf(server.url));
    const generations = () => server.requests.filter(({ body }) => body?.['messages'] !== undefined).length;
    return { server, runtime, model, generations };
  }

  it.each<[string, ServerFault]>([
    ['says that it is overloaded', 503],
    ['asks to wait', 429],
    ['fails', 500],
  ])('that %s is asked again', async (_name, fault) => {
    let calls = 0;
    const { model, generations } = await start(() => ({ text: ['o', 'k'], ...(++calls < 3 && { fault }) }));
    expect(await textOf(model.generate(question))).toBe('ok');
    expect(generations()).toBe(3);
  });

  it('that closes the connection before it says anything is asked again', async () => {
    let calls = 0;
    const { model, generations } = await start(() => {
      calls += 1;
      return calls === 1 ? { fault: 'drop' } : { text: ['ok'] };
    });
    expect(await textOf(model.generate(question))).toBe('ok');
    expect(generations()).toBe(2);
  });

  it('that is waited for is left at once by a caller who leaves', async () => {
    const { model, generations } = await start(() => ({ fault: 503, headers: { 'retry-after': '10' } }));
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    const running = (async () => {
      for await (const event of model.generate(question, { signal: controller.signal })) events.push(event);
    })();
    await expect.poll(generations).toBe(1);
    controller.abort();
    await running;
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'aborted' });
  });

  it('that breaks off after it said something is not asked again', async () => {
    const { model, generations } = await start(() => ({ text: ['a', 'b', 'c', 'd'], fault: 'cut' }));
    const seen: string[] = [];
    expect(await failure(textOf(model.generate(question), seen))).toMatchObject({ code: 'MODEL_REFUSED' });
    expect(seen.length).toBeGreaterThan(0);
    expect(generations()).toBe(1);
  });

  it('that goes away is left alone after a while, which its health says, and found again', async () => {
    const retry = { tries: 0, failures: 3, coolDownMs: 50 };
    const { server, model, runtime } = await start(() => ({ text: ['ok'] }), retry);
    expect(await runtime.health()).toMatchObject({ state: 'ready', models: [] });
    const { port } = new URL(server.url);
    await server[Symbol.asyncDispose]();
    for (let call = 0; call < 3; call += 1)
      expect(await failure(textOf(model.generate(question)))).toMatchObject({ code: 'MODEL_UNREACHABLE' });
    expect(await runtime.health()).toMatchObject({
      state: 'degraded',
      detail: expect.stringMatching(/failed 3 times in a row/) as string,
    });
    expect((await failure(textOf(model.generate(question)))).message).toMatch(/3 times in a row/);

    const again = http.createServer((_request, response) => {
      response.setHeader('content-type', 'text/event-stream');
      response.end(
        refOf('').startsWith('ollama')
          ? '{"message":{"content":"back"},"done":true}\n'
          : 'data: {"choices":[{"delta":{"content":"back"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
      );
    });
    await new Promise<void>((resolve) => again.listen(Number(port), '127.0.0.1', resolve));
    opened.push({ [Symbol.asyncDispose]: () => new Promise((resolve) => again.close(() => resolve())) });
    await expect.poll(() => textOf(model.generate(question)).catch(() => '')).toBe('back');
    expect((await runtime.health()).state).toBe('ready');
  });

  it('gives back no memory of its own, and needs none', async () => {
    const { runtime } = await start(() => ({ text: ['ok'] }));
    expect(await runtime.shrink('contexts')).toBe(0);
    expect(await runtime.estimate(refOf('http://models.example'))).toMatchObject({ total: 0, repack: 0, gpu: 0 });
  });
});

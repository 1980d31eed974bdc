import { configSchema, NootropicError, type Message, type ModelInfo } from '@nootropic/contracts';
import { createMemorySessionLog, createRecordingTelemetry, onePixelImages } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { fakeRuntime, memoryStore, saying, storedModel, subjectsOn, type SubjectOptions } from './assistant.fixture.ts';
import { createGateway } from './gateway-calls.ts';
import type { GatewayAnswer, GatewayCaller } from './gateway.ts';

const createSubject = subjectsOn({ sessions: createMemorySessionLog, telemetry: createRecordingTelemetry });

const offer = (ref: string, more: Partial<ModelInfo> = {}): ModelInfo => ({
  ...{ ref, name: ref, can: ['generate', 'tools'], contextLength: 4096, dimensions: 0, local: true },
  ...more,
});

function gatewayOf(options: SubjectOptions = {}) {
  const requests: unknown[] = [];
  const calls: unknown[] = [];
  const runtimes = options.runtimes ?? [fakeRuntime({ ...options, requests, calls })];
  const stored = options.stored ?? [
    storedModel(),
    storedModel({ name: 'coder-7b' }),
    storedModel({ name: 'coder-3b' }),
  ];
  const chat = options.chat ?? 'file:/models/mine.gguf';
  const { models, residency, usage } = createSubject({ ...options, runtimes, stored, chat });
  const config = configSchema.parse({ models: { ...options.config?.models, chat } }).models;
  const gateway = createGateway({ models, residency, runtimes, store: memoryStore(stored), config });
  return { gateway, requests, calls, usage };
}

const me: GatewayCaller = { client: 'zed' };
const messages: Message[] = [{ role: 'user', content: 'hello' }];

async function textOf({ events }: GatewayAnswer): Promise<string> {
  let text = '';
  for await (const event of events) if (event.type === 'text') text += event.text;
  return text;
}

const failure = async (work: Promise<unknown>): Promise<NootropicError> =>
  work.then(
    () => new NootropicError('INTERNAL', 'It did not fail.'),
    (cause: unknown) => NootropicError.from(cause),
  );

describe('a picture', () => {
  const [png, gif] = onePixelImages;
  const shown: Message[] = [{ role: 'user', content: 'What is this?', images: [png] }];

  it('goes on to a model that sees, and is refused for another before anything is sent', async () => {
    const seeing = gatewayOf({ info: { can: ['generate', 'see'] } });
    await textOf(await seeing.gateway.chat({ messages: shown }, me));
    expect(seeing.requests).toMatchObject([{ messages: shown }]);
    const blind = gatewayOf();
    for (const work of [
      blind.gateway.chat({ messages: shown }, me),
      blind.gateway.countTokens({ messages: shown }, me),
    ])
      expect((await failure(work)).code).toBe('MODEL_UNSUPPORTED');
    expect(blind.requests).toEqual([]);
  });

  it('tells conversations apart', async () => {
    const { gateway, requests } = gatewayOf({ info: { can: ['generate', 'see'] } });
    const env = 'Today is 2026-01-01.';
    const about = (image: typeof png | typeof gif): Message[] => [
      { role: 'system', content: `Be good. ${env}` },
      { role: 'user', content: 'What is this?', images: [image] },
    ];
    await textOf(await gateway.chat({ messages: about(png) }, me));
    await textOf(await gateway.chat({ messages: about(gif) }, me));
    const sent = requests as { messages: Message[] }[];
    expect(
      sent.map(({ messages: all }) => all.flatMap((each) => (each.role === 'user' ? (each.images ?? []) : []))),
    ).toEqual([[png], [gif]]);
  });

  it('of a kind that its bytes are not is refused', async () => {
    const { gateway } = gatewayOf({ info: { can: ['generate', 'see'] } });
    const wrong: Message[] = [{ role: 'user', content: 'x', images: [{ ...png, mediaType: 'image/webp' }] }];
    expect((await failure(gateway.chat({ messages: wrong }, me))).code).toBe('INPUT_INVALID');
  });
});

describe('the name of a model', () => {
  const remote = fakeRuntime({ scheme: 'ollama', offers: [offer('ollama:qwen3:8b'), offer('ollama:mine')] });
  const runtimes = [fakeRuntime(), remote];

  it('is unique, short where it can be, and says what is loaded', async () => {
    const { gateway } = gatewayOf({ runtimes });
    await gateway.open('mine', 'chat', me);
    const names = (await gateway.models()).map(({ name, loaded }) => [name, loaded]);
    expect(names).toEqual([
      ['mine', true],
      ['coder-7b', false],
      ['coder-3b', false],
      ['qwen3:8b', false],
      ['ollama:mine', false],
    ]);
  });

  it.each([
    ['ollama:qwen3:8b', 'chat'],
    ['ollama:mine', 'completion'],
  ])('is for conversations where it is configured for them, whatever else it is for', async (completion, role) => {
    const { gateway } = gatewayOf({ runtimes, chat: 'ollama:qwen3:8b', config: { models: { completion } } });
    const roleOf = async (ref: string) => (await gateway.models()).find(({ info }) => info.ref === ref)?.role;
    expect(await roleOf(completion)).toBe(role);
  });

  it.each([
    [undefined, 'file:/models/mine.gguf'],
    ['default', 'file:/models/mine.gguf'],
    ['mine:latest', 'file:/models/mine.gguf'],
    ['Coder-7B', 'file:/models/coder-7b.gguf'],
    ['coder-3', 'file:/models/coder-3b.gguf'],
    ['qwen3:8b', 'ollama:qwen3:8b'],
    ['file:/elsewhere/x.gguf', 'file:/elsewhere/x.gguf'],
    ['needs:tools,local', 'file:/models/coder-3b.gguf'],
  ])('%s is found', async (name, ref) => {
    const { gateway } = gatewayOf({ runtimes });
    expect((await gateway.find(name)).info.ref).toBe(ref);
  });

  it('that is none is told with the nearest ones', async () => {
    const { gateway } = gatewayOf({ runtimes });
    const error = await failure(gateway.chat({ model: 'coder7b', messages }, me));
    expect(error).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect(error.message).toMatch(/"coder7b".*nearest names are: coder-7b, coder-3b/u);
    expect((await failure(gateway.find('coder'))).message).toContain('coder-7b, coder-3b');
  });

  it('cannot lead to another machine that nobody configured, nor past the list where that is asked for', async () => {
    const ours = 'openai:ours@http://far.test/v1';
    const { gateway } = gatewayOf({
      runtimes: [fakeRuntime(), fakeRuntime({ scheme: 'openai' })],
      config: { models: { fallback: [ours] } },
    });
    expect(await failure(gateway.find('openai:x@http://evil.test/v1'))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
    expect((await gateway.find(ours)).info.local).toBe(false);
    expect((await gateway.find('openai:x@http://127.0.0.1:9/v1')).info.local).toBe(true);
    const careful = { ...me, listedOnly: true };
    expect(await failure(gateway.chat({ model: 'file:/etc/x.gguf', messages }, careful))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    expect((await gateway.chat({ model: 'mine', messages }, careful)).model.name).toBe('mine');
  });

  it('that is left out means the model of the role, and says how to get one where there is none', async () => {
    const stored = [storedModel(), storedModel({ name: 'ranker', role: 'reranking' })];
    const { gateway } = gatewayOf({ stored });
    expect((await gateway.find(undefined, 'reranking')).name).toBe('ranker');
    expect((await gateway.find(undefined, 'completion')).info.ref).toBe('file:/models/mine.gguf');
    const none = gatewayOf({ stored: [], chat: 'none' });
    expect(await failure(none.gateway.chat({ messages }, me))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      hint: expect.stringContaining('models import') as string,
    });
  });
});

describe('a request', () => {
  it('is answered, counted for its client, and put into the queue by its kind', async () => {
    const { gateway, calls, usage } = gatewayOf({ play: saying('good ', 'day') });
    const tools = [{ name: 'ls', description: '', parameters: {} }];
    const answer = await gateway.chat({ messages }, me);
    expect(await textOf(answer)).toBe('good day');
    expect(answer).toMatchObject({ contextLength: 4096, arranged: [], model: { name: 'mine', loaded: true } });
    expect(answer.promptTokens).toBeGreaterThan(0);
    await textOf(await gateway.chat({ messages, tools }, { ...me, session: 'one' }));
    await textOf(await gateway.chat({ messages }, { ...me, workClass: 'batch' }));
    expect(calls).toEqual([
      { client: 'zed', session: undefined, workClass: 'chat' },
      { client: 'zed', session: 'zed/one', workClass: 'agent' },
      { client: 'zed', session: undefined, workClass: 'batch' },
    ]);
    expect(await usage.sum()).toMatchObject([{ client: 'zed' }, { client: 'zed' }, { client: 'zed' }]);
  });

  it('that does not fit is refused with both numbers, before it waits for anything', async () => {
    const { gateway, requests } = gatewayOf();
    const long: Message[] = [{ role: 'user', content: 'x'.repeat(40_000) }];
    const error = await failure(gateway.chat({ messages: long }, me));
    expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
    expect(error.message).toMatch(/has 10\d\d\d tokens, more than the 4096 that fit/u);
    expect(requests).toEqual([]);
  });

  it('is not refused because of an estimate, only where it surely does not fit', async () => {
    const openai = fakeRuntime({ scheme: 'openai', info: { local: true } });
    const { gateway } = gatewayOf({ runtimes: [fakeRuntime(), openai] });
    const ask = (length: number) => {
      const long: Message[] = [{ role: 'user', content: 'x'.repeat(length) }];
      return gateway.chat({ model: 'openai:x@http://127.0.0.1:9/v1', messages: long }, me);
    };
    expect(await textOf(await ask(20_000))).toBe('hello');
    expect((await failure(ask(30_000))).message).toContain('at least 5000 tokens');
  });

  it('is arranged, unless it is to stay as it is', async () => {
    const { gateway, requests } = gatewayOf();
    const asked: Message[] = [{ role: 'system', content: 'Be good.\nCurrent date: 2026-01-01' }, ...messages];
    const answer = await gateway.chat({ messages: asked }, me);
    await textOf(answer);
    await textOf(await gateway.chat({ messages: asked, arrange: false }, me));
    expect(answer.arranged).toEqual(['volatile-moved']);
    expect(requests).toMatchObject([{ messages: [{ content: 'Be good.\n' }, {}] }, { messages: asked }]);
    expect(await gateway.countTokens({ messages: asked }, me)).toBe(answer.promptTokens);
  });

  it('goes to the next model where the one that is configured cannot be used, but not where one was named', async () => {
    const broken = fakeRuntime({
      scheme: 'openai',
      onLoad: () => {
        throw new NootropicError('MODEL_UNREACHABLE', 'It is away.');
      },
    });
    const away = 'openai:x@http://127.0.0.1:9/v1';
    const { gateway } = gatewayOf({
      runtimes: [fakeRuntime(), broken],
      chat: away,
      config: { models: { fallback: ['file:/models/mine.gguf'] } },
    });
    expect((await gateway.chat({ messages }, me)).model.info.ref).toBe('file:/models/mine.gguf');
    expect(await failure(gateway.chat({ model: away, messages }, me))).toMatchObject({ code: 'MODEL_UNREACHABLE' });
  });

  it('about a folder that is never to leave this machine does not', async () => {
    const far = fakeRuntime({ scheme: 'openai', info: { local: false } });
    const ref = 'openai:x@http://far.test/v1';
    const config = { models: { neverRemote: ['/home/me/secret'], fallback: [ref] } };
    const { gateway } = gatewayOf({ runtimes: [fakeRuntime(), far], config });
    const ask = (content: string) => gateway.chat({ model: ref, messages: [{ role: 'user', content }] }, me);
    expect(await failure(ask('Read /home/me/secret/a.ts'))).toMatchObject({ code: 'REMOTE_FORBIDDEN' });
    expect(await failure(ask('<env>\nWorking directory: /home/me/secret/deep\n</env>'))).toMatchObject({
      code: 'REMOTE_FORBIDDEN',
    });
    expect((await ask('Working directory: /home/me/open')).model.info.local).toBe(false);
  });

  it('embeds, and ranks, with their own models', async () => {
    const stored = [storedModel(), storedModel({ name: 'vectors', role: 'embedding' })];
    const { gateway } = gatewayOf({
      stored,
      info: { can: ['embed'], dimensions: 2 },
      config: { models: { embedding: 'file:/models/vectors.gguf' } },
    });
    const { vectors, tokens, model } = await gateway.embed({ texts: ['one', 'three'] }, me);
    expect(vectors).toEqual([Float32Array.of(1, 3), Float32Array.of(1, 5)]);
    expect({ tokens, role: model.role }).toEqual({ tokens: 3, role: 'embedding' });
    expect((await failure(gateway.embed({ texts: ['x'.repeat(40_000)] }, me))).message).toContain('more than the 4096');
    expect(await failure(gateway.rerank({ model: 'mine', query: 'a', documents: ['b'] }, me))).toMatchObject({
      code: 'MODEL_UNSUPPORTED',
    });
  });
});

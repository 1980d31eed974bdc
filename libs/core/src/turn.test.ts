import { answerAgent } from '@nootropic/agents';
import {
  configSchema,
  isKnownEvent,
  NootropicError,
  type ContextBlock,
  type KnownTurnEvent,
  type Knowledge,
  type Model,
  type ModelEvent,
  type ModelRuntime,
  type SessionLog,
  type StoredModel,
  type TurnEvent,
} from '@nootropic/contracts';
import { createAdmission, createMemoryLedger } from '@nootropic/scheduler';
import { createMemorySessionLog } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createAssistant } from './assistant.ts';
import { createModels } from './models.ts';

const block: ContextBlock = {
  citation: { path: 'src/a.ts', startLine: 1, endLine: 3, symbol: 'alpha' },
  text: 'function alpha() {\n  return beta();\n}',
  score: 1,
  kind: 'function',
  signature: 'function alpha()',
  doc: 'Does alpha.',
  callers: [],
};

function knowledge(overrides: Partial<Knowledge> = {}): Knowledge {
  return {
    async *refresh() {
      yield {
        phase: 'done',
        done: 1,
        total: 1,
        filesEmbedded: 1,
        filesRemoved: 0,
        chunksEmbedded: 1,
        skipped: [],
        tookMs: 1,
      };
    },
    gather: async () => ({ blocks: [block], tokens: 12 }),
    search: async () => [],
    symbol: async () => [],
    async read(path, range = { startLine: 1, endLine: 3 }) {
      if (path !== 'src/a.ts') throw new NootropicError('PATH_NOT_FOUND');
      return { text: 'text', startLine: range.startLine, endLine: Math.min(range.endLine, 3), totalLines: 3 };
    },
    list: async () => ['src/'],
    stats: async () => ({ files: 1, chunks: 1, symbols: 1, vectors: 1, bytes: 1, vectorStore: 'exact' }),
    [Symbol.asyncDispose]: async () => {},
    ...overrides,
  };
}

const stored: StoredModel = {
  name: 'mine',
  ref: 'file:/models/mine.gguf',
  path: '/models/mine.gguf',
  bytes: 1,
  sha256: '',
  architecture: 'llama',
  contextLength: 4096,
  role: 'chat',
  importedAt: 0,
};

type Play = (call: number, signal?: AbortSignal) => AsyncIterable<ModelEvent>;

const tokens = { read: 5, reused: 2, written: 3 };

/** Plays the same pieces, then ends. */
const saying = (...pieces: string[]): Play =>
  async function* () {
    for (const text of pieces) yield { type: 'text', text };
    yield { type: 'finish', reason: 'stop', tokens };
  };

function runtime(play: Play, requests: unknown[] = []): ModelRuntime {
  const unsupported = async () => {
    throw new NootropicError('MODEL_UNSUPPORTED');
  };
  let calls = 0;
  const model: Model = {
    info: { ref: 'file:x', name: 'x', can: ['generate', 'tools'], contextLength: 4096, dimensions: 0, local: true },
    generate(request, options) {
      requests.push(structuredClone(request));
      return play((calls += 1), options?.signal);
    },
    async *infill() {
      throw new NootropicError('MODEL_UNSUPPORTED');
    },
    embed: unsupported,
    rerank: unsupported,
    countTokens: async () => 1,
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    scheme: 'file',
    load: async (ref) => {
      if (ref.endsWith('missing')) throw new NootropicError('MODEL_NOT_FOUND');
      return model;
    },
    estimate: async () => ({ weights: 0, kvCache: 0, compute: 0, total: 0 }),
    list: async () => [],
    health: () => ({ state: 'ready', crashes: 0, detail: '' }),
    [Symbol.asyncDispose]: async () => {},
  };
}

function assistant(
  options: { play?: Play; requests?: unknown[]; sessions?: SessionLog; knowledge?: Knowledge; chat?: string } = {},
) {
  const sessions = options.sessions ?? createMemorySessionLog();
  const store = {
    list: async () => [],
    show: async (name: string) => (name === 'mine' ? stored : Promise.reject(new NootropicError('MODEL_NOT_FOUND'))),
    import: async () => Promise.reject(new NootropicError('PATH_NOT_FOUND')),
  };
  const gigabyte = 1e9;
  const machine = {
    read: async () => ({
      memoryTotal: 16 * gigabyte,
      memoryAvailable: 8 * gigabyte,
      cores: 4,
      coresFree: 4,
      power: 'mains' as const,
      devices: [],
    }),
  };
  const models = createModels({
    runtimes: [runtime(options.play ?? saying('hello'), options.requests)],
    store,
    admission: createAdmission({ clock: { now: () => 0 }, ledger: createMemoryLedger({ machine }) }),
    load: {},
    ways: async () => ['models import PATH'],
    ...(options.chat && { chat: options.chat }),
  });
  let time = 0;
  let id = 0;
  const telemetry = {
    log() {},
    count() {},
    time() {},
    gauge() {},
    metrics: async () => '',
    [Symbol.asyncDispose]: async () => {},
  };
  return {
    sessions,
    assistant: createAssistant({
      sessions,
      models,
      store,
      knowledge: async () => options.knowledge ?? knowledge(),
      telemetry,
      config: configSchema.parse({}),
      agent: answerAgent,
      now: () => (time += 1),
      newId: () => `id-${(id += 1)}`,
      doctor: async () => [],
    }),
  };
}

async function collect(events: AsyncIterable<TurnEvent>): Promise<KnownTurnEvent[]> {
  const all: KnownTurnEvent[] = [];
  for await (const event of events) if (isKnownEvent(event)) all.push(event);
  return all;
}

const find = <T extends KnownTurnEvent['type']>(events: readonly KnownTurnEvent[], type: T) =>
  events.find((event): event is Extract<KnownTurnEvent, { type: T }> => event.type === type);

describe('a turn', () => {
  it('goes its way in order, with numbers without a gap, and stores all that it shows', async () => {
    const { assistant: subject, sessions } = assistant({
      chat: 'file:x',
      play: saying('See ', 'src/a.ts:1-2', ' and src/gone.ts:4.'),
    });
    const events = await collect(await subject.send({ workspace: '/w', text: 'where?' }));
    expect(events.map(({ type }) => type)).toEqual([
      'turn-start',
      'context-ready',
      'model-chosen',
      'text-delta',
      'notice',
      'turn-end',
    ]);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(find(events, 'notice')).toMatchObject({
      code: 'citation-missing',
      message: expect.stringContaining('src/gone.ts:4') as string,
    });
    expect(find(events, 'turn-end')).toMatchObject({
      reason: 'done',
      text: 'See src/a.ts:1-2 and src/gone.ts:4.',
      citations: [{ path: 'src/a.ts', startLine: 1, endLine: 2 }],
      usage: { tokensRead: 5, tokensReused: 2, tokensWritten: 3 },
    });
    const [session] = await sessions.list();
    expect(await sessions.read(session?.id ?? '')).toEqual(events);
    expect(session).toMatchObject({ title: 'where?', workspace: '/w' });
  });

  it('writes each event before it is shown', async () => {
    const sessions = createMemorySessionLog();
    const { assistant: subject } = assistant({ sessions, chat: 'file:x' });
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' })) {
      expect(await sessions.read(event.sessionId, event.seq - 1)).toContainEqual(event);
    }
  });

  it('answers with the passages where there is no model', async () => {
    const events = await collect(await assistant().assistant.send({ workspace: '/w', text: 'where?' }));
    expect(find(events, 'model-chosen')).toMatchObject({ model: 'none' });
    expect(find(events, 'turn-end')).toMatchObject({
      reason: 'done',
      citations: [block.citation],
      usage: { tokensWritten: 0 },
    });
    expect(find(events, 'turn-end')?.text).toContain('models import PATH');
  });

  it('runs the tools that the model calls and tells it what they gave', async () => {
    const requests: { messages: { role: string; content: string }[] }[] = [];
    const play: Play = async function* (call) {
      if (call === 1) {
        yield { type: 'tool-call', call: { id: 'c1', name: 'read', arguments: { path: 'src/a.ts' } } };
        yield { type: 'tool-call', call: { id: 'c2', name: 'fly', arguments: {} } };
        yield { type: 'tool-call', call: { id: 'c3', name: 'read', arguments: { path: 7 } } };
      } else yield { type: 'text', text: 'done' };
      yield { type: 'finish', reason: call === 1 ? 'tool-call' : 'stop', tokens };
    };
    const events = await collect(
      await assistant({ chat: 'file:x', play, requests }).assistant.send({ workspace: '/w', text: 'where?' }),
    );
    const results = events.filter((event) => event.type === 'tool-result');
    expect(results.map(({ ok }) => ok)).toEqual([true, false, false]);
    expect(results[1]?.content).toContain('There is no tool fly');
    expect(results[2]?.content).toContain('Wrong arguments');
    expect(requests[1]?.messages.slice(-4).map(({ role }) => role)).toEqual(['assistant', 'tool', 'tool', 'tool']);
    expect(find(events, 'turn-end')?.usage).toMatchObject({ tokensRead: 10, tokensWritten: 6 });
  });

  it('ends although the model would call the same tool for ever', async () => {
    const play: Play = async function* (call) {
      yield { type: 'tool-call', call: { id: `c${call}`, name: 'list', arguments: { path: '.' } } };
      yield { type: 'finish', reason: 'tool-call', tokens };
    };
    const events = await collect(
      await assistant({ chat: 'file:x', play }).assistant.send({ workspace: '/w', text: 'where?' }),
    );
    expect(find(events, 'turn-end')?.reason).toBe('steps');
    expect(events.filter((event) => event.type === 'tool-result').at(-1)).toMatchObject({
      ok: false,
      content: expect.stringContaining('already') as string,
    });
  });

  it('ends in a turn-error, not a throw, and keeps what was said', async () => {
    const play: Play = async function* () {
      yield { type: 'text', text: 'half' };
      throw new NootropicError('MODEL_CRASHED');
    };
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play });
    const events = await collect(await subject.send({ workspace: '/w', text: 'where?' }));
    expect(events.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_CRASHED' } });
    expect(await sessions.read('id-1')).toEqual(events);
  });

  it('names a model that does not exist', async () => {
    const events = await collect(
      await assistant().assistant.send({ workspace: '/w', text: 'x', model: 'file:missing' }),
    );
    expect(events.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_NOT_FOUND' } });
    const odd = await collect(await assistant().assistant.send({ workspace: '/w', text: 'x', model: 'gpt' }));
    expect(odd.at(-1)).toMatchObject({ type: 'turn-error', error: { code: 'MODEL_REF_INVALID' } });
  });

  it('takes the name of an imported model for its reference', async () => {
    const events = await collect(await assistant().assistant.send({ workspace: '/w', text: 'x', model: 'mine' }));
    expect(find(events, 'model-chosen')).toMatchObject({ model: 'file:/models/mine.gguf' });
  });

  const endless: Play = async function* () {
    yield { type: 'text', text: 'half' };
    await new Promise(() => {});
  };

  it('ends as aborted when it is cancelled, though the model does not listen', async () => {
    const abort = new AbortController();
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: endless });
    const events: TurnEvent[] = [];
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' }, { signal: abort.signal })) {
      events.push(event);
      if (event.type === 'text-delta') abort.abort();
    }
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted', text: 'half' });
    expect(await sessions.read('id-1')).toEqual(events);
  });

  it('stores its end when the reader walks away', async () => {
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: endless });
    for await (const event of await subject.send({ workspace: '/w', text: 'where?' }))
      if (event.type === 'text-delta') break;
    expect((await sessions.read('id-1')).at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted', text: 'half' });
  });

  it('is aborted already when it is cancelled before it starts', async () => {
    const events = await collect(
      await assistant({ chat: 'file:x' }).assistant.send(
        { workspace: '/w', text: 'where?' },
        { signal: AbortSignal.abort() },
      ),
    );
    expect(events.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });
});

describe('a session', () => {
  it('goes on where it was, with a prompt that starts with all of the one before', async () => {
    const requests: { messages: unknown[] }[] = [];
    const { assistant: subject } = assistant({ chat: 'file:x', requests });
    const first = await collect(await subject.send({ workspace: '/w', text: 'one' }));
    const second = await collect(await subject.send({ workspace: '/w', text: 'two', sessionId: 'id-1' }));
    expect(second[0]?.seq).toBe((first.at(-1)?.seq ?? 0) + 1);
    const [before, after] = requests;
    expect(after?.messages.slice(0, before?.messages.length)).toEqual(before?.messages);
    expect(after?.messages).toHaveLength((before?.messages.length ?? 0) + 2);
  });

  it('takes several turns at once: none is lost, each ends, and the numbers have no gap', async () => {
    const { assistant: subject, sessions } = assistant({ chat: 'file:x', play: saying('a', 'b', 'c') });
    await collect(await subject.send({ workspace: '/w', text: 'one' }));
    const turns = ['two', 'three', 'four', 'five'].map(async (text) =>
      collect(await subject.send({ workspace: '/w', text, sessionId: 'id-1' })),
    );
    for (const turn of await Promise.all(turns)) expect(turn.at(-1)?.type).toBe('turn-end');
    const kept = await sessions.read('id-1');
    expect(kept.map(({ seq }) => seq)).toEqual(kept.map((_, index) => index + 1));
    expect(kept.filter(({ type }) => type === 'turn-end')).toHaveLength(5);
  });

  it('that does not exist is said before anything is written', async () => {
    const { assistant: subject, sessions } = assistant();
    await expect(
      collect(await subject.send({ workspace: '/w', text: 'x', sessionId: 'nowhere' })),
    ).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await sessions.list()).toEqual([]);
  });
});

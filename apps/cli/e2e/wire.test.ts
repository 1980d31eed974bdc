import { connect } from '@nootropic/client';
import { NootropicError, type Assistant, type TurnEvent, type UsageRow } from '@nootropic/contracts';
import { serve, type Served } from '@nootropic/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeChanges } from '../src/fake-changes.test-fixture.ts';
import { fakeClients } from '../src/fake-clients.test-fixture.ts';
import { fakeContexts } from '../src/fake-contexts.test-fixture.ts';
import { fakeHostParts } from '../src/fake-host-parts.test-fixture.ts';
import { fakeSessions } from '../src/fake-sessions.test-fixture.ts';
import { fakeJobs } from '../src/fake-jobs.test-fixture.ts';
import {
  fakeKeys,
  fakeModels,
  memoryPlan,
  modelsStatus,
  storedModel,
  usageRows,
} from '../src/fake-models.test-fixture.ts';

const token = 'a'.repeat(43);
let served: Served;
let stopped: string[];
/** Ends the turn that waits. */
let stopTurn: () => void;

/** Answers as `core` would, with what it was asked. */
function echo(): Assistant {
  const refuse = async () => {
    throw new NootropicError('SESSION_NOT_FOUND', 'There is no session 42.', { hint: 'Look elsewhere.' });
  };
  return {
    send: async (input, options) =>
      (async function* () {
        let seq = 0;
        const event = (body: object) =>
          ({ seq: (seq += 1), sessionId: 's', turnId: 't', time: 1, ...body }) as TurnEvent;
        try {
          yield event({ type: 'turn-start', text: input.text, agent: 'answer', workspace: input.workspace });
          yield event({ type: 'mood-change', mood: { level: 3 } });
          if (input.text === 'fail') throw new NootropicError('STORE_BUSY', 'Held.', { hint: 'Wait.' });
          if (input.text !== 'wait') return;
          await new Promise<void>((resolve) => {
            stopTurn = resolve;
            options?.signal?.addEventListener('abort', () => resolve());
          });
        } finally {
          stopped.push(input.text);
        }
      })(),
    search: async ({ query, limit = 0, mode = '', kinds = [] }) => ({
      hits: [{ path: query, startLine: 1, endLine: limit, symbol: `${mode} ${kinds.join()}`, score: 1, snippet: '' }],
      notices: ['one'],
    }),
    graph: async ({ symbol, ask, depth = 0 }) => ({
      symbols: [],
      nodes: [],
      truncated: false,
      unclear: `${ask} ${symbol} ${String(depth)}`,
    }),
    map: async ({ tokens = 0, focus = [] }) => ({ text: focus.join(), tokens, files: [], filesLeftOut: 0 }),
    symbol: async () => [],
    index: {
      refresh: async () => (async function* () {})(),
      stats: async () => ({ files: 1, chunks: 2, symbols: 3, vectors: 4, bytes: 5, vectorStore: 'exact' }),
      status: async ({ skippedFiles = false }) => ({
        ...{ files: 1, chunks: 2, symbols: 3, vectors: 4, bytes: 5, vectorStore: 'exact', embedder: 'builtin:test' },
        ...{ chunksWithoutVector: 0, skipped: [], skippedFiles: skippedFiles ? [{ path: 'a', reason: 'binary' }] : [] },
        ...{ watch: 'off' as const, waitsFor: '' },
      }),
      pause: refuse,
    },
    sessions: { ...fakeSessions(), list: async () => [], show: refuse, rewind: refuse, remove: refuse },
    ...fakeChanges(),
    ...fakeContexts(),
    models: { ...fakeModels(), usage: async ({ days = 0 }) => [{ ...usageRows[0], calls: days } as UsageRow] },
    keys: fakeKeys(),
    clients: fakeClients(),
    ...fakeJobs(),
    ...fakeHostParts(),
    git: {
      ...fakeHostParts().git,
      diff: async ({ of, characters = 0 }) => ({ text: `${of} ${String(characters)}`, files: [] }),
    },
    turns: {
      ...fakeHostParts().turns,
      stop: async () => {
        stopTurn();
        return { stopped: true };
      },
    },
    doctor: async () => [],
    metrics: async () => ({ text: 'nootropic_turns_total 1' }),
  };
}

beforeEach(async () => {
  stopped = [];
  served = await serve({ assistant: echo(), token });
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
});

describe('serve and connect', () => {
  it('give the same interface over the wire', async () => {
    const assistant = connect({ url: served.url, token });
    const events: TurnEvent[] = [];
    for await (const event of await assistant.send({ workspace: '/w', text: 'hi ä' })) events.push(event);
    expect(events).toMatchObject([
      { type: 'turn-start', text: 'hi ä' },
      { type: 'mood-change', mood: { level: 3 } },
    ]);
    expect(await assistant.search({ workspace: '/w', query: 'q', limit: 7, kinds: ['class'] })).toMatchObject({
      hits: [{ path: 'q', endLine: 7, symbol: 'plain class' }],
      notices: ['one'],
    });
    expect(await assistant.index.stats({ workspace: '/w' })).toMatchObject({ vectors: 4 });
    expect(await assistant.metrics()).toEqual({ text: 'nootropic_turns_total 1' });
  });

  it('tell the words after /models/ from the names of models', async () => {
    const { models, keys } = connect({ url: served.url, token });
    expect(await models.ps()).toEqual(modelsStatus);
    expect(await models.show({ name: 'tiny' })).toEqual(storedModel);
    expect(await models.plan({ ref: 'hf:a/b/c.gguf', contextLength: 512 })).toMatchObject({ plan: memoryPlan });
    expect((await models.search({ query: 'a b', limit: 3 })).listings).toHaveLength(2);
    expect(await models.usage({ days: 7 })).toMatchObject([{ calls: 7 }]);
    const pulled = [];
    for await (const event of await models.pull({ ref: 'hf:a/b/c.gguf' })) pulled.push(event.type);
    expect(pulled).toEqual(['resolved', 'progress', 'pulled']);
    expect(await keys.set({ provider: 'openai', key: 'k' })).toMatchObject({ place: 'file' });
  });

  it('carry an error with its code and hint', async () => {
    await expect(connect({ url: served.url, token }).sessions.show({ id: '42' })).rejects.toMatchObject({
      code: 'SESSION_NOT_FOUND',
      message: 'There is no session 42.',
      hint: 'Look elsewhere.',
    });
  });

  it('stop a turn on the host when the client stops it', async () => {
    const abort = new AbortController();
    const events = await connect({ url: served.url, token }).send(
      { workspace: '/w', text: 'wait' },
      { signal: abort.signal },
    );
    await events.next();
    abort.abort();
    await expect.poll(() => stopped).toContain('wait');
  });

  it('give an error inside a stream its own form', async () => {
    const events = await connect({ url: served.url, token }).send({ workspace: '/w', text: 'fail' });
    const all = async () => {
      for await (const event of events) void event;
    };
    const error: unknown = await all().catch((cause: unknown) => cause);
    expect(NootropicError.is(error)).toBe(true);
    expect(error).toMatchObject({ code: 'STORE_BUSY', message: 'Held.', hint: 'Wait.' });
  });

  it('say that an input is wrong', async () => {
    const { models } = connect({ url: served.url, token });
    await expect(models.plan({ ref: 'a', contextLength: 3 })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('say so when no host answers', async () => {
    await served[Symbol.asyncDispose]();
    await expect(connect({ url: served.url, token }).sessions.list()).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Model, ModelEvent, WorkClass } from '@nootropic/contracts';
import { createAdmission, type AdmissionLimits, type AdmissionOptions, type AdmissionRequest } from './admission.ts';
import { scheduleModel } from './schedule-model.ts';

function fixture(limits: AdmissionLimits = {}, more: Partial<AdmissionOptions> = {}) {
  let time = 0;
  const waits: [WorkClass, number][] = [];
  const refused: WorkClass[] = [];
  const admission = createAdmission({
    clock: { now: () => time },
    limits,
    onWait: (workClass, ms) => waits.push([workClass, ms]),
    onRefused: (workClass) => refused.push(workClass),
    ...more,
  });
  return { admission, waits, refused, pass: (ms: number) => (time += ms) };
}

const work = (workClass: WorkClass, client = 'a') => ({ workClass, client });

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('admission', () => {
  it('lets the more urgent in first, and keeps places free from background work', async () => {
    const { admission } = fixture({ running: 2, background: 1, urgent: 0 }, { usableMs: { completion: Infinity } });
    const order: string[] = [];
    const enter = async (workClass: WorkClass) => {
      const ticket = await admission.enter(work(workClass));
      order.push(workClass);
      return ticket;
    };
    const first = await enter('batch');
    void enter('embed');
    await settle();
    expect(order).toEqual(['batch']);
    const second = await enter('chat');
    void enter('agent');
    void enter('completion');
    second.release();
    await settle();
    expect(order).toEqual(['batch', 'chat', 'completion']);
    first.release();
    await settle();
    expect(order).toEqual(['batch', 'chat', 'completion', 'agent']);
  });

  it('refuses when too much waits, with an estimate, and takes work again later', async () => {
    const { admission, pass, waits, refused } = fixture({ running: 1, waiting: 2 });
    const running = await admission.enter(work('chat'));
    const waiting = [admission.enter(work('chat')), admission.enter(work('chat'))];
    await expect(admission.enter(work('chat'))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/2 requests wait.*about 30 s/) as string,
    });
    pass(1_000);
    running.release();
    (await waiting[0])?.release();
    (await waiting[1])?.release();
    await expect(admission.enter(work('chat'))).resolves.toBeDefined();
    expect(refused).toEqual(['chat']);
    expect(waits).toEqual([
      ['chat', 0],
      ['chat', 1_000],
      ['chat', 1_000],
      ['chat', 0],
    ]);
  });

  it('refuses one client that fills the queue, not the others', async () => {
    const { admission } = fixture({ running: 1, waitingPerClient: 1 });
    await admission.enter(work('chat'));
    void admission.enter(work('chat'));
    await expect(admission.enter(work('chat'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    const other = admission.enter(work('chat', 'b'));
    await settle();
    expect(admission.view().waiting.map((each) => each.client)).toEqual(['a', 'b']);
    void other;
  });

  it('forgets what is cancelled while it waits', async () => {
    const { admission } = fixture({ running: 1 });
    const running = await admission.enter(work('chat'));
    const abort = new AbortController();
    const waiting = admission.enter(work('agent'), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    running.release();
    running.release();
    expect(admission.view()).toMatchObject({ running: 0, waiting: [] });
  });

  it('counts each device by itself', async () => {
    const { admission } = fixture({ running: 1, waiting: 1 });
    await admission.enter(work('chat'));
    void admission.enter(work('chat'));
    await admission.enter({ ...work('chat'), device: 'gpu' });
    void admission.enter({ ...work('chat'), device: 'gpu' });
    await expect(admission.enter({ ...work('chat'), device: 'gpu' })).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    expect(admission.view().waiting.map(({ device }) => device)).toEqual(['local', 'gpu']);
  });

  it('keeps places beyond the limit for completions', async () => {
    const { admission } = fixture({ running: 1, urgent: 1, waiting: 0 });
    await admission.enter(work('agent'));
    await admission.enter(work('completion'));
    await expect(admission.enter(work('completion'))).rejects.toMatchObject({ code: 'QUEUE_FULL' });
  });
});

describe('what is predicted', () => {
  const asked = (more: Partial<AdmissionRequest>): AdmissionRequest => ({
    workClass: 'completion',
    client: 'editor',
    promptTokens: 1_000,
    answerTokens: 20,
    speeds: { prompt: 200, write: 40 },
    ...more,
  });

  it('is the wait and the reading of what the model does not hold, as learned from past calls', async () => {
    const { admission, pass } = fixture();
    expect(admission.predict(asked({}))).toBe(0);
    for (let call = 0; call < 40; call += 1) {
      const ticket = await admission.enter(asked({}));
      pass(1_000);
      ticket.release({ read: 100, reused: 900, written: 20 });
    }
    expect(admission.predict(asked({}))).toBeGreaterThan(490);
    expect(admission.predict(asked({}))).toBeLessThanOrEqual(500);
    await admission.enter(asked({ client: 'other editor' }));
    expect(admission.predict(asked({}))).toBeGreaterThan(1_400);
    expect(admission.predict(asked({ readyMs: 30_000 }))).toBeGreaterThan(30_000);
  });

  it('does not count work that is less urgent, but for one unit', async () => {
    const { admission } = fixture({}, { blockingMs: 150 });
    for (let call = 0; call < 4; call += 1) await admission.enter(work('chat'));
    expect(admission.predict(asked({}))).toBe(150);
    expect(admission.predict(asked({ workClass: 'agent' }))).toBe(40_000);
  });

  it('is shorter where a device computes several calls at once', async () => {
    const { admission } = fixture({}, { lanes: (device) => (device === 'gpu' ? 4 : 1) });
    for (let call = 0; call < 4; call += 1) await admission.enter({ ...work('chat'), device: 'gpu' });
    expect(admission.predict({ ...work('chat'), device: 'gpu' })).toBe(10_000);
  });

  it('refuses a completion at once that would come too late, with the numbers', async () => {
    const { admission, refused } = fixture();
    const late = admission.enter(asked({ readyMs: 9_000 }));
    await expect(late).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/in about 9 s.*9 s to load its model.*after 2 s/) as string,
    });
    expect(refused).toEqual(['completion']);
    await expect(admission.enter(asked({ workClass: 'chat', readyMs: 9_000 }))).resolves.toBeDefined();
    expect(admission.view().waiting).toEqual([]);
  });

  it('tries again what it refused for its own prompt, so that a wrong guess does not hold for ever', async () => {
    const { admission, refused } = fixture();
    for (let call = 0; call < 40; call += 1)
      await admission.enter(asked({})).then(
        (ticket) => ticket.release({ read: 1_000, reused: 0, written: 20 }),
        () => undefined,
      );
    expect(refused.length).toBeGreaterThan(10);
    expect(refused.length).toBeLessThan(36);
  });
});

describe('latest only', () => {
  const key = (client: string): AdmissionRequest => ({ workClass: 'completion', client, latestOnly: true });

  it('ends what the same client asked for before, waiting or running, and nothing of others', async () => {
    const { admission } = fixture({ running: 2, urgent: 0 });
    const first = await admission.enter(key('a'));
    const other = await admission.enter(key('b'));
    const second = admission.enter(key('a'));
    expect(first.signal.aborted).toBe(true);
    const third = admission.enter(key('a'));
    await expect(second).rejects.toMatchObject({ code: 'ABORTED' });
    first.release();
    expect((await third).signal.aborted).toBe(false);
    expect(other.signal.aborted).toBe(false);
  });
});

function fakeModel(disposed: string[] = []): Model {
  return {
    info: { ref: 'file:x', name: 'x', can: ['generate'], contextLength: 1, dimensions: 0, local: true },
    async *generate() {
      yield { type: 'text', text: 'a' };
      yield { type: 'finish', reason: 'stop', tokens: { read: 1, reused: 0, written: 1 } };
    },
    async *infill() {
      yield { type: 'finish', reason: 'stop', tokens: { read: 1, reused: 0, written: 1 } };
    },
    embed: async (texts) => texts.map(() => new Float32Array([1])),
    rerank: async () => {
      throw new Error('no');
    },
    countTokens: async (what) => (typeof what === 'string' ? what : JSON.stringify(what)).length,
    tokenize: async (text) => [...text].map((character) => character.codePointAt(0) ?? 0),
    detokenize: async (tokens) => String.fromCodePoint(...tokens),
    [Symbol.asyncDispose]: async () => void disposed.push('model'),
  };
}

/** Says one word, and then nothing until it is cancelled. */
function endless(): Model {
  async function* forever(signal: AbortSignal | undefined): AsyncGenerator<ModelEvent> {
    yield { type: 'text', text: 'a' };
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
    yield { type: 'finish', reason: 'aborted', tokens: { read: 1, reused: 0, written: 1 } };
  }
  return {
    ...fakeModel(),
    infill: (_request, options = {}) => forever(options.signal),
    generate: (_request, options = {}) => forever(options.signal),
  };
}

async function collect(events: AsyncIterable<ModelEvent>): Promise<string[]> {
  const kinds: string[] = [];
  for await (const event of events) kinds.push(event.type === 'finish' ? event.reason : event.type);
  return kinds;
}

describe('a scheduled model', () => {
  it('passes every call through admission and gives its place back, also after a failure', async () => {
    const { admission } = fixture({ running: 1 });
    const model = scheduleModel(fakeModel(), admission);
    expect(await collect(model.generate({ messages: [] }))).toEqual(['text', 'stop']);
    expect(await model.embed(['a', 'b'])).toHaveLength(2);
    await expect(model.rerank('a', ['b'])).rejects.toThrow('no');
    expect(await collect(model.infill({ prefix: '', suffix: '' }))).toEqual(['stop']);
    for await (const event of model.generate({ messages: [] })) if (event.type === 'text') break;
    expect(admission.view().running).toBe(0);
  });

  it('counts tokens without waiting; a generation that waits can be cancelled', async () => {
    const { admission } = fixture({ running: 1 });
    const model = scheduleModel(fakeModel(), admission);
    await admission.enter(work('chat'));
    expect(await model.countTokens('abc')).toBe(3);
    expect(await model.detokenize(await model.tokenize('abc'))).toBe('abc');
    const abort = new AbortController();
    const waiting = collect(model.generate({ messages: [] }, { signal: abort.signal }));
    await settle();
    abort.abort();
    expect(await waiting).toEqual(['aborted']);
  });

  it('ends a completion as aborted when the same client asks anew', async () => {
    const { admission } = fixture();
    const model = scheduleModel(endless(), admission);
    const first = collect(model.infill({ prefix: 'a', suffix: '' }, { workClass: 'completion' }));
    const chat = model.generate({ messages: [] })[Symbol.asyncIterator]();
    await chat.next();
    await settle();
    const second = model.infill({ prefix: 'ab', suffix: '' }, { workClass: 'completion' })[Symbol.asyncIterator]();
    void second.next();
    expect(await first).toEqual(['text', 'aborted']);
    expect(admission.view().running).toBe(2);
  });

  it('refuses with QUEUE_FULL', async () => {
    const { admission } = fixture({ running: 1, waiting: 0 });
    await admission.enter(work('chat'));
    await expect(collect(scheduleModel(fakeModel(), admission).generate({ messages: [] }))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
    });
  });
});

import { describe, expect, it } from 'vitest';
import type { Machine, Model, ModelEvent, ModelRuntime, WorkClass } from '@nootropic/contracts';
import { createAdmission, type AdmissionLimits } from './admission.ts';
import { createMemoryLedger } from './memory-ledger.ts';
import { admitModel, scheduleModel } from './schedule-model.ts';

const gib = 1024 ** 3;
const machine: Machine = {
  read: async () => ({
    memoryTotal: 8 * gib,
    memoryAvailable: 8 * gib,
    cores: 2,
    coresFree: 2,
    power: 'mains',
    devices: [],
  }),
};

function fixture(limits: AdmissionLimits = {}) {
  let time = 0;
  const ledger = createMemoryLedger({ machine });
  const admission = createAdmission({ clock: { now: () => time }, ledger, limits });
  return { admission, ledger, pass: (ms: number) => (time += ms) };
}

const work = (workClass: WorkClass, client = 'a') => ({ workClass, client });

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('admission', () => {
  it('lets the more urgent in first, and keeps places free from background work', async () => {
    const { admission } = fixture({ running: 2, background: 1 });
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
    const { admission, pass } = fixture({ running: 1, waiting: 2 });
    const running = await admission.enter(work('chat'));
    const waiting = [admission.enter(work('chat')), admission.enter(work('chat'))];
    await expect(admission.enter(work('chat'))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/2 requests wait.*about 25 s/) as string,
    });
    pass(1_000);
    running.release();
    (await waiting[0])?.release();
    (await waiting[1])?.release();
    await expect(admission.enter(work('chat'))).resolves.toBeDefined();
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
    const waiting = admission.enter(work('completion'), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    running.release();
    running.release();
    expect(admission.view()).toMatchObject({ running: 0, waiting: [] });
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
    countTokens: async (text) => text.length,
    [Symbol.asyncDispose]: async () => void disposed.push('model'),
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
    const abort = new AbortController();
    const waiting = collect(model.generate({ messages: [] }, { signal: abort.signal }));
    await settle();
    abort.abort();
    expect(await waiting).toEqual(['aborted']);
  });

  it('refuses with QUEUE_FULL', async () => {
    const { admission } = fixture({ running: 1, waiting: 0 });
    await admission.enter(work('chat'));
    await expect(collect(scheduleModel(fakeModel(), admission).generate({ messages: [] }))).rejects.toMatchObject({
      code: 'QUEUE_FULL',
    });
  });
});

describe('admitting a model', () => {
  const runtime = (total: number, fails = false): ModelRuntime => ({
    scheme: 'file',
    load: async () => {
      if (fails) throw new Error('broken');
      return fakeModel();
    },
    estimate: async () => ({ weights: total, kvCache: 0, compute: 0, total }),
    list: async () => [],
    health: () => ({ state: 'idle', crashes: 0, detail: '' }),
    [Symbol.asyncDispose]: async () => undefined,
  });

  it('reserves memory before the load and gives it back after', async () => {
    const { admission, ledger } = fixture();
    const model = await admitModel({ runtime: runtime(gib), ref: 'file:x' }, admission);
    expect(ledger.reserved()).toBe(gib);
    await model[Symbol.asyncDispose]();
    expect(ledger.reserved()).toBe(0);
    await expect(admitModel({ runtime: runtime(gib, true), ref: 'file:x' }, admission)).rejects.toThrow('broken');
    expect(ledger.reserved()).toBe(0);
    await expect(admitModel({ runtime: runtime(9 * gib), ref: 'file:x' }, admission)).rejects.toMatchObject({
      code: 'MODEL_TOO_LARGE',
    });
  });
});

import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { workClasses, type ComputeLease, type ComputeUnit, type WorkClass } from '@nootropic/contracts';
import { createStepLoop, type StepLoop } from './step-loop.ts';

function fixture(options: Partial<Parameters<typeof createStepLoop>[0]> = {}) {
  let time = 0;
  const loop = createStepLoop({ clock: { now: () => time }, ...options });
  return { loop, now: () => time, pass: (ms: number) => (time += ms) };
}

function unit(workClass: WorkClass, jobId: string, more: Partial<ComputeUnit> = {}): ComputeUnit {
  return { jobId, workClass, client: 'local', kind: 'prefill', tokens: 1000, ...more };
}

/** Lets promises that can settle, settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

/** Asks for units and notes the order in which they are granted. */
function recorder(loop: StepLoop) {
  const granted: { jobId: string; lease: ComputeLease }[] = [];
  const ask = (wanted: ComputeUnit, signal?: AbortSignal) => {
    const lease = loop.acquire(wanted, signal);
    lease.then((given) => granted.push({ jobId: wanted.jobId, lease: given })).catch(() => undefined);
    return lease;
  };
  return { granted, ask, order: () => granted.map((each) => each.jobId) };
}

describe('the order of units', () => {
  it('is that of the classes, whatever came first', async () => {
    const { loop } = fixture();
    const { ask, granted, order } = recorder(loop);
    void ask(unit('batch', 'running'));
    for (const workClass of [...workClasses].reverse()) void ask(unit(workClass, workClass));
    await settle();
    for (let turn = 0; turn < 6; turn += 1) {
      granted.at(-1)?.lease.release();
      await settle();
    }
    expect(order()).toEqual(['running', 'completion', 'chat', 'agent', 'embed', 'batch']);
  });

  it('inside a class is that of the deadlines: the job that came first goes on', async () => {
    const { loop, pass } = fixture();
    const { ask, granted, order } = recorder(loop);
    void ask(unit('chat', 'a'));
    await settle();
    pass(50);
    void ask(unit('chat', 'b'));
    pass(50);
    void ask(unit('chat', 'a'));
    granted[0]?.lease.release();
    await settle();
    expect(order()).toEqual(['a', 'a']);
  });

  it('lets nothing starve: batch work gets its turn in an endless stream of completions', async () => {
    const { loop, pass, now } = fixture();
    const { ask, granted, order } = recorder(loop);
    void ask(unit('completion', 'c0'));
    await settle();
    void ask(unit('batch', 'batch'));
    let turn = 0;
    while (!order().includes('batch') && turn < 100) {
      turn += 1;
      void ask(unit('completion', `c${turn}`));
      pass(150);
      granted.at(-1)?.lease.release();
      await settle();
    }
    expect(now()).toBeLessThanOrEqual(4_000 + 300);
    expect(order()).toContain('batch');
  });

  it('shares the time of a class among clients by weight', async () => {
    const { loop, pass } = fixture({ weights: { b: 3 }, ageingMs: 1e9 });
    const { ask, granted } = recorder(loop);
    const spent: Record<string, number> = { a: 0, b: 0 };
    const again = (client: string): void => void ask(unit('agent', client, { client, kind: 'embed', tokens: 1 }));
    again('a');
    again('b');
    await settle();
    for (let turn = 0; turn < 400; turn += 1) {
      const last = granted.at(-1);
      if (last === undefined) break;
      pass(100);
      spent[last.jobId] = (spent[last.jobId] ?? 0) + 100;
      again(last.jobId);
      last.lease.release();
      await settle();
    }
    expect((spent['b'] ?? 0) / (spent['a'] ?? 1)).toBeGreaterThan(2.4);
    expect((spent['b'] ?? 0) / (spent['a'] ?? 1)).toBeLessThan(3.6);
  });
});

describe('the size of a unit', () => {
  async function sizeAfter(tokensPerSecond: number, urgent: boolean): Promise<number> {
    const { loop, pass } = fixture();
    for (let turn = 0; turn < 10; turn += 1) {
      const lease = await loop.acquire(unit('chat', 'warm', { tokens: 100_000 }));
      pass((lease.tokens / tokensPerSecond) * 1_000);
      lease.release();
    }
    if (urgent) (await loop.acquire(unit('completion', 'key', { tokens: 1, kind: 'embed' }))).release();
    return (await loop.acquire(unit('batch', 'long', { tokens: 100_000 }))).tokens;
  }

  it('follows the measured speed, so that a unit lasts at most the bound', async () => {
    expect(await sizeAfter(500, true)).toBeGreaterThanOrEqual(90);
    expect(await sizeAfter(500, true)).toBeLessThanOrEqual(100);
    expect(await sizeAfter(20, true)).toBe(16);
  });

  it('is larger while nothing urgent is about', async () => {
    expect(await sizeAfter(500, false)).toBeGreaterThanOrEqual(450);
    expect(await sizeAfter(1e6, false)).toBe(512);
  });

  it('counts only what was evaluated', async () => {
    const { loop, pass } = fixture();
    const lease = await loop.acquire(unit('chat', 'a', { tokens: 64 }));
    pass(100);
    lease.release(10);
    expect(loop.view().prefillTokensPerSecond).toBeCloseTo(100);
  });

  it('of decoding is one token while somebody waits', async () => {
    const { loop, pass } = fixture();
    const warm = await loop.acquire(unit('chat', 'a', { kind: 'decode', tokens: 100 }));
    pass(warm.tokens * 10);
    warm.release();
    expect((await loop.acquire(unit('chat', 'a', { kind: 'decode', tokens: 100 }))).tokens).toBe(8);
    const next = loop.acquire(unit('chat', 'a', { kind: 'decode', tokens: 100 }));
    void loop.acquire(unit('batch', 'b'));
    await settle();
    void next;
    expect(loop.view().waiting.map((work) => work.jobId)).toEqual(['a', 'b']);
  });
});

describe('cancelling', () => {
  it('takes work out of the queue and rejects with ABORTED', async () => {
    const { loop } = fixture();
    const running = await loop.acquire(unit('chat', 'a'));
    const abort = new AbortController();
    const waiting = loop.acquire(unit('completion', 'b'), abort.signal);
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(loop.acquire(unit('chat', 'c'), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    expect(loop.view().waiting).toEqual([]);
    running.release();
    running.release();
    expect(loop.view().running).toBeUndefined();
  });
});

test('one unit computes at a time, every one that is not cancelled gets its turn, and sizes are in range', async () => {
  const asking = fc.record({
    workClass: fc.constantFrom(...workClasses),
    client: fc.constantFrom('a', 'b', 'c'),
    kind: fc.constantFrom('prefill' as const, 'decode' as const, 'embed' as const),
    tokens: fc.integer({ min: 1, max: 5_000 }),
    at: fc.integer({ min: 0, max: 3_000 }),
    lasts: fc.integer({ min: 0, max: 500 }),
    cancelled: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(asking, { maxLength: 30 }), async (list) => {
      const { loop, pass } = fixture();
      let computing = 0;
      let served = 0;
      let cancelled = 0;
      const work = [...list].sort((a, b) => a.at - b.at);
      const runs = work.map(async (each, index) => {
        const abort = new AbortController();
        const asked = loop.acquire({ jobId: `j${index % 7}`, ...each }, abort.signal);
        if (each.cancelled) abort.abort();
        try {
          const lease = await asked;
          computing += 1;
          expect(computing).toBe(1);
          expect(lease.tokens).toBeGreaterThanOrEqual(1);
          expect(lease.tokens).toBeLessThanOrEqual(each.tokens);
          await Promise.resolve();
          pass(each.lasts);
          computing -= 1;
          lease.release();
          served += 1;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ABORTED' });
          cancelled += 1;
        }
      });
      await Promise.all(runs);
      expect(served + cancelled).toBe(list.length);
      expect(cancelled).toBeLessThanOrEqual(list.filter((each) => each.cancelled).length);
      expect(loop.view().waiting).toEqual([]);
    }),
  );
});

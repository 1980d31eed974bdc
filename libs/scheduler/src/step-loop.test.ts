import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { workClasses, type ComputeLease, type ComputeUnit, type WorkClass } from '@nootropic/contracts';
import { createStepLoop, type StepLoop } from './step-loop.ts';

function fixture(options: Partial<Parameters<typeof createStepLoop>[0]> = {}) {
  let time = 0;
  const timers = new Map<() => void, number>();
  const loop = createStepLoop({
    clock: { now: () => time },
    timer: (run, ms) => {
      timers.set(run, time + ms);
      return () => void timers.delete(run);
    },
    ...options,
  });
  const pass = (ms: number): void => {
    time += ms;
    for (const [run, at] of timers) {
      if (at > time) continue;
      timers.delete(run);
      run();
    }
  };
  /** Lets time go on to the next timer; false where none waits. */
  const skip = (): boolean => {
    if (timers.size === 0) return false;
    pass(Math.max(0, Math.min(...timers.values()) - time));
    return true;
  };
  return { loop, now: () => time, pass, skip };
}

function unit(workClass: WorkClass, jobId: string, more: Partial<ComputeUnit> = {}): ComputeUnit {
  return { jobId, workClass, client: 'local', kind: 'prefill', tokens: 1000, ...more };
}

/** Lets promises that can settle, settle. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
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
    const { loop } = fixture({ holdMs: 0 });
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

  it('puts work whose prompt is still held before its equals, but not before what is much later due', async () => {
    const { loop, pass } = fixture({ holdMs: 0 });
    const { ask, granted, order } = recorder(loop);
    const first = await loop.acquire(unit('chat', 'warm', { tokens: 64 }));
    pass(640);
    first.release();
    const warm = await loop.acquire(unit('chat', 'warm', { tokens: 64 }));
    void ask(unit('chat', 'cold'));
    pass(100);
    void ask(unit('chat', 'held', { held: 1000 }));
    pass(300);
    void ask(unit('chat', 'too-late', { held: 1000 }));
    warm.release();
    await settle();
    for (let turn = 0; turn < 2; turn += 1) {
      granted.at(-1)?.lease.release();
      await settle();
    }
    expect(order()).toEqual(['held', 'cold', 'too-late']);
  });

  it('lets nobody in between two units of the most urgent job', async () => {
    const { loop } = fixture({ holdMs: 0 });
    const order: string[] = [];
    const run = async (workClass: WorkClass, units: number): Promise<void> => {
      for (let count = 0; count < units; count += 1) {
        const lease = await loop.acquire(unit(workClass, workClass));
        order.push(workClass);
        await Promise.resolve();
        lease.release();
        await Promise.resolve();
      }
    };
    await Promise.all([run('batch', 3), run('completion', 3)]);
    expect(order).toEqual(['batch', 'completion', 'completion', 'completion', 'batch', 'batch']);
  });

  it('holds background work back for a moment after a keystroke, and no longer', async () => {
    const { loop, pass, skip, now } = fixture();
    const { ask, granted, order } = recorder(loop);
    (await loop.acquire(unit('completion', 'first'))).release();
    pass(200);
    (await loop.acquire(unit('completion', 'second'))).release();
    void ask(unit('embed', 'index'));
    await settle();
    expect(order()).toEqual([]);
    pass(200);
    const next = await loop.acquire(unit('completion', 'third'));
    next.release();
    pass(300);
    await settle();
    expect(order()).toEqual([]);
    while (granted.length === 0 && skip()) await settle();
    expect(order()).toEqual(['index']);
    expect(now()).toBe(800);
  });

  it('does not wait for a next keystroke after a single completion', async () => {
    const { loop, skip, now } = fixture();
    const { ask, granted, order } = recorder(loop);
    (await loop.acquire(unit('completion', 'key'))).release();
    void ask(unit('embed', 'index'));
    while (granted.length === 0 && skip()) await settle();
    expect(order()).toEqual(['index']);
    expect(now()).toBeLessThanOrEqual(20);
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
    expect(now()).toBeLessThanOrEqual(5_000 + 300);
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
  async function sizeAfter(tokensPerSecond: number, urgent: boolean, workClass: WorkClass = 'batch'): Promise<number> {
    const { loop, pass } = fixture({ holdMs: 0 });
    for (let turn = 0; turn < 10; turn += 1) {
      const lease = await loop.acquire(unit('batch', 'warm', { tokens: 100_000 }));
      pass((lease.tokens / tokensPerSecond) * 1_000);
      lease.release();
    }
    if (urgent) (await loop.acquire(unit('completion', 'key', { tokens: 1, kind: 'embed' }))).release();
    return (await loop.acquire(unit(workClass, 'long', { tokens: 100_000 }))).tokens;
  }

  it('follows the measured speed, so that a unit lasts at most the bound', async () => {
    expect(await sizeAfter(500, true)).toBe(64);
    expect(await sizeAfter(250, true)).toBe(64);
    expect(await sizeAfter(170, true)).toBe(32);
    expect(await sizeAfter(20, true)).toBe(16);
  });

  it('is larger while nothing urgent is about', async () => {
    expect(await sizeAfter(800, false, 'chat')).toBe(512);
    expect(await sizeAfter(800, false, 'batch')).toBe(256);
    expect(await sizeAfter(250, false)).toBe(64);
    expect(await sizeAfter(20, false)).toBe(64);
    expect(await sizeAfter(1e6, false)).toBe(512);
  });

  it('follows the speed of the model that it is of', async () => {
    const { loop, pass } = fixture({ holdMs: 0 });
    const run = async (group: string, perSecond: number) => {
      const lease = await loop.acquire(unit('batch', group, { group, tokens: 10_000 }));
      pass((lease.tokens / perSecond) * 1_000);
      lease.release();
      return lease.tokens;
    };
    for (let turn = 0; turn < 10; turn += 1)
      for (const [group, speed] of [
        ['small', 800],
        ['large', 100],
      ] as const)
        await run(group, speed);
    expect(await run('small', 800)).toBe(256);
    expect(await run('large', 100)).toBe(64);
  });

  it('takes what little would be left along, but not what would double it', async () => {
    const { loop, pass } = fixture({ holdMs: 0 });
    for (let turn = 0; turn < 10; turn += 1) {
      const lease = await loop.acquire(unit('batch', 'warm', { tokens: 100_000 }));
      pass(lease.tokens * 1.25);
      lease.release();
    }
    const size = async (tokens: number) => {
      const lease = await loop.acquire(unit('batch', 'rest', { tokens }));
      pass(lease.tokens * 1.25);
      lease.release();
      return lease.tokens;
    };
    expect([await size(256 + 8), await size(256 + 60), await size(256 + 200)]).toEqual([264, 316, 256]);
    expect([await size(5), await size(1)]).toEqual([5, 1]);
  });

  it('counts only what was evaluated', async () => {
    const { loop, pass } = fixture();
    const lease = await loop.acquire(unit('chat', 'a', { tokens: 64 }));
    pass(100);
    lease.release(10);
    expect(loop.view().speeds).toEqual({ prefill: 100 });
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

describe('units computed together', () => {
  const decode = (jobId: string, group: string, more: Partial<ComputeUnit> = {}) =>
    unit('chat', jobId, { kind: 'decode', group, tokens: 4, ...more });

  it('are tokens of one group, as many as the device takes', async () => {
    const { loop } = fixture({ together: 2 });
    const { ask, granted, order } = recorder(loop);
    for (const id of ['a', 'b', 'c']) void ask(decode(id, 'model'));
    await settle();
    expect(order()).toEqual(['a', 'b']);
    granted[1]?.lease.release();
    await settle();
    expect(order()).toEqual(['a', 'b', 'c']);
  });

  it('are never of two models, nor a prompt beside an answer', async () => {
    const { loop } = fixture({ together: 8 });
    const { ask, order } = recorder(loop);
    void ask(decode('a', 'model'));
    void ask(decode('b', 'other'));
    void ask(decode('c', 'model', { kind: 'prefill' }));
    await settle();
    expect(order()).toEqual(['a']);
  });

  it('are charged to their clients in parts', async () => {
    const { loop, pass } = fixture({ together: 2, fairnessMs: 90 });
    const { ask, granted, order } = recorder(loop);
    void ask(decode('a', 'model', { client: 'one' }));
    void ask(decode('b', 'model', { client: 'two' }));
    await settle();
    void ask(unit('chat', 'c', { client: 'one' }));
    void ask(unit('chat', 'd', { client: 'two' }));
    pass(100);
    granted[0]?.lease.release();
    granted[1]?.lease.release();
    await settle();
    expect(order()).toEqual(['a', 'b', 'c']);
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
    expect(loop.view().running).toEqual([]);
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
      const { loop, pass, skip } = fixture();
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
      for (let turn = 0; turn < 1_000 && served + cancelled < list.length; turn += 1) {
        await settle();
        skip();
      }
      expect(served + cancelled).toBe(list.length);
      await Promise.all(runs);
      expect(served + cancelled).toBe(list.length);
      expect(cancelled).toBeLessThanOrEqual(list.filter((each) => each.cancelled).length);
      expect(loop.view().waiting).toEqual([]);
    }),
  );
});

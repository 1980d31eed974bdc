import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { MemoryEstimate } from '@nootropic/contracts';
import { createMemoryLedger } from './memory-ledger.ts';
import { createResidency, type ResidencyOptions, type ResidentSpec, type Unloaded } from './residency.ts';
import { createVirtualTime, settle } from './virtual-time.fixture.ts';

const mib = 1024 ** 2;
const gib = 1024 * mib;

interface FakeLoaded extends AsyncDisposable {
  readonly key: string;
}

const estimateOf = (total: number): MemoryEstimate => ({
  weights: total,
  repack: 0,
  kvCache: 0,
  compute: 0,
  total,
  gpu: 0,
});

/** A machine of 8 GiB of which 1 GiB stays free; loads take a second per GiB. */
function fixture(options: Partial<ResidencyOptions> = {}) {
  const time = createVirtualTime();
  let outside = 0;
  let used = 0;
  const machine = {
    read: async () => ({
      memoryTotal: 8 * gib,
      memoryAvailable: Math.max(0, 8 * gib - outside - used),
      cores: 2,
      coresFree: 2,
      power: 'mains' as const,
      devices: [],
    }),
  };
  const ledger = createMemoryLedger({ machine, keepFree: () => gib });
  const unloaded: Unloaded[] = [];
  const loads: string[] = [];
  const disposed: string[] = [];
  const residency = createResidency<FakeLoaded>({
    ...time,
    ledger,
    onUnloaded: (each) => unloaded.push(each),
    ...options,
  });
  const spec = (key: string, size: number, fails?: Error): ResidentSpec<FakeLoaded> => ({
    what: key,
    estimate: async () => estimateOf(size * gib),
    async load(signal) {
      loads.push(key);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => reject(new DOMException('stop', 'AbortError')));
      time.timer(resolve, size * 1_000);
      await promise;
      if (fails !== undefined) throw fails;
      used += size * gib;
      return {
        key,
        [Symbol.asyncDispose]: async () => {
          disposed.push(key);
          used -= size * gib;
        },
      };
    },
  });
  const useNow = async (key: string, size: number) => {
    const lease = residency.use(key, spec(key, size));
    lease.catch(() => undefined);
    await time.pass(size * 1_000);
    return lease;
  };
  const visit = async (key: string, size: number) => (await useNow(key, size)).release();
  return {
    ...time,
    ledger,
    residency,
    spec,
    useNow,
    visit,
    unloaded,
    loads,
    disposed,
    takeOutside: (bytes: number) => (outside = bytes),
    states: () => residency.view().map(({ key, state }) => `${key} ${state}`),
  };
}

describe('using a model', () => {
  it('loads it once for all who ask, and keeps it', async () => {
    const { residency, spec, pass, loads, ledger, states } = fixture();
    const asked = [residency.use('a', spec('a', 2)), residency.use('a', spec('a', 2))];
    await settle();
    expect(states()).toEqual(['a loading']);
    await pass(2_000);
    const [first, second] = await Promise.all(asked);
    expect(first?.model).toBe(second?.model);
    expect(states()).toEqual(['a busy']);
    first?.release();
    first?.release();
    expect(states()).toEqual(['a busy']);
    second?.release();
    expect(states()).toEqual(['a idle']);
    (await residency.use('a', spec('a', 2))).release();
    expect(loads).toEqual(['a']);
    expect(ledger.reserved()).toBe(2 * gib);
    expect(residency.view()[0]).toMatchObject({ uses: 3, reloadSeconds: 2, planned: 2 * gib });
    expect(residency.readyMs('a')).toBe(0);
    await residency[Symbol.asyncDispose]();
    expect(ledger.reserved()).toBe(0);
    expect(residency.readyMs('a')).toBe(2_000);
  });

  it('does not take a load from the others when one gives up, nor from the next when all do', async () => {
    const { residency, spec, pass, loads } = fixture();
    const abort = new AbortController();
    const gone = residency.use('a', spec('a', 2), abort.signal);
    const stays = residency.use('a', spec('a', 2));
    await pass(500);
    abort.abort();
    await expect(gone).rejects.toMatchObject({ code: 'ABORTED' });
    await pass(1_500);
    (await stays).release();
    const all = new AbortController();
    const other = residency.use('b', spec('b', 2), all.signal);
    await pass(500);
    all.abort();
    await expect(other).rejects.toMatchObject({ code: 'ABORTED' });
    await pass(1_500);
    (await residency.use('b', spec('b', 2))).release();
    expect(loads).toEqual(['a', 'b']);
    await expect(residency.use('a', spec('a', 2), AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('gives the memory back when a load fails, and tries again', async () => {
    const { residency, spec, pass, ledger, visit } = fixture();
    const failed = [residency.use('a', spec('a', 2, new Error('broken'))), residency.use('a', spec('a', 2))];
    for (const each of failed) each.catch(() => undefined);
    await pass(2_000);
    for (const each of failed) await expect(each).rejects.toThrow('broken');
    expect(ledger.reserved()).toBe(0);
    await visit('a', 2);
    expect(ledger.reserved()).toBe(2 * gib);
  });

  it('loads anew what was given back as broken', async () => {
    const { residency, spec, useNow, visit, loads, disposed } = fixture();
    const first = await useNow('a', 1);
    const second = await residency.use('a', spec('a', 1));
    first.release(true);
    expect(disposed).toEqual([]);
    second.release();
    await visit('a', 1);
    expect(disposed).toEqual(['a']);
    expect(loads).toEqual(['a', 'a']);
  });

  it('asks for no room where the model is elsewhere', async () => {
    const { visit, ledger, residency } = fixture();
    await visit('remote', 0);
    expect(ledger.reserved()).toBe(0);
    expect(await residency.evict()).toBeUndefined();
  });
});

describe('making room', () => {
  it('unloads first what is least used for what it costs, and says so', async () => {
    const { visit, unloaded, states } = fixture();
    await visit('often', 3);
    for (let use = 0; use < 5; use += 1) await visit('often', 3);
    await visit('once', 3);
    await visit('new', 3);
    expect(unloaded).toEqual([{ key: 'once', what: 'once', bytes: 3 * gib, why: 'room' }]);
    expect(states()).toEqual(['often idle', 'new idle']);
  });

  it('by LRU unloads what was used longest ago', async () => {
    const { visit, unloaded } = fixture({ policy: 'lru' });
    for (let use = 0; use < 5; use += 1) await visit('often', 3);
    await visit('once', 3);
    await visit('new', 3);
    expect(unloaded.map(({ key }) => key)).toEqual(['often']);
  });

  it('lets what was used much but long ago fall behind', async () => {
    const { visit, states } = fixture();
    for (let use = 0; use < 4; use += 1) await visit('old', 3);
    for (const key of ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a', 'b']) await visit(key, 3);
    expect(states()).toEqual(['a idle', 'b idle']);
  });

  it('unloads no more than needed', async () => {
    const { visit, states, unloaded } = fixture();
    await visit('small', 1);
    for (let use = 0; use < 2; use += 1) await visit('large', 4);
    for (let use = 0; use < 3; use += 1) await visit('middle', 2);
    await visit('new', 4);
    expect(unloaded.map(({ key }) => key)).toEqual(['large']);
    expect(states()).toEqual(['small idle', 'middle idle', 'new idle']);
  });

  it('unloads nothing for a model that would not fit even so', async () => {
    const { visit, useNow, states, unloaded } = fixture();
    await visit('a', 3);
    await expect(useNow('huge', 8)).rejects.toMatchObject({
      code: 'MODEL_TOO_LARGE',
      message: expect.stringMatching(/huge needs 8\.0 GiB/) as string,
    });
    expect(unloaded).toEqual([]);
    expect(states()).toEqual(['a idle']);
  });

  it('never unloads a model that is generating: waits until it is done', async () => {
    const { residency, spec, useNow, pass, unloaded } = fixture();
    const busy = await useNow('busy', 5);
    const wanted = residency.use('wanted', spec('wanted', 5));
    await pass(10_000);
    expect(unloaded).toEqual([]);
    busy.release();
    await pass(6_000);
    (await wanted).release();
    expect(unloaded.map(({ key }) => key)).toEqual(['busy']);
  });

  it('does not hold up a small model behind a large one that waits', async () => {
    const { residency, spec, useNow, visit, states } = fixture();
    await useNow('busy', 4);
    residency.use('large', spec('large', 5)).catch(() => undefined);
    await settle();
    await visit('small', 1);
    expect(states()).toEqual(['busy busy', 'large loading', 'small idle']);
  });

  it('gives up after a while with QUEUE_FULL, and names what is in the way', async () => {
    const { residency, spec, useNow, pass } = fixture({ patienceMs: 5_000 });
    await useNow('busy', 5);
    const wanted = residency.use('wanted', spec('wanted', 5));
    wanted.catch(() => undefined);
    await pass(5_000);
    await expect(wanted).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      message: expect.stringMatching(/wanted while busy is at work/) as string,
    });
  });

  it('lets each caller wait as long as it wants to', async () => {
    const { residency, spec, useNow, pass } = fixture();
    const busy = await useNow('busy', 5);
    const hasty = residency.use('wanted', { ...spec('wanted', 5), patienceMs: 1_000 });
    const patient = residency.use('wanted', spec('wanted', 5));
    hasty.catch(() => undefined);
    await pass(1_000);
    await expect(hasty).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    await pass(200_000);
    busy.release();
    await pass(5_000);
    (await patient).release();
  });

  it('lets a load in between calls that overlap without end', async () => {
    const { residency, spec, useNow, pass, timer } = fixture();
    (await useNow('popular', 5)).release();
    let served = 0;
    const again = async (): Promise<void> => {
      if (served > 100) return;
      const lease = await residency.use('popular', spec('popular', 5));
      served += 1;
      timer(() => void again(), 700);
      timer(() => lease.release(), 1_000);
    };
    void again();
    const wanted = residency.use('wanted', spec('wanted', 5));
    let at = 0;
    const got = wanted.then((lease) => {
      at = served;
      lease.release();
    });
    await pass(30_000);
    await got;
    expect(at).toBeGreaterThan(10);
    expect(at).toBeLessThan(20);
    await pass(60_000);
    expect(served).toBeGreaterThan(40);
  });

  it('stops waiting for room when nobody wants the model any more, and starts again for the next', async () => {
    const { residency, spec, useNow, pass, states } = fixture();
    const busy = await useNow('busy', 5);
    const abort = new AbortController();
    const wanted = residency.use('wanted', spec('wanted', 5), abort.signal);
    wanted.catch(() => undefined);
    await pass(100);
    abort.abort();
    const again = residency.use('wanted', spec('wanted', 5));
    await expect(wanted).rejects.toMatchObject({ code: 'ABORTED' });
    await pass(100);
    expect(states()).toEqual(['busy busy', 'wanted loading']);
    busy.release();
    await pass(5_000);
    (await again).release();
  });

  it('keeps what is pinned, and names it in a refusal', async () => {
    const { residency, spec, pass, useNow, unloaded } = fixture();
    const pinned = residency.pin('kept', spec('kept', 4));
    await pass(4_000);
    await pinned;
    await expect(useNow('other', 5)).rejects.toMatchObject({
      code: 'MODEL_TOO_LARGE',
      message: expect.stringMatching(/kept was loaded to stay/) as string,
    });
    expect(unloaded).toEqual([]);
    expect(await residency.unload('kept')).toBe(true);
    expect(await residency.unload('kept')).toBe(false);
    (await useNow('other', 5)).release();
  });

  it('waits a moment for the system to count freed memory', async () => {
    const { visit, takeOutside, residency, spec, pass } = fixture();
    await visit('a', 5);
    const wanted = residency.use('b', spec('b', 5));
    takeOutside(4 * gib);
    await pass(250);
    takeOutside(0);
    await pass(6_000);
    (await wanted).release();
  });
});

describe('unloading', () => {
  it('waits for the leases; a use that comes meanwhile loads again', async () => {
    const { residency, spec, useNow, pass, loads, disposed } = fixture();
    const lease = await useNow('a', 1);
    let done = false;
    const unload = residency.unload('a').then(() => (done = true));
    const next = residency.use('a', spec('a', 1));
    await settle();
    expect(done).toBe(false);
    lease.release();
    await unload;
    expect(disposed).toEqual(['a']);
    await pass(1_000);
    (await next).release();
    expect(loads).toEqual(['a', 'a']);
  });

  it('happens for lack of use, where asked for, but not to what is pinned or busy', async () => {
    const { residency, spec, visit, useNow, pass, unloaded, states } = fixture({ idleMs: 60_000 });
    await visit('a', 1);
    const busy = await useNow('busy', 1);
    const pin = residency.pin('kept', spec('kept', 1));
    await pass(30_000);
    await pin;
    await visit('b', 1);
    await pass(40_000);
    expect(unloaded).toEqual([{ key: 'a', what: 'a', bytes: gib, why: 'idle' }]);
    busy.release();
    await pass(60_000);
    expect(states()).toEqual(['kept idle']);
  });

  it('under pressure takes the cheapest idle model, pinned ones last, busy ones never', async () => {
    const { residency, spec, visit, useNow, pass } = fixture();
    await visit('a', 1);
    await visit('a', 1);
    await visit('b', 1);
    await useNow('busy', 1);
    const pin = residency.pin('kept', spec('kept', 1));
    await pass(1_000);
    await pin;
    const order = [];
    for (let turn = 0; turn < 4; turn += 1) order.push((await residency.evict())?.key);
    expect(order).toEqual(['b', 'a', 'kept', undefined]);
  });

  it('ends loads and waits when disposed', async () => {
    const { residency, spec, useNow, pass, ledger } = fixture();
    await useNow('busy', 5);
    const loading = residency.use('loading', spec('loading', 2));
    const waiting = residency.use('waiting', spec('waiting', 5));
    loading.catch(() => undefined);
    waiting.catch(() => undefined);
    await pass(100);
    await residency[Symbol.asyncDispose]();
    await expect(loading).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(residency.use('late', spec('late', 1))).rejects.toMatchObject({ code: 'ABORTED' });
    expect(ledger.reserved()).toBe(0);
  });
});

test('whatever happens, memory is never promised twice, leased models stay, loads of a key never overlap', async () => {
  const step = fc.record({
    key: fc.constantFrom('a1', 'b2', 'c3', 'd5', 'e7', 'f9'),
    after: fc.integer({ min: 0, max: 4_000 }),
    holds: fc.integer({ min: 0, max: 8_000 }),
    aborted: fc.option(fc.integer({ min: 0, max: 3_000 })),
    then: fc.constantFrom('nothing', 'nothing', 'unload', 'evict', 'broken'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.constantFrom('gdsf' as const, 'lru' as const),
      async (steps, policy) => {
        const { residency, spec, pass, timer, ledger } = fixture({ policy });
        const live = new Map<string, { disposed: boolean }>();
        const loading = new Set<string>();
        const problems: string[] = [];
        const watched = (key: string): ResidentSpec<FakeLoaded> => {
          const inner = spec(key, Number(key[1]));
          return {
            ...inner,
            async load(signal) {
              if (loading.has(key) || live.get(key)?.disposed === false) problems.push(`${key} twice`);
              loading.add(key);
              try {
                const model = await inner.load(signal);
                const state = { disposed: false };
                live.set(key, state);
                return {
                  key,
                  async [Symbol.asyncDispose]() {
                    state.disposed = true;
                    await model[Symbol.asyncDispose]();
                  },
                };
              } finally {
                loading.delete(key);
              }
            },
          };
        };
        const ends: Promise<void>[] = [];
        for (const each of steps) {
          const abort = new AbortController();
          if (each.aborted !== null) timer(() => abort.abort(), each.aborted);
          ends.push(
            residency.use(each.key, watched(each.key), abort.signal).then(
              (lease) => {
                timer(() => {
                  if (live.get(each.key)?.disposed !== false) problems.push(`${each.key} taken away`);
                  lease.release(each.then === 'broken');
                }, each.holds);
                if (each.then === 'unload') residency.unload(each.key).catch(() => undefined);
                if (each.then === 'evict') residency.evict().catch(() => undefined);
              },
              () => undefined,
            ),
          );
          await pass(each.after);
          if (ledger.reserved() > 7 * gib) problems.push('too much');
        }
        await pass(200_000);
        await Promise.all(ends);
        await residency[Symbol.asyncDispose]();
        expect(problems).toEqual([]);
        expect(ledger.reserved()).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});

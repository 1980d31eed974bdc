import { describe, expect, it } from 'vitest';
import type { MachineState } from '@nootropic/contracts';
import { watchPressure, type PressureNote } from './pressure.ts';
import { createVirtualTime, settle } from './virtual-time.fixture.ts';

const gib = 1024 ** 3;

/** A machine of 16 GiB: short below 1 GiB, relieved from 1.5 GiB. */
async function fixture(given: { idle?: string[]; caches?: number; contexts?: number; busy?: boolean } = {}) {
  const time = createVirtualTime();
  const state = { memoryAvailable: 8 * gib, memoryPressure: 0 };
  let reads = 0;
  const idle = [...(given.idle ?? ['small', 'large'])];
  const freed = { caches: given.caches ?? gib / 8, contexts: given.contexts ?? gib / 8 };
  const done: string[] = [];
  const notes: PressureNote[] = [];
  let failing = false;
  const watch = watchPressure({
    clock: time.clock,
    timer: time.timer,
    machine: {
      async read(): Promise<MachineState> {
        reads += 1;
        if (failing) throw new Error('no reading');
        return { memoryTotal: 16 * gib, cores: 2, coresFree: 2, power: 'mains', devices: [], ...state };
      },
    },
    residency: {
      evict: async () => {
        const what = idle.shift();
        if (what === undefined) return undefined;
        done.push(`unload ${what}`);
        return { key: what, what, bytes: gib, why: 'pressure' };
      },
      view: () =>
        idle.length > 0 || given.busy === true
          ? [
              {
                key: 'x',
                what: 'x',
                state: 'busy',
                planned: gib,
                pinned: false,
                leases: 1,
                usedAt: 0,
                uses: 1,
                reloadSeconds: 1,
              },
            ]
          : [],
    },
    shrink: async (step) => {
      done.push(step);
      return freed[step];
    },
    onStep: (note) => notes.push(note),
  });
  await settle();
  return {
    ...time,
    state,
    done,
    notes,
    watch,
    reads: () => reads,
    fail: (now: boolean) => (failing = now),
  };
}

describe('memory pressure', () => {
  it('gives back the mildest first, one step at a look, and says what it did', async () => {
    const { pass, state, done, notes } = await fixture({ busy: true });
    await pass(20_000);
    expect(done).toEqual([]);
    state.memoryAvailable = gib / 2;
    await pass(15_000);
    expect(done).toEqual(['caches', 'contexts', 'unload small', 'unload large']);
    expect(notes.map(({ step }) => step)).toEqual(['caches', 'contexts', 'unload', 'unload', 'exhausted']);
    expect(notes[2]?.text).toMatch(/^Unloaded small: other programs need the memory/);
    expect(notes[2]?.bytes).toBe(gib);
  });

  it('looks more often the less there is, and hardly at all with nothing loaded', async () => {
    const { pass, state, waits, watch } = await fixture();
    await pass(0);
    expect(waits()).toEqual([10_000]);
    state.memoryAvailable = 2 * gib;
    await watch.check();
    expect(waits()).toEqual([2_500]);
    state.memoryAvailable = gib / 2;
    await watch.check();
    expect(waits()).toEqual([500]);
    expect(watch.short).toBe(true);
    watch[Symbol.dispose]();
    expect(waits()).toEqual([]);
    const empty = await fixture({ idle: [] });
    empty.state.memoryAvailable = gib / 2;
    await empty.pass(30_000);
    expect(empty.reads()).toBe(4);
    expect(empty.done).toEqual([]);
  });

  it('stops between the two bounds, and is over only above the higher', async () => {
    const { watch, state, done, notes } = await fixture();
    state.memoryAvailable = 0.9 * gib;
    await watch.check();
    expect(done).toEqual(['caches']);
    state.memoryAvailable = 1.2 * gib;
    await watch.check();
    await watch.check();
    expect(watch.short).toBe(true);
    expect(done).toEqual(['caches']);
    state.memoryAvailable = 1.6 * gib;
    await watch.check();
    expect(watch.short).toBe(false);
    expect(notes.at(-1)?.step).toBe('relieved');
    expect(done).toEqual(['caches']);
  });

  it('goes on where it was when memory is short again soon, and begins anew after a while', async () => {
    const { watch, pass, state, done } = await fixture();
    for (const free of [0.9, 2, 0.9, 2]) {
      state.memoryAvailable = free * gib;
      await watch.check();
    }
    expect(done).toEqual(['caches', 'contexts']);
    await pass(60_000);
    state.memoryAvailable = 0.9 * gib;
    await watch.check();
    expect(done).toEqual(['caches', 'contexts', 'caches']);
  });

  it('passes over a step that frees nothing', async () => {
    const { watch, state, done, notes } = await fixture({ caches: 0, contexts: 0 });
    state.memoryAvailable = 0.5 * gib;
    await watch.check();
    expect(done).toEqual(['caches', 'contexts', 'unload small']);
    expect(notes.map(({ step }) => step)).toEqual(['unload']);
  });

  it('heeds the pressure of the system, and gives each step time to show in it', async () => {
    const { pass, state, done } = await fixture();
    state.memoryPressure = 0.3;
    await pass(10_000);
    await pass(4_400);
    expect(done).toEqual(['caches']);
    await pass(1_000);
    expect(done).toEqual(['caches', 'contexts']);
    state.memoryPressure = 0.06;
    await pass(20_000);
    expect(done).toEqual(['caches', 'contexts']);
  });

  it('goes on looking after a reading failed', async () => {
    const { pass, watch, state, done, fail } = await fixture();
    fail(true);
    await expect(watch.check()).rejects.toThrow('no reading');
    fail(false);
    state.memoryAvailable = 0.9 * gib;
    await pass(10_000);
    expect(done[0]).toBe('caches');
  });
});

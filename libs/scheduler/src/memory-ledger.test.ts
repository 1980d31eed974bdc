import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine, MachineState } from '@nootropic/contracts';
import { createMemoryLedger, type MemoryReservation } from './memory-ledger.ts';

const gib = 1024 ** 3;
const needs = (total: number, gpu = 0) => ({ weights: total, repack: 0, kvCache: 0, compute: 0, total, gpu });

function machineOf(state: Partial<MachineState>): Machine {
  const whole = {
    memoryTotal: 8 * gib,
    memoryAvailable: 8 * gib,
    cores: 4,
    coresFree: 4,
    power: 'mains',
    devices: [],
    ...state,
  } as MachineState;
  return { read: async () => whole };
}

describe('the memory ledger', () => {
  it('says in words and numbers why something does not fit', async () => {
    const ledger = createMemoryLedger({ machine: machineOf({ memoryTotal: 4 * gib, memoryAvailable: 4 * gib }) });
    const first = await ledger.reserve({ what: 'small', estimate: needs(gib) });
    await expect(ledger.reserve({ what: 'big.gguf', estimate: needs(3 * gib) })).rejects.toMatchObject({
      code: 'MODEL_TOO_LARGE',
      message:
        'big.gguf needs 3.0 GiB (3.0 GiB weights, 0 MiB context, 0 MiB to compute); 2.5 GiB of 4.0 GiB may be used now; 1.0 GiB are promised to other models.',
    });
    first.release();
    expect(await ledger.fits({ what: 'big.gguf', estimate: needs(3 * gib) })).toMatchObject({
      fits: true,
      needed: 3 * gib,
      free: 3.5 * gib,
    });
  });

  it('counts what is free now, and not twice what is already in use', async () => {
    const state = { memoryTotal: 8 * gib, memoryAvailable: 4 * gib };
    const machine: Machine = { read: () => machineOf(state).read() };
    const ledger = createMemoryLedger({ machine, keepFree: () => gib });
    const loaded = await ledger.reserve({ what: 'a', estimate: needs(2 * gib) });
    expect((await ledger.fits({ what: 'b', estimate: needs(0) })).free).toBe(gib);
    state.memoryAvailable = 2 * gib;
    loaded.settle();
    expect((await ledger.fits({ what: 'b', estimate: needs(0) })).free).toBe(gib);
  });

  it('keeps a book per device', async () => {
    const gpu = { kind: 'gpu', name: 'card', memoryTotal: 2 * gib, memoryFree: 2 * gib } as const;
    const ledger = createMemoryLedger({ machine: machineOf({ devices: [gpu] }), keepFree: () => 0 });
    await ledger.reserve({ what: 'a', estimate: needs(2 * gib), device: 'card' });
    expect(await ledger.fits({ what: 'b', estimate: needs(1), device: 'card' })).toMatchObject({
      fits: false,
      free: 0,
    });
    expect(await ledger.fits({ what: 'b', estimate: needs(8 * gib) })).toMatchObject({ fits: true });
    expect(await ledger.fits({ what: 'b', estimate: needs(1), device: 'none' })).toMatchObject({
      fits: false,
      reason: 'There is no device none on this machine.',
    });
  });

  it('takes what is on the graphics device from there and the rest from main memory, both or none', async () => {
    const gpu = { kind: 'gpu', name: 'card', memoryTotal: 2 * gib, memoryFree: 2 * gib } as const;
    const ledger = createMemoryLedger({ machine: machineOf({ devices: [gpu] }), keepFree: () => 0 });
    const first = await ledger.reserve({ what: 'a', estimate: needs(3 * gib, 2 * gib) });
    expect([ledger.reserved(), ledger.reserved('card'), first.bytes]).toEqual([gib, 2 * gib, 3 * gib]);
    await expect(ledger.reserve({ what: 'b.gguf', estimate: needs(2 * gib, gib) })).rejects.toMatchObject({
      code: 'MODEL_TOO_LARGE',
      message:
        'b.gguf needs 1.0 GiB on card (2.0 GiB weights, 0 MiB context, 0 MiB to compute); 0 MiB of 2.0 GiB may be used now; 2.0 GiB are promised to other models.',
    });
    expect([ledger.reserved(), ledger.reserved('card')]).toEqual([gib, 2 * gib]);
    first.settle();
    expect(ledger.promised('card')).toEqual({ all: 2 * gib, pending: 0 });
    first.release();
    expect([ledger.reserved(), ledger.reserved('card')]).toEqual([0, 0]);
  });

  it('takes all of it from main memory where no graphics device is known', async () => {
    const ledger = createMemoryLedger({ machine: machineOf({}), keepFree: () => 0 });
    await ledger.reserve({ what: 'a', estimate: needs(3 * gib, 2 * gib) });
    expect(ledger.reserved()).toBe(3 * gib);
  });

  it('keeps to the limit that a person gave', async () => {
    const ledger = createMemoryLedger({ machine: machineOf({}), keepFree: () => 0, memoryLimit: 3 * gib });
    await ledger.reserve({ what: 'a', estimate: needs(2 * gib) });
    expect(await ledger.fits({ what: 'b', estimate: needs(gib) })).toMatchObject({ fits: true, free: gib });
    expect(await ledger.fits({ what: 'b', estimate: needs(gib + 1) })).toMatchObject({
      fits: false,
      reason:
        'b needs 1.0 GiB (1.0 GiB weights, 0 MiB context, 0 MiB to compute); 1.0 GiB of 8.0 GiB may be used now (models may take 3.0 GiB together); 2.0 GiB are promised to other models.',
    });
  });

  it('never promises more than the cap, and has all of it again after the releases', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), bytes: fc.integer({ min: 0, max: 6 * gib }) }),
      fc.record({ kind: fc.constantFrom('release' as const, 'settle' as const), at: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(4, 6, 8, 12, 16, 24, 64),
        fc.array(step, { maxLength: 40 }),
        async (size, steps) => {
          const total = size * gib;
          const held: MemoryReservation[] = [];
          const used = { bytes: 0 };
          const ledger = createMemoryLedger({
            machine: { read: () => machineOf({ memoryTotal: total, memoryAvailable: total - used.bytes }).read() },
            keepFree: () => gib,
          });
          const before = (await ledger.fits({ what: 'x', estimate: needs(0) })).free;
          const asked = steps.map(async (each) => {
            if (each.kind === 'reserve') {
              const fits = await ledger.fits({ what: 'x', estimate: needs(each.bytes) });
              const reservation = await ledger
                .reserve({ what: 'x', estimate: needs(each.bytes) })
                .catch(() => undefined);
              if (reservation !== undefined) held.push(reservation);
              else if (steps.length === 1) expect(fits.fits).toBe(false);
            } else if (each.kind === 'release') held[each.at]?.release();
            else held[each.at]?.settle();
            expect(ledger.reserved()).toBeLessThanOrEqual(total - gib);
          });
          await Promise.all(asked);
          for (const reservation of held) {
            reservation.release();
            reservation.release();
          }
          expect(ledger.reserved()).toBe(0);
          expect((await ledger.fits({ what: 'x', estimate: needs(0) })).free).toBe(before);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inUnits, windows } from './model-process-embedder.ts';

describe('windows of a text', () => {
  it('are few, about equal, in order, and hold every token', () => {
    fc.assert(
      fc.property(
        fc.nat(500),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        (length, room, share) => {
          const overlap = Math.floor(room * share);
          const tokens = Array.from({ length }, (_, i) => i);
          const found = windows(tokens, room, overlap);
          const sizes = found.map((each) => each.length);
          expect(new Set(found.flat()).size).toBe(length);
          expect(found.every((each) => each.every((value, i) => value === (each[0] ?? 0) + i))).toBe(true);
          if (length > 0) {
            expect(Math.max(...sizes)).toBeLessThanOrEqual(room);
            expect(found).toHaveLength(
              length <= room ? 1 : Math.ceil((length - room) / Math.max(1, room - overlap)) + 1,
            );
            expect(Math.max(...sizes) - Math.min(...sizes)).toBe(0);
          } else expect(found).toEqual([]);
        },
      ),
    );
  });

  it('share what lies at their borders', () => {
    const found = windows(
      Array.from({ length: 100 }, (_, i) => i),
      40,
      10,
    );
    for (const [index, each] of found.slice(1).entries())
      expect((found[index]?.at(-1) ?? 0) - (each[0] ?? 0)).toBeGreaterThanOrEqual(9);
  });
});

describe('units of work', () => {
  const job = (signal: AbortSignal) =>
    ({ jobId: '1', workClass: 'embed', client: 'a', session: undefined, signal, emit: () => undefined }) as const;

  const start = (grant: (wanted: number) => number) => {
    const units: { wanted: number; evaluated: number | undefined }[] = [];
    const gate = {
      acquire: async (unit: { readonly tokens: number }) => {
        const own = { wanted: unit.tokens, evaluated: undefined as number | undefined };
        units.push(own);
        return { tokens: grant(unit.tokens), release: (evaluated?: number) => void (own.evaluated = evaluated) };
      },
    };
    return { units, gate };
  };

  it('take many short texts under one lease, and a long one whatever it has', async () => {
    const { units, gate } = start((wanted) => wanted);
    const ran: number[] = [];
    const sizes = [20, 20, 20, 3000, ...Array.from({ length: 40 }, () => 50)];
    const pieces = sizes.map((tokens, index) => ({ tokens, run: async () => void ran.push(index) }));
    await inUnits(gate, job(new AbortController().signal), pieces);
    expect(ran).toEqual(sizes.map((_, index) => index));
    expect(units.map(({ wanted }) => wanted)).toEqual([60, 3000, 500, 500, 500, 500]);
    expect(units.every(({ wanted, evaluated }) => wanted === evaluated)).toBe(true);
  });

  it('keep to what they are granted', async () => {
    const { units, gate } = start((wanted) => Math.min(wanted, 100));
    const pieces = Array.from({ length: 20 }, () => ({ tokens: 30, run: async () => undefined }));
    await inUnits(gate, job(new AbortController().signal), pieces);
    expect(units.map(({ evaluated }) => evaluated)).toEqual([90, 90, 90, 90, 90, 90, 60]);
  });

  it('stop between two texts when they are aborted, and give the lease back when one fails', async () => {
    const { units, gate } = start((wanted) => wanted);
    const abort = new AbortController();
    let ran = 0;
    const pieces = Array.from({ length: 20 }, () => ({
      tokens: 10,
      run: async () => {
        if (++ran === 3) abort.abort();
      },
    }));
    await inUnits(gate, job(abort.signal), pieces).catch(() => undefined);
    expect(ran).toBe(3);
    expect(units.map(({ evaluated }) => evaluated)).toEqual([30]);
    const failing = [{ tokens: 10, run: () => Promise.reject(new Error('broken')) }];
    await expect(inUnits(gate, job(new AbortController().signal), failing)).rejects.toThrow('broken');
    expect(units.at(-1)?.evaluated).toBe(1);
  });
});

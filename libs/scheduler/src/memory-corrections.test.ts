import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryCorrections } from './memory-corrections.ts';

const key = { architecture: 'qwen2', quantisation: 'Q4_K', backend: 'cpu' };
const estimate = { weights: 600, repack: 200, kvCache: 150, compute: 50, total: 1000, gpu: 400 };

describe('corrections of memory estimates', () => {
  it('learns from one load, for models of the same kind only', () => {
    const corrections = createMemoryCorrections();
    expect(corrections.factor(key)).toBe(1);
    corrections.observe({ ...key, estimate, measured: 1100 });
    expect(corrections.factor(key)).toBeCloseTo(1.1);
    expect(corrections.factor({ ...key, backend: 'cuda' })).toBe(1);
    expect(corrections.apply(estimate, key)).toEqual({
      weights: 660,
      repack: 221,
      kvCache: 165,
      compute: 56,
      total: 660 + 221 + 165 + 56,
      gpu: 441,
    });
  });

  it('is not moved by one bad load, and forgets the oldest', () => {
    const corrections = createMemoryCorrections();
    for (const measured of [1000, 1010, 1490, 1005]) corrections.observe({ ...key, estimate, measured });
    expect(corrections.factor(key)).toBeCloseTo(1.01);
    for (let i = 0; i < 9; i++) corrections.observe({ ...key, estimate, measured: 900 });
    expect(corrections.factor(key)).toBeCloseTo(0.9);
  });

  it('stays within its bounds whatever it is told, and survives a trip through JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double(), fc.double()), { maxLength: 30 }), (loads) => {
        const corrections = createMemoryCorrections();
        for (const [total, measured] of loads)
          corrections.observe({ ...key, estimate: { ...estimate, total }, measured });
        const factor = corrections.factor(key);
        expect(factor).toBeGreaterThanOrEqual(0.8);
        expect(factor).toBeLessThanOrEqual(1.5);
        const again = createMemoryCorrections(JSON.parse(JSON.stringify(corrections.state())));
        expect(again.factor(key)).toBe(factor);
      }),
    );
  });

  it('leaves out what is not sound in what was saved', () => {
    const saved = { ratios: { 'qwen2 Q4_K cpu': [Number.NaN, -1, 9, 'x'] } } as never;
    expect(createMemoryCorrections(saved).factor(key)).toBe(1.5);
    expect(createMemoryCorrections({ ratios: { 'qwen2 Q4_K cpu': 7 } } as never).factor(key)).toBe(1);
  });

  it('keeps two hundred kinds at most', () => {
    const corrections = createMemoryCorrections();
    for (let i = 0; i < 250; i++) corrections.observe({ ...key, architecture: `a${i}`, estimate, measured: 1200 });
    expect(Object.keys(corrections.state().ratios)).toHaveLength(200);
    expect(corrections.factor({ ...key, architecture: 'a0' })).toBe(1);
    expect(corrections.factor({ ...key, architecture: 'a249' })).toBeCloseTo(1.2);
  });
});

import { describe, expect, it } from 'vitest';
import { createFairShare } from './fair-share.ts';

describe('a fair share', () => {
  it('says how far a client is ahead of the least served, by weight', () => {
    const share = createFairShare({ weights: { b: 2 } });
    share.join('a');
    share.join('b');
    share.charge('a', 300);
    share.charge('b', 200);
    expect([share.lead('a'), share.lead('b'), share.lead('c')]).toEqual([200, 0, 0]);
  });

  it('lets nobody save up turns in a pause, and nobody lose them in a moment', () => {
    let time = 0;
    const share = createFairShare({ clock: { now: () => time } });
    share.join('a');
    share.join('b');
    share.charge('a', 5_000);
    share.leave('b');
    time += 100;
    share.join('b');
    expect(share.lead('a')).toBe(5_000);
    share.leave('b');
    time += 60_000;
    share.join('b');
    expect(share.lead('a')).toBe(0);
  });

  it('takes every absence for a pause without a clock', () => {
    const share = createFairShare();
    share.join('a');
    share.join('b');
    share.charge('a', 5_000);
    share.leave('b');
    share.join('b');
    expect(share.lead('a')).toBe(0);
  });

  it('does not forgive a lead because of a pause, while others are there', () => {
    const share = createFairShare();
    share.join('a');
    share.join('b');
    share.charge('a', 1_000);
    share.leave('a');
    share.join('a');
    expect(share.lead('a')).toBe(1_000);
  });
});

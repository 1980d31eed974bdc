import { expect, it } from 'vitest';
import { measurePairs, quantile } from './paired-ratio.ts';

it('finds quantiles between neighbours', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([10], 0.25)).toBe(10);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
});

it('runs subject, peer, peer, subject, after one run of each that is not counted', async () => {
  const order: string[] = [];
  await measurePairs(
    () => order.push('subject'),
    () => order.push('peer'),
    4,
  );
  expect(order).toEqual(['subject', 'peer', ...'subject peer peer subject subject peer peer subject'.split(' ')]);
});

it('is not moved by a machine that slows down evenly', async () => {
  let clock = 1;
  const { ratio, low, high } = await measurePairs(
    () => 2 * (clock += 0.01),
    () => (clock += 0.01),
    20,
  );
  expect(ratio).toBeCloseTo(2, 1);
  expect(low).toBeLessThanOrEqual(ratio);
  expect(high).toBeGreaterThanOrEqual(ratio);
});

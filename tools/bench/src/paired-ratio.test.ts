import { expect, it } from 'vitest';
import { quantile, ratioOf } from './paired-ratio.ts';

it('finds quantiles between neighbours', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([10], 0.25)).toBe(10);
  expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
});

it('takes the median of the ratios, not the ratio of the medians', () => {
  const result = ratioOf([
    { subject: 2, peer: 1 },
    { subject: 30, peer: 10 },
    { subject: 4, peer: 4 },
  ]);
  expect(result).toMatchObject({ pairs: 3, subject: 4, peer: 4, ratio: 2, low: 1.5, high: 2.5 });
});

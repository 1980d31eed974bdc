import { expect, it } from 'vitest';
import { placesOf, qualityRatio, recallAt, reciprocalRank, scoresOf } from './retrieval-scores.ts';

it('takes the place of each right thing, once', () => {
  expect(placesOf(['x', 'a', 'y', 'a', 'b'], (item) => ('ab'.includes(item) ? item : undefined))).toEqual([2, 5]);
  expect(placesOf([], () => 'a')).toEqual([]);
});

it('gives the reciprocal rank of the first right thing, within ten', () => {
  expect(reciprocalRank({ wanted: 2, places: [4, 5] })).toBe(0.25);
  expect(reciprocalRank({ wanted: 1, places: [10] })).toBe(0.1);
  expect(reciprocalRank({ wanted: 1, places: [11] })).toBe(0);
  expect(reciprocalRank({ wanted: 1, places: [] })).toBe(0);
});

it('gives the share of the right things that are among the first', () => {
  const answer = { wanted: 4, places: [1, 5, 6] };
  expect([1, 5, 10].map((count) => recallAt(answer, count))).toEqual([0.25, 0.5, 0.75]);
});

it('takes means over the questions', () => {
  expect(
    scoresOf([
      { wanted: 1, places: [1] },
      { wanted: 1, places: [2] },
      { wanted: 2, places: [8] },
      { wanted: 1, places: [] },
    ]),
  ).toEqual({ questions: 4, mrr: (1 + 0.5 + 0.125) / 4, recall1: 0.25, recall5: 0.5, recall10: 0.625 });
});

it('divides the means, and says how far the questions leave it open', () => {
  const subject = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? 1 : 0.5));
  const peer = Array.from({ length: 100 }, (_, at) => (at % 4 === 0 ? 1 : 0.25));
  const result = qualityRatio(subject, peer);
  expect(result.ratio).toBeCloseTo(0.75 / 0.4375, 10);
  expect(result.low).toBeLessThan(result.ratio);
  expect(result.high).toBeGreaterThan(result.ratio);
  expect(result.high - result.low).toBeLessThan(0.3);
  expect(qualityRatio(subject, peer)).toEqual(result);
  expect(qualityRatio([0.5, 0.5], [0.5, 0.5])).toMatchObject({ ratio: 1, low: 1, high: 1 });
});

it('does not compare answers to different questions', () => {
  expect(() => qualityRatio([1], [1, 1])).toThrow(RangeError);
});

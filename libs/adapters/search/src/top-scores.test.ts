import fc from 'fast-check';
import { expect, it } from 'vitest';
import { topScores } from './top-scores.ts';

it('gives what sorting gives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 60 }),
      fc.integer({ min: -1, max: 70 }),
      (values, count) => {
        const expected = values
          .map((value, position) => ({ value, position }))
          .sort((a, b) => b.value - a.value || a.position - b.position)
          .slice(0, Math.max(0, count))
          .map(({ position }) => position);
        expect(topScores(Float32Array.from(values), count)).toEqual(expected);
      },
    ),
    { seed: 1 },
  );
});

it('leaves out what is no number', () => {
  expect(topScores(Float32Array.of(NaN, 1, NaN, 2), 3)).toEqual([3, 1]);
});

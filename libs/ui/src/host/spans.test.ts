import { expect, it } from 'vitest';
import { spanOf, spanText } from './spans.ts';

it.each([
  ['90', 90_000],
  ['10m', 600_000],
  ['2 h', 7_200_000],
  ['1d', 86_400_000],
  ['1h 30m', 5_400_000],
  ['1.5s', 1500],
  ['soon', undefined],
  ['', undefined],
  ['-5', undefined],
])('reads the span %s as %s', (text, ms) => expect(spanOf(text)).toBe(ms));

it.each([0, 1500, 90_000, 600_000, 3_600_000, 86_400_000])('writes %s ms as it reads it', (ms) => {
  expect(spanOf(spanText(ms))).toBe(ms);
});

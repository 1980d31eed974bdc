import { expect, it } from 'vitest';
import { closingLine, sumCounts } from './closing-line.ts';

it('sums the counts of projects', () => {
  const sum = sumCounts([
    { passed: 2, failed: 1, skipped: 0 },
    { passed: 5, failed: 0, skipped: 3 },
  ]);
  expect(closingLine(sum)).toBe('7 passed, 1 failed, 3 skipped');
});

it('counts nothing as nothing', () => {
  expect(closingLine(sumCounts([]))).toBe('0 passed, 0 failed, 0 skipped');
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { progressLine } from './progress-bar.ts';

it('fits into the terminal at any width', () => {
  fc.assert(
    fc.property(
      fc.record({
        done: fc.nat(2000),
        total: fc.nat(2000),
        note: fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
      }),
      fc.nat(300),
      (state, columns) => {
        expect(progressLine(state, columns).length).toBeLessThanOrEqual(Math.max(0, columns - 1));
      },
    ),
  );
});

it('shows how far the work is', () => {
  expect(progressLine({ done: 1, total: 2, note: 'Indexing' }, 80)).toBe(
    `${'█'.repeat(15)}${'░'.repeat(15)}  50% Indexing`,
  );
  expect(progressLine({ done: 0, total: 0, note: 'Looking' }, 80)).toBe('Looking');
});

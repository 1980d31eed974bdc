import { describe, expect, it } from 'vitest';
import { formatAge, formatDuration } from './durations.ts';
import { formatCost, formatSpeed, shortNumber } from './sizes.ts';
import { createTransferNote } from './transfer-note.ts';

describe('numbers for a person', () => {
  it.each([
    [0, '0.0 s'],
    [420, '0.4 s'],
    [9_960, '10 s'],
    [59_600, '1 min'],
    [200_000, '3 min 20 s'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [4 * 86_400_000, '4 days'],
  ])('writes %i ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('writes how long ago something was in one unit', () => {
    expect([-5, 500, 12_900, 200_000, 7_200_000, 4 * 86_400_000].map(formatAge)).toEqual([
      'now',
      'now',
      '12 s',
      '3 min',
      '2 h',
      '4 d',
    ]);
  });

  it('keeps narrow numbers narrow, and never writes some cost as none', () => {
    expect([0, 999, 1204, 99_600, 999_499, 1_048_576].map(shortNumber)).toEqual([
      '0',
      '999',
      '1.2k',
      '100k',
      '999k',
      '1.0M',
    ]);
    expect([0, 0.00001, 0.0391, 12.5, 1234.5].map(formatCost)).toEqual([
      '$0',
      '<$0.0001',
      '$0.0391',
      '$12.50',
      '$1,234.50',
    ]);
    expect([0.05, 9.52, 9.96, 1234].map(formatSpeed)).toEqual(['0.1', '9.5', '10', '1,234']);
  });
});

describe('createTransferNote', () => {
  it('says no speed before it is known, and follows the last ten seconds only', () => {
    let time = 0;
    const note = createTransferNote(() => time);
    expect(note(1e9, 3e9)).toBe('1.0 GB of 3.0 GB');
    time = 1000;
    expect(note(1.1e9, 3e9)).toBe('1.1 GB of 3.0 GB, 100 MB/s, 19 s left');
    for (let second = 2; second <= 20; second += 1) {
      time = second * 1000;
      note(1.1e9 + (second - 1) * 10e6, 3e9);
    }
    time = 21_000;
    expect(note(1.3e9, 3e9)).toMatch(/, 10\.0 MB\/s, 2 min 50 s left$/);
    expect(note(3e9, 3e9)).not.toContain('left');
    expect(createTransferNote(() => 0)(5, 0)).toBe('5 B');
  });
});

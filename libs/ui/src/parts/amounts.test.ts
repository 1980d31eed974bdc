import { describe, expect, it } from 'vitest';
import { formatAgo, formatBytes, formatCost, formatDuration, formatSpeed, shortNumber } from './amounts.ts';

describe('amounts', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [99_600, '100 kB'],
    [999_600, '1.0 MB'],
    [4.7e9, '4.7 GB'],
    [2e15, '2000 TB'],
  ])('says %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0.0 s'],
    [4, '4 ms'],
    [420, '0.4 s'],
    [12_000, '12 s'],
    [200_000, '3 min 20 s'],
    [7_500_000, '2 h 5 min'],
    [4 * 86_400_000, '4 days'],
  ])('says %d milliseconds as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it.each([
    [-500, 'now'],
    [-10_000, '10 seconds ago'],
    [-180_000, '3 minutes ago'],
    [7_200_000, 'in 2 hours'],
    [-86_400_000, 'yesterday'],
    [-400 * 86_400_000, 'last year'],
  ])('says what is %d milliseconds away as %s', (away, text) => expect(formatAgo(1e12 + away, 1e12)).toBe(text));

  it('keeps what is little from reading as nothing', () => {
    expect(formatCost(0.00001)).toBe('<$0.0001');
    expect(formatCost(0)).toBe('$0');
    expect(shortNumber(0.021)).toBe('0.021');
    expect(shortNumber(0)).toBe('0');
    expect(shortNumber(131_400)).toBe('131k');
    expect(formatSpeed(4.24)).toBe('4.2');
  });
});

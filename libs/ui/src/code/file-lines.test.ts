import { describe, expect, it } from 'vitest';
import { chooseLine, linesOfPlace, placeText, windowAround } from './file-lines.ts';

describe('lines of a file', () => {
  it('are read around the line that is wanted', () => {
    expect(windowAround(1)).toEqual({ startLine: 1, endLine: 2000 });
    expect(windowAround(50_000)).toEqual({ startLine: 49_000, endLine: 50_999 });
  });

  it('are chosen one by one, or from one to another in either direction', () => {
    expect(chooseLine(undefined, 5, true)).toEqual({ start: 5, end: 5 });
    expect(chooseLine({ start: 5, end: 5 }, 9, true)).toEqual({ start: 5, end: 9 });
    expect(chooseLine({ start: 5, end: 9 }, 2, true)).toEqual({ start: 2, end: 9 });
    expect(chooseLine({ start: 5, end: 9 }, 8, true)).toEqual({ start: 5, end: 8 });
    expect(chooseLine({ start: 5, end: 9 }, 7, false)).toEqual({ start: 7, end: 7 });
    expect(chooseLine({ start: 7, end: 7 }, 7, false)).toBeUndefined();
  });

  it('are written as a place, and read from an address', () => {
    expect(placeText('a.ts', undefined)).toBe('a.ts');
    expect(placeText('a.ts', { start: 3, end: 3 })).toBe('a.ts:3');
    expect(placeText('a.ts', { start: 3, end: 9 })).toBe('a.ts:3-9');
    expect(linesOfPlace({ line: '3' })).toEqual({ start: 3, end: 3 });
    expect(linesOfPlace({ line: '3', end: '9' })).toEqual({ start: 3, end: 9 });
    for (const line of ['0', '-2', 'x', '1.5', '']) expect(linesOfPlace({ line })).toBeUndefined();
    expect(linesOfPlace({ line: '9', end: '3' })).toBeUndefined();
  });
});

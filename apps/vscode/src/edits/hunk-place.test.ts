import { createTwoFilesPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeOf } from './hunk-place.ts';
import { parseUnifiedDiff } from './unified-diff.ts';

const hunksOf = (before: readonly string[], after: readonly string[]) =>
  parseUnifiedDiff(createTwoFilesPatch('a/x', 'b/x', `${before.join('\n')}\n`, `${after.join('\n')}\n`))[0]?.hunks ??
  [];

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}`);

describe('placeOf', () => {
  const before = numbered(20);
  const after = before.with(9, 'changed');
  const [hunk] = hunksOf(before, after);
  if (!hunk) throw new Error('the diff has no hunk');

  it('finds a change where it was made', () => {
    expect(placeOf(hunk, after)).toEqual({ start: 9, end: 10 });
  });

  it('finds it after lines were put before it', () => {
    expect(placeOf(hunk, ['new', 'new', 'new', ...after])).toEqual({ start: 12, end: 13 });
  });

  it('finds it where a line next to it was changed', () => {
    expect(placeOf(hunk, after.with(10, 'other'))).toEqual({ start: 9, end: 10 });
  });

  it('does not find what was changed since', () => {
    expect(placeOf(hunk, after.with(9, 'changed again'))).toBeUndefined();
  });

  it('finds a removal by the lines around it', () => {
    const [removal] = hunksOf(before, before.toSpliced(5, 2));
    expect(removal && placeOf(removal, ['new', ...before.toSpliced(5, 2)])).toEqual({ start: 6, end: 6 });
  });

  it('takes the nearest of several places', () => {
    const same = Array.from({ length: 30 }, () => 'same');
    const [third] = hunksOf(same, same.with(15, 'x'));
    expect(third && placeOf(third, same.with(2, 'x').with(15, 'x').with(28, 'x'))).toEqual({ start: 15, end: 16 });
  });

  it('finds every hunk of a diff in the text that it led to', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', ''), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(lines, lines, (old, young) => {
        for (const each of hunksOf(old, young)) {
          const place = placeOf(each, [...young, '']);
          const first = each.lines.findIndex((line) => !line.startsWith(' '));
          expect(place?.start).toBe(each.newStart - 1 + first);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

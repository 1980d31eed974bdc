import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStyle } from './style.ts';
import { tableLines } from './table.ts';
import { fitted, textWidth, wrapped } from './text-width.ts';

const style = createStyle(false);
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('a', 'é', '語', '…', ' ', '🙂'),
    fc.string({ maxLength: 1 }).filter((one) => !/[\n\t]/.test(one)),
  ),
  maxLength: 30,
});

describe('tableLines', () => {
  it('never makes a line wider than the terminal', () => {
    const column = fc.record(
      {
        title: fc.constantFrom('A', 'LONG TITLE'),
        align: fc.constantFrom('left' as const, 'right' as const),
        least: fc.nat(10),
        spare: fc.nat(3),
      },
      { requiredKeys: ['title'] },
    );
    fc.assert(
      fc.property(
        fc.array(column, { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(text, { maxLength: 6 }), { maxLength: 4 }),
        fc.integer({ min: 1, max: 100 }),
        (columns, rows, width) => {
          for (const line of tableLines(
            columns,
            rows.map((cells) => ({ cells })),
            { width, style },
          ))
            expect(textWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it('puts numbers to the right, leaves out empty columns, cuts, then drops what can be spared', () => {
    const columns = [
      { title: 'NAME', least: 6 },
      { title: 'SIZE', align: 'right' as const },
      { title: 'EMPTY' },
      { title: 'NOTE', spare: 1 },
    ];
    const rows = [{ cells: ['a-long-name', '5', '', 'yes'] }, { cells: ['b', '1,234', '', 'no'] }];
    const at = (width: number) => tableLines(columns, rows, { width, style });
    expect(at(80)).toEqual(['NAME          SIZE  NOTE', 'a-long-name      5  yes', 'b            1,234  no']);
    expect(at(20)).toEqual(['NAME      SIZE  NOTE', 'a-long…      5  yes', 'b        1,234  no']);
    expect(at(18)).toEqual(['NAME          SIZE', 'a-long-name      5', 'b            1,234']);
  });
});

describe('text', () => {
  it('is cut to columns of a terminal, not to characters', () => {
    expect(textWidth('語a\u0301')).toBe(3);
    expect(fitted('日本語', 5)).toBe('日本…');
    expect(fitted('abc', 3)).toBe('abc');
    expect(fitted('abc', 0)).toBe('');
  });

  it('is wrapped at spaces, and a long word stays whole', () => {
    expect(wrapped('aa bb  cc\ndd', 5)).toEqual(['aa bb', 'cc dd']);
    expect(wrapped('a verylongword b', 5)).toEqual(['a', 'verylongword', 'b']);
    expect(wrapped('', 5)).toEqual([]);
    expect(wrapped('a b', Infinity)).toEqual(['a b']);
  });
});

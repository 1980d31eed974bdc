import { fitted, textWidth } from './text-width.ts';
import type { Style } from './style.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand to the right. Default `left`. */
  readonly align?: 'left' | 'right';
  /** Where the table is too wide, this column is cut down to this many characters before any column is left out. */
  readonly least?: number;
  /** Where that is not enough, columns with a number here are left out, the highest first. Default: it stays. */
  readonly spare?: number;
}

/** One line of a table; `strong` for a sum or a heading. */
export interface Row {
  readonly cells: readonly string[];
  readonly strong?: boolean;
}

/** Between two columns. */
const gap = 2;

/**
 * A table as lines of at most `width` characters. A column in which every cell is empty is left out. The cells hold no control
 * sequences and no line ends. What cannot be shortened enough is cut at the edge, so that a line never wraps.
 */
export function tableLines(
  columns: readonly Column[],
  rows: readonly Row[],
  layout: { width: number; style: Style },
): string[] {
  const { width, style } = layout;
  let shown = columns
    .map((column, at) => ({ column, at, needs: Math.max(...rows.map(({ cells }) => textWidth(cells[at] ?? '')), 0) }))
    .filter(({ needs }) => needs > 0)
    .map((one) => ({ ...one, size: Math.max(one.needs, one.column.title.length) }));
  const total = (): number => shown.reduce((sum, { size }) => sum + size, gap * Math.max(0, shown.length - 1));
  const squeeze = (): void => {
    for (const one of shown) {
      const least = Math.max(one.column.least ?? one.size, 1);
      one.size = Math.max(Math.min(one.size, least), one.size - Math.max(0, total() - width));
    }
  };
  squeeze();
  while (total() > width) {
    const spare = shown.filter(({ column }) => column.spare !== undefined);
    const [first] = spare.sort((a, b) => (b.column.spare ?? 0) - (a.column.spare ?? 0));
    if (first === undefined) break;
    shown = shown
      .filter((one) => one !== first)
      .map((one) => ({ ...one, size: Math.max(one.needs, one.column.title.length) }));
    squeeze();
  }
  const line = (texts: readonly string[]): string => {
    const cells = shown.map(({ column, at, size }) => {
      const text = fitted(texts[at] ?? '', size);
      const space = ' '.repeat(size - textWidth(text));
      return column.align === 'right' ? `${space}${text}` : `${text}${space}`;
    });
    return fitted(cells.join(' '.repeat(gap)).trimEnd(), width);
  };
  return [
    style.dim(line(columns.map(({ title }) => title))),
    ...rows.map(({ cells, strong }) => (strong === true ? style.bold(line(cells)) : line(cells))),
  ];
}

export interface SortState {
  readonly key: string;
  readonly descending: boolean;
}

/** Rows by a word or a number; equals stay as they were. Words go as a person orders them, `2` before `10`. */
export function sortRows<Row>(
  rows: readonly Row[],
  by: (row: Row) => string | number,
  descending: boolean,
): readonly Row[] {
  const words = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  const turn = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [by(one), by(other)];
    return turn * (typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b)));
  });
}

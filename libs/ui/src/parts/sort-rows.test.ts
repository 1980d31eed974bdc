import { expect, it } from 'vitest';
import { sortRows } from './sort-rows.ts';

it('orders words as a person does, numbers by size, and leaves equals where they were', () => {
  const named = (...names: string[]) => names.map((name, at) => ({ name, at }));
  expect(sortRows(named('b10', 'A', 'b2'), (row) => row.name, false).map((row) => row.name)).toEqual([
    'A',
    'b2',
    'b10',
  ]);
  expect(sortRows([3, 10, 2], (row) => row, true)).toEqual([10, 3, 2]);
  expect(sortRows(named('x', 'X', 'x'), (row) => row.name, true).map((row) => row.at)).toEqual([0, 1, 2]);
});

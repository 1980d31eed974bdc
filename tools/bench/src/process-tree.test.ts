import { expect, it } from 'vitest';
import { descendants } from './process-tree.ts';

it('follows children of children, and nobody else', () => {
  const process = (pid: number, parent: number) => ({ pid, parent, time: 1 });
  const all = [process(1, 0), process(2, 1), process(3, 2), process(4, 3), process(5, 1)];
  expect(descendants(2, all)).toEqual([2, 3, 4]);
  expect(descendants(9, all)).toEqual([9]);
});

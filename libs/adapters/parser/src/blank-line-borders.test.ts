import { expect, it } from 'vitest';
import { blankLineBorders } from './blank-line-borders.ts';

it.each([
  ['', []],
  ['\n\n', []],
  ['a', [1]],
  ['a\nb\n\nc', [1, 4]],
  ['\n  \n a\r\n\r\nb\r\n', [3, 5]],
])('blankLineBorders(%j)', (text, borders) => {
  expect(blankLineBorders(text)).toEqual(borders);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPathFinder } from './path-finder.ts';

const letter = fc.constantFrom(...'abcXY1/._-ä漢'.split(''));
const path = fc.string({ unit: letter, minLength: 1, maxLength: 12 });

/** Whether a text holds the letters of another in their order. */
function holds(text: string, letters: string): boolean {
  let at = -1;
  return [...letters].every((each) => (at = text.indexOf(each, at + 1)) >= 0);
}

describe('createPathFinder', () => {
  it('finds exactly the paths that hold the letters of every word in their order', () => {
    const words = fc.array(path, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 30 }), words, (paths, asked) => {
        const found = createPathFinder(paths).find(asked.join(' '), 1000);
        const wanted = paths.filter((each) => asked.every((word) => holds(each.toLowerCase(), word.toLowerCase())));
        expect(found.toSorted()).toEqual(wanted.toSorted());
      }),
    );
  });

  it('gives the same best ones however few are asked for', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 300 }),
        path,
        fc.integer({ min: 1, max: 9 }),
        (paths, word, limit) => {
          const finder = createPathFinder(paths);
          expect(finder.find(word, limit)).toEqual(finder.find(word, 1000).slice(0, limit));
        },
      ),
    );
  });
});

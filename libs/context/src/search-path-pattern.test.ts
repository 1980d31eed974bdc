import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPathTest } from './search-path-pattern.ts';

describe('createPathTest', () => {
  it.each([
    ['src/', 'src/a.ts', true],
    ['src/', 'libs/src/a.ts', true],
    ['src/', 'mysrc/a.ts', false],
    ['./src', 'src/a.ts', true],
    ['/src', 'src/a.ts', true],
    ['SRC/A', 'src/a.ts', true],
    ['cart', 'src/cart-store.ts', true],
    ['store', 'src/cart-store.ts', false],
    ['*.test.ts', 'src/a.test.ts', true],
    ['*.test.ts', 'src/a.test.tsx', false],
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/b/a.ts', false],
    ['src/**/*.ts', 'src/b/c/a.ts', true],
    ['src/**/*.ts', 'src/a.ts', true],
    ['a?.ts', 'src/ab.ts', true],
    ['a?.ts', 'src/a.ts', false],
    ['test*', 'tests/unit/a.ts', true],
    ['', 'a', true],
    ['*', 'a/b', true],
  ])('%j on %j is %j', (pattern, path, meets) => {
    expect(createPathTest(pattern)(path)).toBe(meets);
  });

  it('agrees with a regular expression written for it', () => {
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '**', '?', '.'), { minLength: 1, maxLength: 6 })
      .map((all) => all.join(''));
    const path = fc
      .array(fc.constantFrom('a', 'b', '/', '.'), { minLength: 1, maxLength: 8 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(pattern, path, (given, where) => {
        const wanted = given.replace(/^(?:\.?\/)+/u, '');
        fc.pre(/[*?]/u.test(wanted));
        const source = wanted
          .replaceAll('.', '\\.')
          .replace(/\*\*\/?|\*|\?/gu, (star) => (star.startsWith('**') ? '[^]*' : star === '*' ? '[^/]*' : '[^/]'));
        expect(createPathTest(given)(where)).toBe(new RegExp(`(?:^|/)${source}(?:$|/|(?<=/))`, 'u').test(where));
      }),
    );
  });

  it('stays quick on patterns made to be slow', () => {
    const test = createPathTest(`${'*a'.repeat(150)}b`);
    expect(test('a'.repeat(3_000))).toBe(false);
  });
});

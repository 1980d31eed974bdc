import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ftsExpression } from './text-query.ts';

describe('ftsExpression', () => {
  it.each([
    ['where are sessions stored?', '"sessions" OR "stored" OR "sessionsstored"'],
    ['where is it?', '"where" OR "is" OR "it" OR "whereis" OR "isit"'],
    ['parseBody', '"parsebody" OR "parse" OR "body" OR "parsebody"*'],
    ['session', '"session" OR "session"*'],
    ['a" OR (b', '"b"'],
    ['NOT', '"not" OR "not"*'],
  ])('%s', (text, expression) => {
    expect(ftsExpression(text)).toBe(expression);
  });

  it('is nothing where there is no word', () => {
    for (const text of ['', ' ', '?!', '"', '___', '\u0000', '😀']) expect(ftsExpression(text)).toBeUndefined();
  });

  it('has a bounded number of quoted terms, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const terms = ftsExpression(text)?.split(' OR ') ?? [];
        expect(terms.length).toBeLessThanOrEqual(64);
        for (const term of terms) expect(term).toMatch(/^"[\p{L}\p{N}\p{M}]+"\*?$/u);
      }),
      { seed: 1 },
    );
  });
});

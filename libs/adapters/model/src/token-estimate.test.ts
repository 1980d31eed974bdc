import fc from 'fast-check';
import { expect, it } from 'vitest';
import { estimateTokens } from './token-estimate.ts';

// Counts that current tokenizers do not exceed by much: a word each, digits one by one, a few characters of kana.
it.each<[string, number]>([
  ['hello world', 2],
  ['export function createStore(options: Options): Store {\n  return open(options.path);\n}\n', 20],
  ['1234567890', 10],
  ['ありがとうございます', 4],
  ['', 0],
])('is not below the count of a tokenizer: %s', (text, tokens) => {
  expect(estimateTokens(text)).toBeGreaterThanOrEqual(tokens);
});

it('grows with the text and never exceeds its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      expect(estimateTokens(a)).toBeLessThanOrEqual(new TextEncoder().encode(a).length);
      expect(estimateTokens(a + b)).toBeGreaterThanOrEqual(Math.max(estimateTokens(a), estimateTokens(b)) - 1);
    }),
  );
});

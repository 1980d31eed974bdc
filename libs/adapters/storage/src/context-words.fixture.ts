import type { ContextWords } from './sqlite-context-store.ts';

/** Words as they stand, in lower case: what a test needs of a splitter. */
export const plainWords: ContextWords = {
  indexed: (text) => wordsOf(text).join(' '),
  expression: (question) => {
    const words = wordsOf(question).map((word) => `"${word}"`);
    return words.length === 0 ? undefined : words.join(' OR ');
  },
};

function wordsOf(text: string): string[] {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 10_000);
}

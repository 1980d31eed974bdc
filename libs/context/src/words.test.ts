import { describe, expect, it } from 'vitest';
import { isSameFamily, splitWords, stem } from './words.ts';

describe('words', () => {
  it('splits names at case and punctuation', () => {
    expect(splitWords('parseHTTPBody_v2 content-type.parser')).toEqual([
      'parse',
      'http',
      'body',
      'v',
      '2',
      'content',
      'type',
      'parser',
    ]);
  });

  it.each([
    ['parsed', 'parser'],
    ['stored', 'storage'],
    ['registers', 'registration'],
    ['running', 'runner'],
    ['queries', 'query'],
    ['cancelled', 'cancellation'],
    ['sessions', 'session'],
  ])('takes %s and %s for one family', (one, other) => {
    expect(isSameFamily(stem(one), stem(other))).toBe(true);
  });

  it.each([
    ['class', 'close'],
    ['port', 'path'],
    ['log', 'login'],
    ['model', 'mode'],
  ])('keeps %s and %s apart', (one, other) => {
    expect(isSameFamily(stem(one), stem(other))).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { createIndexedText, splitWord, wordsOf } from './search-words.ts';

describe('splitWord', () => {
  it.each([
    ['parseRequestBody', 'parserequestbody', ['parse', 'request', 'body']],
    ['parse_request_body', 'parserequestbody', ['parse', 'request', 'body']],
    ['PARSE_BODY', 'parsebody', ['parse', 'body']],
    ['HTTPServer', 'httpserver', ['http', 'server']],
    ['XMLHttpRequest', 'xmlhttprequest', ['xml', 'http', 'request']],
    ['utf8Decoder', 'utf8decoder', ['utf', 'decoder']],
    ['sha256', 'sha256', ['sha', '256']],
    ['word', 'word', []],
    ['Word', 'word', []],
    ['__init__', 'init', []],
    ['$scope', 'scope', []],
    ['ÄhnlicheWörter', 'ähnlichewörter', ['ähnliche', 'wörter']],
    ['検索語', '検索語', ['検索', '索語']],
    ['___', '', []],
  ])('%s', (word, whole, parts) => {
    expect(splitWord(word)).toEqual({ whole, parts });
  });
});

describe('createIndexedText', () => {
  it('writes each word whole and then its parts', () => {
    const indexed = createIndexedText();
    expect(indexed('const maxSize = readSize(maxSize);')).toBe(
      'const maxsize max size readsize read size maxsize max size',
    );
  });

  it('gives the same for a word that it has met and one that it has forgotten', () => {
    const indexed = createIndexedText();
    const before = indexed('parseBody');
    for (let at = 0; at < 60_000; at += 1) indexed(`name${at}`);
    expect(indexed('parseBody')).toBe(before);
  });
});

describe('wordsOf', () => {
  it('leaves out what is data', () => {
    expect(wordsOf(`short ${'A1'.repeat(60)} a.b-c`)).toEqual(['short', 'a', 'b', 'c']);
  });
});

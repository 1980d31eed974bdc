import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQuery } from './query.ts';

describe('readQuery', () => {
  it('drops the words of asking', () => {
    expect(readQuery('How is a request body parsed?').stems).toEqual(['request', 'bod', 'pars']);
  });

  it('finds the names that are spelled out', () => {
    expect(readQuery('what does `foo` do with Session.append, max_size and parseBody()?').identifiers).toEqual([
      'foo',
      'Session.append',
      'max_size',
      'parseBody',
    ]);
    expect(readQuery('Where is it. The end').identifiers).toEqual([]);
  });

  it('guesses names from words in a row', () => {
    expect(readQuery('where is the content type parser').guessedNames).toEqual(
      expect.arrayContaining(['contentTypeParser', 'ContentTypeParser', 'content_type', 'parser', 'Parser']),
    );
  });

  it('keeps the words when all of them are words of asking', () => {
    expect(readQuery('how does it work').stems.length).toBeGreaterThan(0);
  });

  it('sees what kind of file is asked for', () => {
    expect(readQuery('where are the tests of the parser').asksFor.tests).toBe(true);
    expect(readQuery('where is the parser').asksFor).toEqual({
      tests: false,
      documents: false,
      examples: false,
      settings: false,
    });
  });

  it('reads any text without failing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const query = readQuery(text);
        return query.guessedNames.length <= 100 && query.identifiers.length <= 8;
      }),
    );
  });
});

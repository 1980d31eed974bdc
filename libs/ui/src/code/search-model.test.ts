import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptySearch,
  filterText,
  groupHits,
  matchesIn,
  previewOf,
  questionOf,
  removeFilter,
  typeSearch,
  unmetFilters,
  type SearchFilter,
} from './search-model.ts';

const hit = (path: string, snippet = '', startLine = 1) => ({
  ...{ path, snippet, startLine, endLine: startLine, symbol: '', score: 1 },
});

describe('typeSearch', () => {
  it('makes a chip of a filter once a space follows it', () => {
    const typed = typeSearch(emptySearch, 'lang:ts');
    expect(typed).toMatchObject({ text: 'lang:ts', filters: [] });
    const done = typeSearch(typed, 'retry -path:"my test" lang:ts upload');
    expect(done.filters).toEqual([
      { name: 'path', value: 'my test', isExcluding: true },
      { name: 'lang', value: 'ts', isExcluding: false },
    ]);
    expect(questionOf(done)?.query).toBe(
      'retry   upload -path:"my test" lang:ts'.replace(/ {3}/u, typedGap(done.text)),
    );
  });

  it('leaves names with two colons, and exact searches, as they are', () => {
    expect(typeSearch(emptySearch, 'path::join x').filters).toEqual([]);
    expect(typeSearch({ ...emptySearch, mode: 'exact' }, 'path:src x')).toMatchObject({
      text: 'path:src x',
      filters: [],
    });
  });

  it('finds its own chips again, whatever their values', () => {
    const value = fc
      .string({ minLength: 1 })
      .filter((text) => /^[^"'\s][^"]*$/u.test(text) && text.trim() === text && !text.startsWith(':'));
    const filter = fc.record({
      name: fc.constantFrom('path' as const, 'lang' as const, 'kind' as const, 'symbol' as const),
      value,
      isExcluding: fc.boolean(),
    });
    fc.assert(
      fc.property(filter, (each: SearchFilter) => {
        expect(typeSearch(emptySearch, `word ${filterText(each)} `).filters).toEqual([each]);
        expect(removeFilter([each], { ...each })).toEqual([]);
      }),
    );
  });
});

const typedGap = (text: string) => /retry(\s+)upload/u.exec(text)?.[1] ?? '';

describe('questionOf', () => {
  it('asks nothing without words', () => {
    expect(questionOf({ ...emptySearch, text: '  ' })).toBeUndefined();
  });

  it('gives filters of an exact search beside it, and says which it cannot meet', () => {
    const form = {
      ...emptySearch,
      ...{ text: ' a(b', mode: 'exact' as const },
      filters: [
        { name: 'path' as const, value: 'src/', isExcluding: false },
        { name: 'path' as const, value: 'test', isExcluding: true },
        { name: 'lang' as const, value: 'go', isExcluding: false },
      ],
    };
    expect(questionOf(form)).toEqual({
      ...{ query: ' a(b', mode: 'exact', limit: 30, explain: false },
      ...{ paths: ['src/'], languages: ['go'] },
    });
    expect(unmetFilters(form)).toEqual([form.filters[1]]);
    expect(unmetFilters({ ...form, mode: 'plain' })).toEqual([]);
  });
});

describe('matchesIn', () => {
  const found = (line: string, text: string, mode: 'plain' | 'exact' = 'plain') =>
    matchesIn(line, { text, mode }).map(({ start, end }) => line.slice(start, end));

  it('finds words at their beginnings, also within a name', () => {
    expect(found('await withRetry(retry, entry)', 'where is retry')).toEqual(['Retry', 'retry']);
    expect(found('try { retry() }', 'try')).toEqual(['try']);
  });

  it('minds upper case of an exact text only where it has some', () => {
    expect(found('Foo foo', 'foo', 'exact')).toEqual(['Foo', 'foo']);
    expect(found('Foo foo', 'Foo', 'exact')).toEqual(['Foo']);
  });

  it('stays within the line, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.constantFrom('plain', 'exact'),
        (line, text, mode) => {
          for (const { start, end } of matchesIn(line, { text, mode: mode as 'plain' })) {
            expect(start).toBeLessThan(end);
            expect(end).toBeLessThanOrEqual(line.length);
          }
        },
      ),
    );
  });
});

describe('results', () => {
  it('puts neighbours of one file together and keeps the order', () => {
    const groups = groupHits([hit('a'), hit('a'), hit('b'), hit('a')]);
    expect(groups.map(({ path, hits }) => [path, hits.map(({ index }) => index)])).toEqual([
      ['a', [0, 1]],
      ['b', [2]],
      ['a', [3]],
    ]);
  });

  it('shows the lines around the first match', () => {
    const lines = Array.from({ length: 20 }, (_, at) => (at === 12 ? 'the needle' : `line ${at}`)).join('\n');
    const preview = previewOf(hit('a', lines, 100), { text: 'needle', mode: 'plain' });
    expect(preview.startLine).toBe(111);
    expect(preview.text.split('\n')[1]).toBe('the needle');
    expect(previewOf(hit('a', 'x\ny', 5), { text: 'needle', mode: 'plain' })).toEqual({ text: 'x\ny', startLine: 5 });
  });
});

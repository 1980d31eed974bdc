import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { operatorNames, readSearchText } from './search-operators.ts';

const nothing = { wanted: [], unwanted: [] };

describe('readSearchText', () => {
  it('takes operators out, and leaves the question', () => {
    expect(
      readSearchText('path:src/ where lang:ts are -path:test carts kind:"class" saved symbol:Session.append'),
    ).toEqual({
      text: 'where are carts saved',
      operators: {
        path: { wanted: ['src/'], unwanted: ['test'] },
        lang: { wanted: ['ts'], unwanted: [] },
        symbol: { wanted: ['Session.append'], unwanted: [] },
        kind: { wanted: ['class'], unwanted: [] },
      },
    });
  });

  it('takes several of one name as alternatives, each once, names in any case', () => {
    const { operators } = readSearchText('Lang:go LANG:rust lang:go -lang:c');
    expect(operators.lang).toEqual({ wanted: ['go', 'rust'], unwanted: ['c'] });
  });

  it('reads values in quotes, to the end where one is missing', () => {
    expect(readSearchText(`path:"a folder/x" path:'b c'`).operators.path.wanted).toEqual(['a folder/x', 'b c']);
    expect(readSearchText('carts path:"a b').operators.path.wanted).toEqual(['a b']);
  });

  it.each(['path::join', 'path: x', 'path:', 'path:""', 'xpath:a', 'a.path:b', '"path:x"', 'std::path::Path'])(
    'leaves %j in the question',
    (text) => {
      expect(readSearchText(text)).toEqual({
        text: text.trim(),
        operators: { path: nothing, lang: nothing, symbol: nothing, kind: nothing },
      });
    },
  );

  it('is never an error, and finds no operator in what it left', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('path:', '-path:', 'lang:', '"', "'", ' ', ':', 'symbol:x', 'kind:"', '\n', '--kind:a'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { text, operators } = readSearchText(pieces.join(''));
        expect(text).toBe(text.trim());
        for (const { wanted, unwanted } of Object.values(operators))
          for (const value of [...wanted, ...unwanted]) expect(value.trim()).not.toBe('');
      }),
    );
  });

  it('reads back what is written', () => {
    const word = fc.stringMatching(/^[a-z0-9_./*]{1,12}$/u);
    const written = fc.record({
      name: fc.constantFrom(...operatorNames),
      minus: fc.boolean(),
      value: word,
      quoted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(written, { maxLength: 8 }), fc.array(word, { maxLength: 4 }), (given, words) => {
        const operators = given.map(
          ({ name, minus, value, quoted }) => `${minus ? '-' : ''}${name}:${quoted ? `"${value}"` : value}`,
        );
        const read = readSearchText([...operators, ...words].join(' '));
        expect(read.text).toBe(words.join(' '));
        for (const name of operatorNames) {
          const values = (minus: boolean) => [
            ...new Set(given.filter((one) => one.name === name && one.minus === minus).map(({ value }) => value)),
          ];
          expect(read.operators[name]).toEqual({ wanted: values(false), unwanted: values(true) });
        }
      }),
    );
  });

  it('stays quick on long texts', () => {
    const text = `${'path:"'.repeat(20_000)}${' -symbol:x'.repeat(20_000)}`;
    expect(readSearchText(text).operators.symbol.wanted).toEqual([]);
  });
});

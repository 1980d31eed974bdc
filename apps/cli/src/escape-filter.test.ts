import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEscapeFilter, withoutEscapes } from './escape-filter.ts';

const wild = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\u001b',
        '\u001b[',
        '\u001b]',
        '\u0007',
        '\u009b',
        '\u009d',
        '\n',
        '\t',
        '\r',
        '\\',
        'm',
        '31',
        ';',
      ),
      fc.string({ unit: 'binary' }),
    ),
  )
  .map((parts) => parts.join(''));

describe('the escape filter', () => {
  it.each([
    ['colour', 'a\u001b[31mb\u001b[0mc', 'abc'],
    ['window title', 'a\u001b]0;title\u0007b', 'ab'],
    ['clipboard, ended by ST', 'a\u001b]52;c;ZXZpbA==\u001b\\b', 'ab'],
    ['device control', 'a\u001bPq#0\u001b\\b', 'ab'],
    ['8-bit introducer', 'a\u009b2Jb', 'ab'],
    ['carriage return and backspace', 'safe\r\b\bevil', 'safeevil'],
    ['charset', 'a\u001b(0b', 'ab'],
    ['unfinished string, up to the end of the line', 'a\u001b]0;title\nb', 'a\nb'],
    ['an escape in the middle of a sequence', 'a\u001b[3\u001b[31mb', 'ab'],
    ['letters, emoji and tabs', 'né\t漢字 👩‍💻\n', 'né\t漢字 👩‍💻\n'],
  ])('%s', (_name, text, clean) => {
    expect(withoutEscapes(text)).toBe(clean);
  });

  it('never lets a control character through', () => {
    fc.assert(fc.property(wild, (text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u.test(withoutEscapes(text))));
  });

  it('gives the same for a text in pieces as for the whole', () => {
    fc.assert(
      fc.property(wild, fc.nat(), (text, at) => {
        const characters = [...text];
        const cut = characters.length === 0 ? 0 : at % (characters.length + 1);
        const filter = createEscapeFilter();
        expect(filter(characters.slice(0, cut).join('')) + filter(characters.slice(cut).join(''))).toBe(
          withoutEscapes(text),
        );
      }),
    );
  });
});

import fc from 'fast-check';
import { common, createLowlight } from 'lowlight';
import { describe, expect, it } from 'vitest';
import { holdsHidden, markRanges, plainLines, showHidden, textLines, type CodeLine } from './code-lines.ts';
import { highlightLines } from './highlight-lines.ts';
import { languageNamed, languageOf } from './language-of.ts';

const lowlight = createLowlight(common);
const textOf = (line: CodeLine) => line.map(({ text }) => text).join('');

const code = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom('"', '`${', '}', '/*', '*/', '//', 'function f() {', '\n', '\r\n', '"""', '#'),
    ),
  )
  .map((parts) => parts.join(' '));

describe('highlightLines', () => {
  it('gives the lines of the text, whatever the grammar makes of it', () => {
    fc.assert(
      fc.property(
        code,
        fc.constantFrom('typescript', 'python', 'markdown', 'xml', 'bash', 'nothing'),
        (text, language) => {
          expect(highlightLines(lowlight, { text, language }).map(textOf)).toEqual(textLines(text));
          expect(plainLines(text).map(textOf)).toEqual(textLines(text));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('gives a line that lies in a comment of several the meaning of that comment', () => {
    const lines = highlightLines(lowlight, { text: '/* a\n b */ const x = 1;', language: 'typescript' });
    expect(lines[1]?.[0]).toEqual({ text: ' b */', scope: 'comment' });
    expect(lines[1]?.some(({ scope }) => scope === 'keyword')).toBe(true);
  });
});

describe('markRanges', () => {
  it('keeps the text and its meanings, and marks the characters of the ranges and no others', () => {
    const tokens = fc.array(fc.record({ text: fc.string({ minLength: 1 }), scope: fc.constantFrom('', 'string') }));
    const ranges = fc.array(
      fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) })),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(tokens, ranges, (line, all) => {
        const pieces = markRanges(line, all);
        expect(textOf(pieces)).toBe(textOf(line));
        const characters = pieces.flatMap(({ text, scope, marked }) => text.split('').map(() => ({ scope, marked })));
        const scopes = line.flatMap(({ text, scope }) => text.split('').map(() => scope));
        for (const [at, { scope, marked }] of characters.entries()) {
          expect(scope).toBe(scopes[at]);
          expect(marked).toBe(all.some(({ start, end }) => start <= at && at < end));
        }
      }),
    );
  });
});

describe('showHidden', () => {
  it('loses nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(
          showHidden(text)
            .map((piece) => piece.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  it('names characters that turn or hide text, and leaves pictures and letters of any script alone', () => {
    expect(showHidden('a\u202Eb\u200Bc')).toEqual([
      { text: 'a' },
      { text: '\u202E', code: 'U+202E' },
      { text: 'b' },
      { text: '\u200B', code: 'U+200B' },
      { text: 'c' },
    ]);
    for (const text of ['\u{E0041}', '\uFEFF', '\u2067', 'x\u200Dy', 'a\uFE0F', '\u0000'])
      expect(holdsHidden(text)).toBe(true);
    for (const text of ['👩‍💻', '❤️', '1️⃣', 'שלום', 'नमस्ते', '\tx', 'naïve']) expect(holdsHidden(text)).toBe(false);
  });
});

describe('languageOf', () => {
  it('goes by the name of a file, in any case', () => {
    expect(languageOf('src/A.TS')).toBe('typescript');
    expect(languageOf('Dockerfile')).toBe('dockerfile');
    expect(languageOf('LICENSE')).toBeUndefined();
    expect(languageOf('x.constructor')).toBeUndefined();
  });

  it('knows what a fence calls it', () => {
    expect(languageNamed('ts')).toBe('typescript');
    expect(languageNamed('elixir')).toBe('elixir');
    expect(languageNamed('text')).toBeUndefined();
  });
});

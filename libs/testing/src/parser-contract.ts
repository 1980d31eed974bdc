import type { ParsedSource, Parser } from '@nootropic/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const sample = [
  'export class Greeter {',
  '  name = "";',
  '}',
  '',
  'export function greet(who: string): string {',
  '  return shout(who);',
  '}',
  '',
  'const limit = 3;',
  '',
].join('\n');

function expectWithin(parsed: ParsedSource, text: string): void {
  const lines = text.split('\n').length;
  for (const symbol of parsed.symbols) {
    expect(symbol.startLine).toBeGreaterThanOrEqual(1);
    expect(symbol.endLine).toBeGreaterThanOrEqual(symbol.startLine);
    expect(symbol.endLine).toBeLessThanOrEqual(lines);
  }
  for (const { line } of parsed.references) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
  }
  expect(parsed.borders).toEqual([...new Set(parsed.borders)].sort((a, b) => a - b));
  for (const border of parsed.borders) {
    expect(border).toBeGreaterThanOrEqual(1);
    expect(border).toBeLessThanOrEqual(lines);
  }
  const starts = parsed.symbols.map((symbol) => symbol.startLine);
  expect(starts).toEqual([...starts].sort((a, b) => a - b));
}

/** What every `Parser` must do. `makeSubject` is called once; the suite disposes what it gave. */
export function describeParserContract(name: string, makeSubject: () => Parser | Promise<Parser>): void {
  describe(`Parser contract: ${name}`, () => {
    let parser: Parser;
    beforeAll(async () => {
      parser = await makeSubject();
    });
    afterAll(async () => {
      await parser[Symbol.asyncDispose]();
    });

    it('names the language of known source text and no other', () => {
      expect(parser.language('src/a.ts')).toBe('typescript');
      expect(parser.language('deep/er/b.py')).toBe('python');
      expect(parser.language('README.md')).toBe('markdown');
      expect(parser.language('logo.png')).toBeUndefined();
      expect(parser.language('')).toBeUndefined();
    });

    it('tells where a text does not follow its grammar, and of none where it does', async () => {
      expect((await parser.parse('src/greet.ts', sample)).errors).toBeUndefined();
      expect((await parser.parse('a.json', '{"a": [1]}')).errors).toBeUndefined();
      const broken = await parser.parse('src/greet.ts', sample.replace('shout(who)', 'shout(who'));
      expect(broken.errors?.length).toBeGreaterThan(0);
      for (const { line, text } of broken.errors ?? []) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(sample.split('\n').length);
        expect(text).not.toBe('');
        expect(text.length).toBeLessThanOrEqual(100);
        expect(text).not.toContain('\n');
      }
      expect((await parser.parse('a.json', '{"a": [1}')).errors?.[0]?.line).toBe(1);
      expect((await parser.parse('notes.md', 'Not ( closed.')).errors).toBeUndefined();
    });

    it('finds declarations with their lines and kinds, in order', async () => {
      const parsed = await parser.parse('src/greet.ts', sample);
      expect(parsed.language).toBe('typescript');
      const found = parsed.symbols.map(({ path, name: symbol, kind, startLine }) => ({
        path,
        symbol,
        kind,
        startLine,
      }));
      expect(found).toEqual([
        { path: 'src/greet.ts', symbol: 'Greeter', kind: 'class', startLine: 1 },
        { path: 'src/greet.ts', symbol: 'greet', kind: 'function', startLine: 5 },
        { path: 'src/greet.ts', symbol: 'limit', kind: 'constant', startLine: 9 },
      ]);
      expect(parsed.symbols[1]?.signature).toContain('greet(who: string)');
      expectWithin(parsed, sample);
    });

    it('finds the call and the symbol that holds it', async () => {
      const { references } = await parser.parse('src/greet.ts', sample);
      expect(references).toContainEqual({ path: 'src/greet.ts', line: 6, name: 'shout', from: 'greet' });
    });

    it('finds the sections of Markdown', async () => {
      const { symbols } = await parser.parse('a.md', '# One\n\ntext\n\n# Two\n');
      expect(symbols.map(({ name: title, kind, startLine }) => [title, kind, startLine])).toEqual([
        ['One', 'section', 1],
        ['Two', 'section', 5],
      ]);
    });

    it('gives no symbols and the borders of blank lines for text it does not know', async () => {
      const parsed = await parser.parse('notes.unknown', 'one\ntwo\n\n\nthree\n');
      expect(parsed.symbols).toEqual([]);
      expect(parsed.references).toEqual([]);
      expect(parsed.borders).toEqual([1, 5]);
    });

    it('takes an empty text', async () => {
      const parsed = await parser.parse('empty.ts', '');
      expect(parsed.symbols).toEqual([]);
      expect(parsed.borders).toEqual([]);
    });

    it.each([
      ['broken', 'function a( {\nclass {{{\n export const\n'],
      ['CRLF', 'function a() {\r\n  b();\r\n}\r\n\r\nfunction c() {}\r\n'],
      ['a byte order mark', '\uFEFFfunction a() {}\n'],
      ['characters beyond the basic plane', 'const 名 = "😀😀";\nfunction a() { return "😀"; }\n'],
      ['NUL', 'function a() {}\0\nfunction b() {}\n'],
      ['half a surrogate pair', 'const a = "\uD83D";\n'],
    ])('takes a text with %s, and every line lies within it', async (_what, text) => {
      expectWithin(await parser.parse('odd.ts', text), text);
    });

    it('gives the same for the same text', async () => {
      expect(await parser.parse('src/greet.ts', sample)).toEqual(await parser.parse('src/greet.ts', sample));
    });

    it('rejects when cancelled', async () => {
      await expect(parser.parse('a.ts', sample, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('rejects a text over 5 MB, counted in bytes', async () => {
      await expect(parser.parse('a.txt', 'é'.repeat(3 * 1024 * 1024))).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('can be disposed of twice', async () => {
      const other = await makeSubject();
      await other.parse('a.ts', sample);
      await other[Symbol.asyncDispose]();
      await expect(other[Symbol.asyncDispose]()).resolves.toBeUndefined();
    });
  });
}

import type { ParsedSource, SymbolInfo } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkFile } from './chunk.ts';

const symbol = (
  name: string,
  kind: SymbolInfo['kind'],
  [startLine, endLine]: readonly [number, number],
): SymbolInfo => ({
  path: 'a.ts',
  name,
  kind,
  startLine,
  endLine,
  signature: `${kind} ${name}`,
  doc: `About ${name}.`,
});
const parsed = (symbols: SymbolInfo[], borders: number[] = []): ParsedSource => ({
  language: 'typescript',
  symbols,
  references: [],
  imports: [],
  borders,
});
const lines = (count: number, text = (line: number) => `line ${String(line)};`): string[] =>
  Array.from({ length: count }, (_, index) => text(index + 1));
const ranges = (text: string, source: ParsedSource): string[] =>
  chunkFile('a.ts', text, source).map((chunk) => `${String(chunk.startLine)}-${String(chunk.endLine)} ${chunk.symbol}`);

describe('chunkFile', () => {
  it('gives each function a chunk with the comment above it, and groups what lies between', () => {
    const text = [
      'import a;',
      'import b;',
      '',
      '/**',
      ' * Adds.',
      ' */',
      'function add() {',
      '}',
      'const x = 1;',
      '@memo',
      'function sub() {',
      '  y;',
      '}',
    ].join('\n');
    const source = parsed([
      symbol('add', 'function', [7, 8]),
      symbol('x', 'constant', [9, 9]),
      symbol('sub', 'function', [11, 13]),
    ]);
    expect(ranges(text, source)).toEqual(['1-2 ', '4-8 add', '9-9 x', '10-13 sub']);
  });

  it('separates the header of a large class from its methods, and keeps a small class whole', () => {
    const methods = [symbol('C.a', 'method', [5, 24]), symbol('C.b', 'method', [26, 45])];
    const source = parsed([symbol('C', 'class', [1, 47]), ...methods]);
    expect(ranges(lines(47).join('\n'), source)).toEqual(['1-4 C', '5-24 C.a', '25-25 C', '26-45 C.b', '46-47 C']);
    const small = parsed([symbol('C', 'class', [1, 10]), symbol('C.a', 'method', [3, 9])]);
    expect(ranges(lines(10).join('\n'), small)).toEqual(['1-10 C']);
  });

  it('keeps a documented interface in one piece', () => {
    const source = parsed([
      symbol('I', 'interface', [1, 40]),
      symbol('I.a', 'method', [3, 6]),
      symbol('I.b', 'method', [8, 12]),
    ]);
    expect(ranges(lines(40).join('\n'), source)).toEqual(['1-40 I']);
  });

  it('cuts a long function at the last border that fits', () => {
    const source = parsed([symbol('f', 'function', [1, 100])], [1, 20, 50, 80]);
    expect(ranges(lines(100).join('\n'), source)).toEqual(['1-49 f', '50-100 f']);
  });

  it('takes large inner functions out of a long function', () => {
    const source = parsed([symbol('f', 'function', [1, 90]), symbol('f.g', 'function', [10, 60])], []);
    expect(ranges(lines(90).join('\n'), source)).toEqual(['1-9 f', '10-60 f.g', '61-90 f']);
  });

  it('puts path, names, signature and doc before the text that is embedded', () => {
    const [chunk] = chunkFile('a.ts', 'function add() {}', parsed([symbol('add', 'function', [1, 1])]));
    expect(chunk?.embedded).toBe('a.ts\nadd\nfunction add\nAbout add.\n\nfunction add() {}');
    expect(chunk).toMatchObject({
      kind: 'function',
      signature: 'function add',
      doc: 'About add.',
      text: 'function add() {}',
    });
  });

  it('keeps the start of a very long line only, and gives nothing for an empty file', () => {
    expect(chunkFile('a.txt', 'x'.repeat(50_000), parsed([]))[0]?.text.length).toBe(1000);
    expect(chunkFile('a.txt', '', parsed([]))).toEqual([]);
    expect(chunkFile('a.txt', '\n\n  \n', parsed([]))).toEqual([]);
  });

  it('covers every line that has a letter or a digit exactly once, with ranges inside the file, whatever the parser says', () => {
    const line = fc.constantFrom(
      '',
      '  ',
      '}',
      '// note',
      '/* open',
      ' end */',
      '@x',
      'a();',
      '#include <x>',
      'x'.repeat(300),
      '# title',
    );
    const anySymbol = fc.record({
      kind: fc.constantFrom('function', 'class', 'method', 'constant', 'interface', 'section'),
      start: fc.integer({ min: 1, max: 130 }),
      length: fc.integer({ min: -2, max: 120 }),
    });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 130 }),
        fc.array(anySymbol, { maxLength: 12 }),
        fc.array(fc.integer({ min: -1, max: 140 }), { maxLength: 20 }),
        (text, wild, borders) => {
          const symbols = wild.map(({ kind, start, length }, index) =>
            symbol(`s${String(index)}`, kind as 'function', [start, start + length]),
          );
          const chunks = chunkFile(
            'a.ts',
            text.join('\n'),
            parsed(
              symbols,
              borders.toSorted((a, b) => a - b),
            ),
          );
          const covered = new Map<number, number>();
          let before = 0;
          for (const chunk of chunks) {
            expect(chunk.startLine).toBeGreaterThan(before);
            expect(chunk.endLine).toBeGreaterThanOrEqual(chunk.startLine);
            expect(chunk.endLine).toBeLessThanOrEqual(text.length);
            expect(chunk.text).toBe(text.slice(chunk.startLine - 1, chunk.endLine).join('\n'));
            expect(chunk.text.length).toBeLessThanOrEqual(2_400);
            before = chunk.endLine;
            for (let at = chunk.startLine; at <= chunk.endLine; at += 1) covered.set(at, (covered.get(at) ?? 0) + 1);
          }
          for (const [index, content] of text.entries()) {
            if (/[\p{L}\p{N}]/u.test(content)) expect(covered.get(index + 1), `line ${String(index + 1)}`).toBe(1);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

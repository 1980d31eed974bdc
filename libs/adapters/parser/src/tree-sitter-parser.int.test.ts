import { describeParserContract } from '@nootropic/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { grammarFiles, installedGrammar, type GrammarFile } from './grammar-files.ts';
import { languageSpecs } from './languages/index.ts';
import { createTreeSitterParser } from './tree-sitter-parser.ts';

describeParserContract('tree-sitter', () => createTreeSitterParser());

const extensions: Readonly<Record<string, string>> = {
  c: 'c',
  cpp: 'cpp',
  csharp: 'cs',
  css: 'css',
  go: 'go',
  java: 'java',
  javascript: 'js',
  kotlin: 'kt',
  php: 'php',
  python: 'py',
  ruby: 'rb',
  rust: 'rs',
  scala: 'scala',
  shell: 'sh',
  swift: 'swift',
  toml: 'toml',
  tsx: 'tsx',
  typescript: 'ts',
  yaml: 'yaml',
};

describe('createTreeSitterParser', () => {
  const parser = createTreeSitterParser();
  afterAll(() => parser[Symbol.asyncDispose]());

  it('has a sample extension for every language that has a grammar', () => {
    expect(Object.keys(extensions).sort()).toEqual([...languageSpecs.keys()].sort());
    for (const [language, extension] of Object.entries(extensions))
      expect(parser.language(`a.${extension}`)).toBe(language);
  });

  it('loads a grammar with the first text of its language, and only once', async () => {
    const asked: GrammarFile[] = [];
    const lazy = createTreeSitterParser({
      grammar: (file) => {
        asked.push(file);
        return installedGrammar(file);
      },
    });
    await lazy.parse('a.txt', 'x');
    expect(asked).toEqual([]);
    await Promise.all([lazy.parse('a.go', 'package a'), lazy.parse('b.go', 'package b')]);
    await lazy.parse('a.md', '# x');
    expect(asked).toEqual(['web-tree-sitter.wasm', 'tree-sitter-go.wasm']);
    await lazy[Symbol.asyncDispose]();
    await expect(lazy.parse('a.go', 'package a')).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('says which grammar cannot be read, and takes it when it is there the next time', async () => {
    let missing = true;
    const repaired = createTreeSitterParser({
      grammar: (file) => (missing && file === 'tree-sitter-go.wasm' ? '/nonexistent/go.wasm' : installedGrammar(file)),
    });
    await expect(repaired.parse('a.go', 'package a')).rejects.toThrow(/grammar for go/u);
    missing = false;
    await expect(repaired.parse('a.go', 'func A() {}')).resolves.toMatchObject({ symbols: [{ name: 'A' }] });
    await repaired[Symbol.asyncDispose]();
  });

  it('names for every grammar a package that is installed', () => {
    for (const file of Object.keys(grammarFiles)) expect(installedGrammar(file as GrammarFile)).toContain(file);
  });

  it('takes a text as plain when its time is spent, and goes on with the next', async () => {
    let time = 0;
    const hurried = createTreeSitterParser({ budgetMs: 10, now: () => (time += 1) });
    const long = `${'function a() { return [1, 2, 3]; }\n'.repeat(20_000)}\n\nlast();\n`;
    expect(await hurried.parse('a.js', long)).toMatchObject({ symbols: [], references: [], borders: [1, 20_003] });
    expect(await hurried.parse('b.js', 'function b() {}')).toMatchObject({ symbols: [{ name: 'b' }] });
    await hurried[Symbol.asyncDispose]();
  });

  it.each([
    ['parentheses', 'js', '('.repeat(100_000)],
    ['blocks', 'c', `void f() ${'{'.repeat(50_000)}`],
    ['arrays', 'ts', `const x = ${'['.repeat(50_000)}${']'.repeat(50_000)};`],
    ['functions', 'js', `${'function f(){'.repeat(3_000)}${'}'.repeat(3_000)}`],
    ['calls', 'py', `${'f('.repeat(20_000)}${')'.repeat(20_000)}`],
  ])('survives deeply nested %s', async (_what, extension, text) => {
    const hurried = createTreeSitterParser({ budgetMs: 500 });
    const parsed = await hurried.parse(`deep.${extension}`, text);
    await hurried[Symbol.asyncDispose]();
    expect(parsed.borders.every((line) => line >= 1)).toBe(true);
    expect(await parser.parse(`after.${extension}`, 'f(1)')).toMatchObject({ references: [{ name: 'f' }] });
  });

  it('takes any text in any language, and every range lies within it', async () => {
    const words = fc.constantFrom(
      'class',
      'function',
      'fn',
      'def',
      'impl',
      'struct',
      'interface',
      '{',
      '}',
      '(',
      ')',
      '=>',
      '\n',
      '\r\n',
      '"',
      "'",
      '`',
      '/*',
      '*/',
      '//',
      '#',
      '@a',
      '::',
      '.',
      ';',
      '<',
      '>',
      '=',
      'x',
      '名',
      '😀',
      '\0',
      '\uD800',
      '\uFEFF',
      '  ',
      '\t',
      '<?php',
      'module',
      'create',
      'table',
      '$$',
      'begin',
      'end',
      'import',
      'from',
      'use',
      'require',
      '*',
      '[a]',
      'a: b',
      '- c',
      '"cells"',
      '"source"',
      ':',
      ',',
      '[',
      ']',
      '<h2 id="a">',
      '</h2>',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(words, { maxLength: 60 }).map((parts) => parts.join(' ')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(extensions), 'md', 'html', 'json', 'ipynb', 'sql'),
        text,
        async (extension, source) => {
          const parsed = await parser.parse(`any.${extension}`, source);
          const lines = source.split('\n').length;
          for (const { startLine, endLine, signature } of parsed.symbols) {
            expect(startLine >= 1 && startLine <= endLine && endLine <= lines).toBe(true);
            expect(signature.length).toBeLessThanOrEqual(300);
            expect(signature).not.toMatch(/[\n\r]/u);
          }
          for (const { line } of [...parsed.references, ...parsed.imports])
            expect(line >= 1 && line <= lines).toBe(true);
          for (const { module, names } of parsed.imports)
            expect([module, ...names.flatMap(({ name, as }) => [name, as])].every((part) => part !== '')).toBe(true);
          expect(
            parsed.borders.every(
              (line, index) => line >= 1 && line <= lines && line > (parsed.borders[index - 1] ?? 0),
            ),
          ).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('does not take a carriage return alone for the end of a line', async () => {
    const parsed = await parser.parse('a.md', '\r\u0000');
    expect(parsed.borders.every((line) => line === 1)).toBe(true);
    const { symbols } = await parser.parse('b.md', 'text\rmore\r\n# Title\n');
    expect(symbols).toMatchObject([{ name: 'Title', startLine: 2 }]);
  });

  it('keeps its memory bounded over 2 000 texts', async () => {
    const text = Array.from(
      { length: 20 },
      (_, index) => `export function f${index}(a: number) { return g(a, ${index}); }`,
    ).join('\n');
    const round = async (count: number): Promise<number> => {
      for (let index = 0; index < count; index += 1) await parser.parse(`f${index}.ts`, text);
      return process.memoryUsage().external;
    };
    const early = await round(100);
    const late = await round(1_900);
    // The engine's memory is counted as external; 1 900 trees that were kept would take over 64 MB of it.
    expect(late - early).toBeLessThan(16 * 1024 * 1024);
  });
});

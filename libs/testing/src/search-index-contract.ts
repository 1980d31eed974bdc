import {
  NootropicError,
  type Chunk,
  type FileFacts,
  type IndexedFileContent,
  type ReferenceKind,
  type SearchIndex,
} from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

export interface SourceSketch {
  readonly path: string;
  readonly language?: string;
  readonly hash?: string;
  readonly chunks?: readonly (Partial<Chunk> & { readonly text: string })[];
  readonly symbols?: readonly {
    readonly name: string;
    readonly startLine?: number;
    readonly kind?: 'function' | 'section';
  }[];
  readonly references?: readonly {
    readonly name: string;
    readonly line: number;
    readonly from?: string;
    readonly kind?: ReferenceKind;
  }[];
  readonly imports?: readonly {
    readonly module: string;
    readonly line?: number;
    readonly names?: readonly { readonly name: string; readonly as: string }[];
  }[];
}

/** The content of a file for an index, from the parts that a test is about. Chunks get ten lines each, and their text as hash. */
export function sketchFile(sketch: SourceSketch): IndexedFileContent {
  const {
    path,
    language = 'typescript',
    hash = `hash of ${path}`,
    chunks = [],
    symbols = [],
    references = [],
    imports = [],
  } = sketch;
  return {
    file: { path, hash, bytes: 100, mtimeMs: 1_700_000_000_000.25, language },
    chunks: chunks.map((chunk, at) => ({
      hash: chunk.text,
      startLine: at * 10 + 1,
      endLine: at * 10 + 10,
      symbol: '',
      signature: '',
      doc: '',
      ...chunk,
    })),
    symbols: symbols.map(({ name, startLine = 1, kind = 'function' }) => ({
      path,
      name,
      kind,
      startLine,
      endLine: startLine + 1,
      signature: `${name}()`,
      doc: 'Does it.',
    })),
    imports: imports.map(({ module, line = 1, names = [] }) => ({ path, line, module, names })),
    references: references.map(({ name, line, from = '', kind }) => ({
      path,
      name,
      line,
      from,
      ...(kind !== undefined && { kind }),
    })),
  };
}

const noVectors = new Map<string, Float32Array>();

/** The tests that every `SearchIndex` passes. `makeSubject` gives an empty index. */
export function describeSearchIndexContract(
  name: string,
  makeSubject: (options: { readonly dimensions: number }) => Promise<SearchIndex> | SearchIndex,
): void {
  describe(`${name} is a SearchIndex`, () => {
    let index: SearchIndex;
    beforeEach(async () => {
      index = await makeSubject({ dimensions: 3 });
    });
    afterEach(() => index[Symbol.asyncDispose]());

    const put = (...files: SourceSketch[]) =>
      index.apply({ upsert: files.map(sketchFile), remove: [], vectors: noVectors });
    const putVectors = (vectors: Record<string, readonly number[]>) =>
      index.apply({
        upsert: [],
        remove: [],
        vectors: new Map(Object.entries(vectors).map(([hash, values]) => [hash, Float32Array.from(values)])),
      });
    const pathsFor = async (text: string, limit = 10) => (await index.query({ text }, limit)).map((hit) => hit.path);
    const textsNear = async (values: readonly number[], limit = 10) =>
      (await index.query({ vector: Float32Array.from(values) }, limit)).map((hit) => hit.chunk.text);
    const codeOf = (action: Promise<unknown>) =>
      action.then(
        () => 'resolved',
        (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
      );

    it('is empty at first', async () => {
      expect(await index.files()).toEqual([]);
      expect(await index.query({ text: 'anything' }, 5)).toEqual([]);
      expect(await index.query({ vector: Float32Array.of(1, 0, 0) }, 5)).toEqual([]);
      expect(await index.stats()).toMatchObject({ files: 0, chunks: 0, symbols: 0, vectors: 0 });
    });

    it('gives back files and chunks as they came', async () => {
      const content = sketchFile({
        path: 'src/session.ts',
        chunks: [
          {
            text: 'append(event) {\n}',
            symbol: 'Session.append',
            kind: 'method',
            signature: 'append(event: Event): void',
            doc: 'Adds an event.',
          },
        ],
      });
      await index.apply({ upsert: [content], remove: [], vectors: noVectors });
      expect(await index.files()).toEqual([content.file]);
      const [hit] = await index.query({ text: 'append' }, 5);
      expect(hit).toEqual({ path: 'src/session.ts', chunk: content.chunks[0], score: expect.any(Number) as number });
      expect(hit?.score).toBeGreaterThan(0);
    });

    it('replaces all that was known of a path, and forgets a removed one', async () => {
      await put(
        {
          path: 'a.ts',
          hash: '1',
          chunks: [{ text: 'walrus' }],
          symbols: [{ name: 'old' }],
          references: [{ name: 'past', line: 3 }],
        },
        { path: 'b.ts', chunks: [{ text: 'walrus too' }] },
      );
      await put({ path: 'a.ts', hash: '2', chunks: [{ text: 'penguin' }], symbols: [{ name: 'young' }] });
      expect(await pathsFor('walrus')).toEqual(['b.ts']);
      expect(await pathsFor('penguin')).toEqual(['a.ts']);
      expect(await index.symbols('old')).toEqual([]);
      expect(await index.references('past')).toEqual([]);
      expect((await index.files()).map((file) => [file.path, file.hash])).toEqual([
        ['a.ts', '2'],
        ['b.ts', 'hash of b.ts'],
      ]);
      await index.apply({ upsert: [], remove: ['a.ts', 'never-there.ts'], vectors: noVectors });
      expect(await pathsFor('penguin')).toEqual([]);
      expect(await index.symbols('young')).toEqual([]);
      expect(await index.stats()).toMatchObject({ files: 1, chunks: 1, symbols: 0 });
    });

    it.each([
      ['where is the request body parsed?', 'body.ts'],
      ['request body', 'body.ts'],
      ['parseRequestBody', 'body.ts'],
      ['parse_request_body', 'body.ts'],
      ['sessions', 'session.ts'],
      ['how are sessions stored', 'session.ts'],
      ['HTTP server', 'http.py'],
      ['http_server', 'http.py'],
    ])('finds by words: %s', async (text, path) => {
      await put(
        {
          path: 'body.ts',
          chunks: [
            {
              text: 'export function parseRequestBody(input) { return JSON.parse(input) }',
              symbol: 'parseRequestBody',
            },
          ],
        },
        {
          path: 'session.ts',
          chunks: [{ text: 'class SqliteStore { /* stores a session */ }', symbol: 'SqliteStore' }],
        },
        { path: 'http.py', chunks: [{ text: 'class HTTPServer: pass', symbol: 'HTTPServer' }] },
        { path: 'noise.ts', chunks: [{ text: 'const colour = "blue"' }] },
      );
      expect((await pathsFor(text))[0]).toBe(path);
    });

    it('finds the words of a question when there are no others', async () => {
      await put({ path: 'a.ts', chunks: [{ text: 'where is it' }] }, { path: 'b.ts', chunks: [{ text: 'colour' }] });
      expect(await pathsFor('where is it?')).toEqual(['a.ts']);
    });

    it.each([
      '"',
      "'",
      'a" OR "b',
      'text:x',
      '*',
      'a*',
      'NOT',
      'a AND',
      '(',
      'x NEAR/2 y',
      '^a',
      '-a',
      '{a b}: c',
      '\u0000',
      '😀',
      ' ',
      '',
      'a'.repeat(5_000),
      'word '.repeat(5_000),
      '日本語の検索',
      '\ud800',
    ])('takes any text: %j', async (text) => {
      await put({ path: 'a.ts', chunks: [{ text: 'some words' }] });
      expect(Array.isArray(await index.query({ text }, 5))).toBe(true);
    });

    it('gives at most as many as asked, best first', async () => {
      await put(
        {
          path: 'once.ts',
          chunks: [{ text: 'walrus and many other words that stand here to make the text longer than the other one' }],
        },
        { path: 'twice.ts', chunks: [{ text: 'walrus walrus', symbol: 'walrus' }] },
        { path: 'never.ts', chunks: [{ text: 'penguin' }] },
      );
      expect(await pathsFor('walrus')).toEqual(['twice.ts', 'once.ts']);
      expect(await pathsFor('walrus', 1)).toEqual(['twice.ts']);
      expect(await pathsFor('walrus', 0)).toEqual([]);
      const scores = (await index.query({ text: 'walrus' }, 5)).map((hit) => hit.score);
      expect(scores[0]).toBeGreaterThan(scores[1] ?? Infinity);
    });

    it('filters by the start of the path and by language, in text and in vectors', async () => {
      await put(
        { path: 'src/a.ts', chunks: [{ text: 'walrus one' }] },
        { path: 'test/a.ts', chunks: [{ text: 'walrus two' }] },
        { path: 'src/a.py', language: 'python', chunks: [{ text: 'walrus three' }] },
        { path: 'src%/a.ts', chunks: [{ text: 'walrus four' }] },
      );
      await putVectors({
        'walrus one': [1, 0, 0],
        'walrus two': [1, 0, 0.1],
        'walrus three': [1, 0.1, 0],
        'walrus four': [1, 0.1, 0.1],
      });
      for (const query of [{ text: 'walrus' }, { vector: Float32Array.of(1, 0, 0) }]) {
        const found = async (filter: Parameters<SearchIndex['query']>[2], limit = 10) =>
          (await index.query(query, limit, filter)).map((hit) => hit.path).sort();
        expect(await found({})).toHaveLength(4);
        expect(await found({ paths: ['src/'] })).toEqual(['src/a.py', 'src/a.ts']);
        expect(await found({ paths: ['src/', 'test/'], languages: ['typescript'] })).toEqual(['src/a.ts', 'test/a.ts']);
        expect(await found({ paths: ['src%'] }, 1)).toEqual(['src%/a.ts']);
        expect(await found({ languages: ['cobol'] })).toEqual([]);
      }
    });

    it('finds by cosine, whatever the length of the vectors', async () => {
      await put({
        path: 'a.ts',
        chunks: [{ text: 'east' }, { text: 'north' }, { text: 'north-east' }, { text: 'no vector' }],
      });
      await putVectors({ east: [2, 0, 0], north: [0, 0.5, 0], 'north-east': [3, 3, 0] });
      expect(await textsNear([5, 1, 0])).toEqual(['east', 'north-east', 'north']);
      expect(await textsNear([0, -1, 0], 1)).toEqual(['east']);
      const hits = await index.query({ vector: Float32Array.of(0, 7, 0) }, 2);
      expect(hits.map((hit) => hit.chunk.text)).toEqual(['north', 'north-east']);
      expect(hits[0]?.score).toBeCloseTo(1, 5);
      expect(hits[1]?.score).toBeCloseTo(Math.SQRT1_2, 5);
    });

    it('shares a vector among equal chunks, and knows which hashes have none', async () => {
      await put(
        { path: 'a.ts', chunks: [{ text: 'same' }] },
        { path: 'b.ts', chunks: [{ text: 'same' }, { text: 'other' }] },
      );
      expect(await index.missingVectors(['same', 'other', 'same'])).toEqual(['same', 'other']);
      await putVectors({ same: [1, 0, 0] });
      expect(await index.missingVectors(['same', 'other'])).toEqual(['other']);
      expect((await index.query({ vector: Float32Array.of(1, 0, 0) }, 5)).map((hit) => hit.path)).toEqual([
        'a.ts',
        'b.ts',
      ]);
      await put({ path: 'b.ts', chunks: [{ text: 'same' }] });
      expect(await index.missingVectors(['same'])).toEqual([]);
    });

    it('never shows a chunk that is gone by its vector, and drops the vector when asked to tidy up', async () => {
      await put({ path: 'a.ts', chunks: [{ text: 'gone' }, { text: 'gone too' }, { text: 'kept' }] });
      await putVectors({ gone: [1, 0, 0], 'gone too': [1, 0, 0], kept: [0, 1, 0] });
      await put({ path: 'a.ts', chunks: [{ text: 'kept' }] });
      expect(await textsNear([1, 0, 0], 1)).toEqual(['kept']);
      expect(await index.stats({ optimize: true })).toMatchObject({ chunks: 1, vectors: 1 });
      expect(await index.missingVectors(['gone', 'kept'])).toEqual(['gone']);
      expect(await textsNear([1, 0, 0])).toEqual(['kept']);
    });

    it('takes a batch whole or not at all', async () => {
      const upsert = [sketchFile({ path: 'a.ts', chunks: [{ text: 'walrus' }] })];
      const vectors = new Map([
        ['walrus', Float32Array.of(1, 0, 0)],
        ['short', Float32Array.of(1, 0)],
      ]);
      expect(await codeOf(index.apply({ upsert, remove: [], vectors }))).toBe('INPUT_INVALID');
      expect(
        await codeOf(index.apply({ upsert, remove: [], vectors: new Map([['x', Float32Array.of(1, NaN, 0)]]) })),
      ).toBe('INPUT_INVALID');
      expect(await index.files()).toEqual([]);
      expect(await index.missingVectors(['walrus'])).toEqual(['walrus']);
      expect(await codeOf(index.query({ vector: Float32Array.of(1, 0) }, 5))).toBe('INPUT_INVALID');
    });

    it('knows definitions by qualified name or its last part, exactly', async () => {
      await put(
        { path: 'b.ts', symbols: [{ name: 'append', startLine: 7 }] },
        {
          path: 'a.ts',
          symbols: [{ name: 'Session.append' }, { name: 'Session' }, { name: 'List::append', startLine: 9 }],
        },
        { path: 'c.md', symbols: [{ name: 'Version 1. append', kind: 'section' }] },
      );
      const names = async (wanted: string) => (await index.symbols(wanted)).map((symbol) => symbol.name);
      expect(await names('append')).toEqual(['append', 'Session.append', 'List::append']);
      expect(await names('Session.append')).toEqual(['Session.append']);
      for (const none of ['Append', 'app', 'session.append', '', '%']) expect(await names(none)).toEqual([]);
      expect(await index.symbols('Session')).toEqual([
        {
          path: 'a.ts',
          name: 'Session',
          kind: 'function',
          startLine: 1,
          endLine: 2,
          signature: 'Session()',
          doc: 'Does it.',
        },
      ]);
    });

    it('forgets the mentions of a file that no longer holds them', async () => {
      const mentions = (name: string) => ({ path: 'a.ts', references: [{ name, line: 2, kind: 'use' as const }] });
      await put(mentions('log.append'));
      await put(mentions('log.write'));
      expect(await index.references('append')).toEqual([]);
      expect(await index.references('write')).toEqual([
        { path: 'a.ts', name: 'log.write', line: 2, from: '', kind: 'use' },
      ]);
    });

    it('knows the places that name the last part, without the definition itself', async () => {
      await put(
        {
          path: 'a.ts',
          symbols: [{ name: 'Session.append', startLine: 4 }],
          references: [
            { name: 'append', line: 4 },
            { name: 'append', line: 5, from: 'Session.append' },
          ],
        },
        {
          path: 'b.ts',
          references: [
            { name: 'log.append', line: 4, from: 'run' },
            { name: 'Append', line: 6 },
            { name: 'appendAll', line: 7 },
          ],
        },
      );
      const places = [
        { path: 'a.ts', line: 5, name: 'append', from: 'Session.append' },
        { path: 'b.ts', line: 4, name: 'log.append', from: 'run' },
      ];
      expect(await index.references('append')).toEqual(places);
      expect(await index.references('Session.append')).toEqual(places);
    });

    it('gives what the parser found, file by file, in the order of paths', async () => {
      const contents = [
        sketchFile({
          path: 'b.ts',
          symbols: [{ name: 'Session' }, { name: 'Session.append', startLine: 4 }],
          references: [
            { name: 'log.write', line: 5, from: 'Session.append', kind: 'call' },
            { name: 'write', line: 5, from: 'Session.append' },
            { name: 'Base', line: 1, from: 'Session', kind: 'inherit' },
            { name: 'Session.append', line: 4 },
          ],
          imports: [
            {
              module: './log',
              line: 1,
              names: [
                { name: 'write', as: 'write' },
                { name: 'default', as: 'log' },
              ],
            },
            { module: 'node:fs', line: 2 },
          ],
        }),
        sketchFile({ path: 'a.py', language: 'python' }),
      ];
      await index.apply({ upsert: contents, remove: [], vectors: noVectors });
      const given = async (paths?: readonly string[]) => {
        const found: FileFacts[] = [];
        for await (const each of index.facts(paths)) found.push(each);
        return found;
      };
      const expected = contents.map(({ file: { path, language }, symbols, references, imports }) => ({
        path,
        language,
        symbols,
        references,
        imports,
      }));
      expect(await given()).toEqual(expected.toReversed());
      expect(await given(['b.ts', 'never-there.ts', 'b.ts'])).toEqual([expected[0]]);
      expect(await given([])).toEqual([]);
    });

    it('gives each file of `facts` as it was at one moment, and leaves out what is removed meanwhile', async () => {
      const version = (name: string) => ({ path: 'c.ts', symbols: [{ name }], references: [{ name, line: 9 }] });
      await put({ path: 'a.ts' }, { path: 'b.ts' }, version('old'));
      const seen: FileFacts[] = [];
      for await (const each of index.facts()) {
        if (each.path === 'a.ts') {
          await index.apply({ upsert: [sketchFile(version('young'))], remove: ['b.ts'], vectors: noVectors });
        }
        seen.push(each);
      }
      expect(seen.map((each) => each.path)).toEqual(['a.ts', 'c.ts']);
      expect(seen[1]?.symbols[0]?.name).toBe(seen[1]?.references[0]?.name);
    });

    it('filters by the kind of the symbol that a chunk belongs to', async () => {
      await put({
        path: 'a.ts',
        chunks: [
          { text: 'walrus class', kind: 'class' },
          { text: 'walrus method', kind: 'method' },
          { text: 'walrus alone' },
        ],
      });
      await putVectors({ 'walrus class': [1, 0, 0], 'walrus method': [1, 0, 0], 'walrus alone': [1, 0, 0] });
      for (const query of [{ text: 'walrus' }, { vector: Float32Array.of(1, 0, 0) }]) {
        const found = async (kinds: readonly ('class' | 'method' | 'enum')[]) =>
          (await index.query(query, 10, { kinds })).map((hit) => hit.chunk.text).sort();
        expect(await found(['method'])).toEqual(['walrus method']);
        expect(await found(['method', 'class'])).toEqual(['walrus class', 'walrus method']);
        expect(await found(['enum'])).toEqual([]);
        expect(await found([])).toHaveLength(3);
      }
    });

    it('counts what it holds', async () => {
      await put({ path: 'a.ts', chunks: [{ text: 'one' }, { text: 'two' }], symbols: [{ name: 'f' }] });
      await putVectors({ one: [1, 0, 0] });
      const stats = await index.stats();
      expect(stats).toMatchObject({ files: 1, chunks: 2, symbols: 1, vectors: 1 });
      expect(stats.bytes).toBeGreaterThan(0);
    });

    it('may be disposed twice', async () => {
      await index[Symbol.asyncDispose]();
      await index[Symbol.asyncDispose]();
    });
  });
}

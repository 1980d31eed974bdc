import type { Files, SearchIndex, SymbolInfo } from '@nootropic/contracts';
import { createMemoryFiles } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createAround } from './completion-around.ts';
import { completionExtras, findDefinitions, namesInUse } from './completion-definitions.ts';

const symbol = (path: string, name: string, more: Partial<SymbolInfo> = {}): SymbolInfo => ({
  ...{ path, name, startLine: 3, endLine: 6, kind: 'function', signature: `function ${name}()`, doc: '' },
  ...more,
});

const symbols = [
  symbol('src/store.ts', 'Store', { kind: 'class', signature: 'class Store', startLine: 1, endLine: 40 }),
  symbol('src/store.ts', 'Store.append', { kind: 'method', signature: 'append(event: Event): void' }),
  symbol('src/parse.ts', 'parseLine'),
  symbol('test/parse.test.ts', 'parseLine'),
  symbol('src/own.ts', 'ownHelper'),
];

const indexOf = (all: readonly SymbolInfo[], wait?: Promise<void>): Pick<SearchIndex, 'symbols' | 'facts'> => ({
  async symbols(name) {
    await wait;
    return all.filter((each) => each.name === name || each.name.endsWith(`.${name}`));
  },
  async *facts(paths = []) {
    for (const path of paths)
      yield {
        path,
        language: 'typescript',
        symbols: all.filter((each) => each.path === path),
        references: [],
        imports: [],
      };
  },
});

const text = `import { Store } from './store.ts';\nimport {\n  parseLine,\n} from './parse.ts';\n\nfunction ownHelper() {}\n`;

describe('namesInUse', () => {
  it('finds what is imported in several languages, also over lines', () => {
    expect(namesInUse(text).imported).toEqual(['Store', 'parseLine']);
    expect(namesInUse('from app.models import User, Order as Bought\n').imported).toEqual([
      'app',
      'models',
      'User',
      'Order',
      'Bought',
    ]);
    expect(namesInUse("const { readConfig } = require('./config')\n").imported).toEqual(['readConfig']);
  });

  it('finds the same names near the cursor while some lines are typed', () => {
    const before = Array.from({ length: 64 }, (_, at) => `use${String(at)}(thing);\n`).join('');
    expect(namesInUse(before).near).toContain('use60');
    expect(namesInUse(`${before}another(line);\nand(more);\n`).near).toEqual(namesInUse(before).near);
  });
});

describe('findDefinitions', () => {
  it('gives what other files define, types with what they hold, in the order of their places', async () => {
    const found = await findDefinitions(indexOf(symbols), { path: 'src/own.ts', names: namesInUse(text) });
    expect(found.map(({ name }) => name)).toEqual(['parseLine', 'Store', 'Store.append']);
    expect(found[0]?.path).toBe('src/parse.ts');
  });
});

describe('completionExtras', () => {
  it('tells definitions by file, then the edits, the newest last, within the room', () => {
    const extras = completionExtras(
      symbols.slice(0, 3),
      [
        { path: 'new.ts', text: 'newest\n' },
        { path: 'old.ts', text: 'older\n' },
      ],
      200,
    );
    expect(extras.map(({ name, role, text: said }) => [name, role, said])).toEqual([
      ['src/store.ts', 'definition', 'class Store\nappend(event: Event): void'],
      ['src/parse.ts', 'definition', 'function parseLine()'],
      ['old.ts', 'edit', 'older'],
      ['new.ts', 'edit', 'newest'],
    ]);
    const length = completionExtras(symbols, [{ path: 'new.ts', text: 'x'.repeat(500) }], 60).reduce(
      (sum, { name, text: said }) => sum + name.length + said.length,
      0,
    );
    expect(length).toBeLessThanOrEqual(60);
  });
});

describe('createAround', () => {
  const files = (): Files =>
    createMemoryFiles({
      '.gitignore': 'secret-plans/\n*.tmp\n',
      '.nootropicignore': 'private.ts\n',
      'src/own.ts': text,
    });

  it.each([
    ['.env', /secrets/],
    ['secret-plans/a.ts', /ignore rules/],
    ['src/a.tmp', /ignore rules/],
    ['private.ts', /ignore rules/],
    ['node_modules/a/b.js', /ignore rules/],
    ['logo.png', /no text/],
  ])('leaves out %s, and says why', async (path, why) => {
    const around = createAround({ files: files(), index: indexOf(symbols), clock: () => 0 });
    expect((await around({ path, before: '' })).leftOut).toMatch(why);
  });

  it('knows what a file needs that is not saved yet', async () => {
    const around = createAround({ files: files(), index: indexOf(symbols), clock: () => 0 });
    const { leftOut, definitions } = await around({ path: 'src/new.ts', before: text }, { ms: 1_000 });
    expect(leftOut).toBeUndefined();
    expect(definitions.map(({ name }) => name)).toContain('Store');
  });

  it('refuses a path that leads out', async () => {
    const around = createAround({ files: files(), index: indexOf(symbols), clock: () => 0 });
    await expect(around({ path: '../other/a.ts', before: '' })).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
  });

  it('goes without what is late, and has it the next time', async () => {
    const slow = Promise.withResolvers<void>();
    const around = createAround({ files: files(), index: indexOf(symbols, slow.promise), clock: () => 0 });
    expect((await around({ path: 'src/new.ts', before: text }, { ms: 1 })).definitions).toEqual([]);
    slow.resolve();
    const later = await around({ path: 'src/new.ts', before: text }, { ms: 1_000 });
    expect(later.definitions.length).toBeGreaterThan(0);
  });
});

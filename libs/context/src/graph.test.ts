import { NootropicError, type History } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, handleOf, placeOf, wholeFile } from './graph-store.ts';
import { graphOf, type FileSketch } from './graph.fixture.ts';

const store: FileSketch = {
  symbols: ['class Session 1-20', 'method Session.append 3-8', 'method Session.check 10-12', 'function open 22-30'],
  references: ['Session.append > check @5', 'open > Session @24'],
};

describe('who calls a symbol', () => {
  it('is found through imports, under another name, through a file that passes it on, and as a default', async () => {
    const { ask } = await graphOf({
      'src/session.ts': store,
      'src/index.ts': { imports: ['./session.ts: open, open as openSession', './log.ts: default as log'] },
      'src/log.ts': { symbols: ['function writeLog 1-3'] },
      'src/a.ts': { symbols: ['function a 1-9'], references: ['a > open @4'], imports: ['./session.ts: open'] },
      'src/b.ts': { references: ['> start @7'], imports: ['./index.ts: openSession as start'] },
      'src/c.ts': { symbols: ['function c 2-4'], references: ['c > log @3'], imports: ['./log: default as log'] },
    });
    expect(await ask('callers', 'open')).toEqual(['calls src/a.ts:a', 'calls src/b.ts', 'uses src/index.ts']);
    expect(await ask('callers', 'writeLog')).toEqual(['calls src/c.ts:c', 'uses src/index.ts']);
  });

  it('is not taken for another of the same name that is imported or nearer', async () => {
    const { ask } = await graphOf({
      'src/one.ts': { symbols: ['function save 1-3'] },
      'src/two.ts': { symbols: ['function save 1-3', 'function run 5-9'], references: ['run > save @6'] },
      'src/three.ts': { symbols: ['function go 1-3'], references: ['go > save @2'], imports: ['./one.ts: save'] },
      'src/four.ts': { symbols: ['function far 1-3'], references: ['far > save @2'], imports: ['elsewhere: save'] },
    });
    expect(await ask('callers', 'src/one.ts:save')).toEqual(['calls src/three.ts:go']);
    expect(await ask('callers', 'src/two.ts:save')).toEqual(['calls src/two.ts:run']);
  });

  it('by its name only is said, and is nobody where many bear the name', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 9 }, (_, at) => [`many/${String(at)}.ts`, { symbols: ['function common 1-2'] }]),
    );
    const { ask } = await graphOf({
      ...many,
      'src/rare.ts': { symbols: ['function rare 1-2'] },
      'src/a.ts': { symbols: ['function a 1-9'], references: ['a > rare @2', 'a > common @3'] },
    });
    expect(await ask('callers', 'rare')).toEqual(['~calls src/a.ts:a']);
    expect(await ask('callers', 'many/3.ts:common')).toEqual([]);
    expect(await ask('callees', 'a')).toEqual(['~called by src/rare.ts:rare']);
  });

  it('of a method is sure where its class is imported or of the same file, and else by name', async () => {
    const { ask } = await graphOf({
      'src/session.ts': store,
      'src/near.ts': {
        symbols: ['function near 1-5'],
        references: ['near > Session @2', 'near > append @3'],
        imports: ['./session.ts: Session'],
      },
      'src/far.ts': { symbols: ['function far 1-5'], references: ['far > check @2'] },
    });
    expect(await ask('callers', 'Session.append')).toEqual(['calls src/near.ts:near']);
    expect(await ask('callers', 'check')).toEqual(['calls src/session.ts:Session.append', '~calls src/far.ts:far']);
  });

  it('goes on for as many steps as asked, each symbol once and in the fewest', async () => {
    const { ask, graph } = await graphOf({
      'a.ts': {
        symbols: ['function one 1-2', 'function two 3-4', 'function three 5-6'],
        references: ['two > one @3', 'three > two @5', 'three > one @6', 'one > one @2', 'one > three @2'],
      },
    });
    expect(await ask('callers', 'one')).toEqual(['calls a.ts:two', 'calls a.ts:three']);
    expect(await ask('callers', 'two', { depth: 5 })).toEqual(['calls a.ts:three', 'calls a.ts:one']);
    const answer = await graph.ask({ ask: 'callers', symbol: 'one', limit: 1 });
    expect(answer.truncated).toBe(true);
    expect(answer.nodes[0]).toEqual({
      symbol: {
        path: 'a.ts',
        name: 'two',
        kind: 'function',
        startLine: 3,
        endLine: 4,
        signature: 'function two',
        doc: '',
      },
      depth: 1,
      relation: 'calls',
      strength: 'resolved',
      at: { path: 'a.ts', line: 3, name: 'one', from: 'two', kind: 'call' },
    });
  });
});

describe('resolution by the rules of a language', () => {
  const callers = async (sketches: Readonly<Record<string, FileSketch>>, symbol: string) =>
    (await graphOf(sketches)).ask('callers', symbol);

  it('Python: from a module, a module as a whole, a submodule', async () => {
    const found = await callers(
      {
        'app/__init__.py': { language: 'python' },
        'app/store.py': { language: 'python', symbols: ['function save_all 1-3'] },
        'one.py': { language: 'python', references: ['> save_all @2'], imports: ['app.store: save_all'] },
        'two.py': { language: 'python', references: ['> save_all @2'], imports: ['app.store'] },
        'three.py': { language: 'python', references: ['> save_all @2'], imports: ['app: store'] },
        'app/four.py': { language: 'python', references: ['> keep @2'], imports: ['.store: save_all as keep'] },
      },
      'save_all',
    );
    expect(found).toEqual(['calls app/four.py', 'calls one.py', 'calls three.py', 'calls two.py']);
  });

  it('Go: in the same folder without an import, elsewhere through one, methods by their package', async () => {
    const go = (more: FileSketch): FileSketch => ({ language: 'go', ...more });
    const sketches = {
      'store/store.go': go({ symbols: ['type Log 1-3', 'method Log.Append 5-9', 'function Open 11-14'] }),
      'store/disk.go': go({ symbols: ['function Sync 1-4'], references: ['Sync > Open @2', 'Sync > Append @3'] }),
      'cmd/main.go': go({
        symbols: ['function main 1-9'],
        references: ['main > Open @4'],
        imports: ['example.com/x/store'],
      }),
      'other/other.go': go({ symbols: ['function other 1-9'], references: ['other > Open @4'] }),
    };
    expect(await callers(sketches, 'Open')).toEqual([
      'calls cmd/main.go:main',
      'calls store/disk.go:Sync',
      '~calls other/other.go:other',
    ]);
    expect(await callers(sketches, 'Append')).toEqual(['calls store/disk.go:Sync']);
  });

  it('Rust: through use of a path, of a module, and as another name', async () => {
    const rust = (more: FileSketch): FileSketch => ({ language: 'rust', ...more });
    const found = await callers(
      {
        'src/lib.rs': rust({}),
        'src/store.rs': rust({ symbols: ['function open_log 1-3'] }),
        'src/a.rs': rust({
          symbols: ['function a 1-3'],
          references: ['a > open_log @2'],
          imports: ['crate::store: open_log'],
        }),
        'src/b.rs': rust({ symbols: ['function b 1-3'], references: ['b > open_log @2'], imports: ['crate: store'] }),
        'src/ops/mod.rs': rust({ imports: ['crate::store: open_log'] }),
        'src/d.rs': rust({ symbols: ['function d 1-3'], references: ['d > open_log @2'], imports: ['crate: ops'] }),
        'src/c.rs': rust({
          symbols: ['function c 1-3'],
          references: ['c > ol @2'],
          imports: ['super::store: open_log as ol'],
        }),
      },
      'open_log',
    );
    expect(found).toEqual([
      'calls src/a.rs:a',
      'calls src/b.rs:b',
      'calls src/c.rs:c',
      'calls src/d.rs:d',
      'uses src/ops/mod.rs',
    ]);
  });

  it('Java: an imported class, a class of the same package, and what derives from it', async () => {
    const java = (more: FileSketch): FileSketch => ({ language: 'java', ...more });
    const sketches = {
      'src/com/acme/Log.java': java({ symbols: ['class Log 1-9', 'method Log.write 2-4'] }),
      'src/com/acme/Disk.java': java({ symbols: ['class Disk 1-9'], references: ['Disk > Log @1 inherit'] }),
      'src/com/other/App.java': java({
        symbols: ['class App 1-9', 'method App.main 2-8'],
        references: ['App.main > Log @3', 'App.main > write @4'],
        imports: ['com.acme: Log'],
      }),
    };
    expect(await callers(sketches, 'Log')).toEqual([
      'derives from src/com/acme/Disk.java:Disk',
      'calls src/com/other/App.java:App.main',
    ]);
    expect(await callers(sketches, 'Log.write')).toEqual(['calls src/com/other/App.java:App.main']);
  });

  it('C: what a header declares, with the source beside it, and headers that a header includes', async () => {
    const c = (more: FileSketch): FileSketch => ({ language: 'c', ...more });
    const found = await callers(
      {
        'log.h': c({}),
        'log.c': c({ symbols: ['function log_write 1-4'], imports: ['log.h'] }),
        'all.h': c({ imports: ['log.h'] }),
        'main.c': c({ symbols: ['function main 1-9'], references: ['main > log_write @3'], imports: ['all.h'] }),
      },
      'log_write',
    );
    expect(found).toEqual(['calls main.c:main']);
  });

  it('PHP and C#: through use of a class and of a namespace', async () => {
    expect(
      await callers(
        {
          'src/Models/User.php': { language: 'php', symbols: ['class User 1-9'] },
          'src/a.php': {
            language: 'php',
            symbols: ['function a 1-4'],
            references: ['a > User @2'],
            imports: ['App\\Models: User'],
          },
        },
        'User',
      ),
    ).toEqual(['calls src/a.php:a']);
    expect(
      await callers(
        {
          'x/Log.cs': { language: 'csharp', symbols: ['module Acme.Store 1-20', 'class Acme.Store.Log 2-19'] },
          'y/App.cs': {
            language: 'csharp',
            symbols: ['class App 1-9'],
            references: ['App > Log @3'],
            imports: ['Acme.Store'],
          },
        },
        'Log',
      ),
    ).toEqual(['calls y/App.cs:App']);
  });

  it('never between languages', async () => {
    expect(
      await callers(
        {
          'a.py': { language: 'python', symbols: ['function only_here 1-2'] },
          'b.ts': { references: ['> only_here @1'] },
        },
        'only_here',
      ),
    ).toEqual([]);
  });
});

describe('the impact of a change', () => {
  const sketches = {
    'src/store.ts': {
      symbols: ['class Store 1-20', 'method Store.save 3-8', 'class Fast 22-30'],
      references: ['Fast > Store @22 inherit'],
    },
    'src/app.ts': {
      symbols: ['function run 1-9'],
      references: ['run > Store @2', 'run > save @3'],
      imports: ['./store.ts: Store'],
    },
    'src/main.ts': { symbols: ['function main 1-9'], references: ['main > run @2'], imports: ['./app.ts: run'] },
    'src/app.test.ts': { references: ['> run @5'], imports: ['./app.ts: run'] },
    'src/store.test.ts': { references: ['> somethingElse @5'] },
    'src/far.ts': { symbols: ['function far 1-3'], references: ['far > save @2'] },
    'docs/readme.md': { language: 'markdown', symbols: ['section Store 1-4'] },
  } satisfies Record<string, FileSketch>;

  it('is what calls it or its members, in steps, what derives from it, and its tests', async () => {
    const { ask } = await graphOf(sketches);
    expect(await ask('impact', 'Store')).toEqual([
      'calls src/app.ts:run',
      'derives from src/store.ts:Fast',
      '~calls src/far.ts:far',
      '~tests src/store.test.ts',
      'calls src/main.ts:main',
      'tests src/app.test.ts',
    ]);
    expect(await ask('impact', 'Store', { depth: 1 })).not.toContain('calls src/main.ts:main');
  });

  const change = (paths: readonly string[], at = 1) => ({
    commit: String(at).repeat(40),
    author: 'A',
    at: '2026-01-01T00:00:00Z',
    message: 'm',
    paths,
  });
  const historyWith = (changes: ReturnType<typeof change>[]): History => ({
    async *changes() {
      await Promise.resolve();
      yield* changes;
    },
    lastChange: async () => changes[0],
    head: async () => changes[0]?.commit,
  });

  it('holds the files that change with its own, and who changed it last', async () => {
    const big = Array.from({ length: 60 }, (_, at) => `f${String(at)}.ts`);
    const { graph } = await graphOf(sketches, {
      history: historyWith([
        change(['src/store.ts', 'docs/readme.md'], 1),
        change(['src/store.ts', 'docs/readme.md', 'src/main.ts'], 2),
        change(['src/store.ts', 'src/main.ts'], 3),
        change(['src/store.ts', 'src/gone.ts'], 4),
        change(['src/store.ts', 'src/gone.ts', 'src/far.ts'], 5),
        change(['src/store.ts', 'src/far.ts', ...big], 6),
      ]),
    });
    const { history, nodes } = await graph.ask({ ask: 'impact', symbol: 'Store' });
    expect(history?.changesWith).toEqual([
      { path: 'docs/readme.md', share: 0.4 },
      { path: 'src/main.ts', share: 0.4 },
    ]);
    expect(history?.lastChange).toMatchObject({ author: 'A', commit: '1'.repeat(40) });
    expect(nodes.filter(({ relation }) => relation === 'changes with').map(({ symbol }) => symbol.path)).toEqual([
      'docs/readme.md',
    ]);
    expect((await graph.ask({ ask: 'callers', symbol: 'Store' })).history).toBeUndefined();
  });

  it('is answered without a history where that cannot be read', async () => {
    const broken: History = {
      async *changes() {
        await Promise.resolve();
        yield* [];
        throw new NootropicError('COMMAND_FAILED', 'damaged');
      },
      lastChange: () => Promise.reject(new NootropicError('COMMAND_FAILED', 'damaged')),
      head: async () => undefined,
    };
    const { graph } = await graphOf(sketches, { history: broken });
    const answer = await graph.ask({ ask: 'impact', symbol: 'Store' });
    expect(answer.history).toBeUndefined();
    expect(answer.nodes.length).toBeGreaterThan(0);
  });
});

describe('the tests of a symbol', () => {
  it('are those that call it, by steps, then those named after its file, then those that name its name', async () => {
    const { ask } = await graphOf({
      'src/parse.ts': {
        symbols: ['function parseBody 1-5', 'function parse 7-9'],
        references: ['parse > parseBody @8'],
      },
      'src/parse.test.ts': { references: ['> parseBody @3'], imports: ['./parse.ts: parseBody'] },
      'src/parse.int.test.ts': { imports: ['./parse.ts'] },
      'src/all.test.ts': {
        symbols: ['function checks 1-9'],
        references: ['checks > parse @3'],
        imports: ['./parse.ts: parse'],
      },
      'test/parseBody.test.ts': {},
      'e2e/whole.test.ts': { references: ['> parseBody @4'] },
      'src/user.ts': {
        symbols: ['function user 1-3'],
        references: ['user > parseBody @2'],
        imports: ['./parse.ts: parseBody'],
      },
    });
    expect(await ask('tests', 'parseBody')).toEqual([
      'tests src/parse.int.test.ts',
      'tests src/parse.test.ts',
      '~tests e2e/whole.test.ts',
      '~tests test/parseBody.test.ts',
      'tests src/all.test.ts:checks',
    ]);
  });

  it('named like several files are those of the same folders only', async () => {
    const { ask } = await graphOf({
      'src/one/index.ts': { symbols: ['function one 1-2'] },
      'src/two/index.ts': { symbols: ['function two 1-2'] },
      'test/one/index.test.ts': {},
      'src/two/index.test.ts': {},
      'pkg/session.py': { language: 'python', symbols: ['function go 1-2'] },
      'tests/test_session.py': { language: 'python' },
    });
    expect(await ask('tests', 'one')).toEqual(['~tests test/one/index.test.ts']);
    expect(await ask('tests', 'two')).toEqual(['~tests src/two/index.test.ts']);
    expect(await ask('tests', 'go')).toEqual(['~tests tests/test_session.py']);
  });
});

describe('the path from one symbol to another', () => {
  it('is the shortest chain of sure edges, else of any, else none', async () => {
    const { ask } = await graphOf({
      'a.ts': {
        symbols: ['function one 1-2', 'function two 3-4', 'class Three 5-9', 'method Three.do 6-7'],
        references: ['one > two @2', 'two > do @4', 'one > four @2'],
      },
      'b.ts': { symbols: ['function four 1-3'], references: ['four > Three @2'] },
    });
    expect(await ask('path', 'one', { to: 'Three' })).toEqual([
      ' a.ts:one',
      'called by a.ts:two',
      'called by a.ts:Three.do',
    ]);
    expect(await ask('path', 'one', { to: 'four' })).toEqual([' a.ts:one', '~called by b.ts:four']);
    expect(await ask('path', 'four', { to: 'one' })).toEqual([]);
    expect(await ask('path', 'one', { to: 'one' })).toEqual([' a.ts:one']);
    expect(await ask('path', 'one', { to: 'Three', depth: 1 })).toEqual([]);
  });
});

describe('what is of one name', () => {
  it('in one file is shown once, with the body of an overloaded function', async () => {
    const { graph } = await graphOf({
      'a.ts': {
        symbols: ['function f 1', 'function f 2', 'function f 3-9', 'function g 10-12', 'function g.inner 11'],
        references: ['g.inner > f @11'],
      },
    });
    const { nodes } = await graph.ask({ ask: 'callees', symbol: 'g' });
    expect(nodes.map(({ symbol }) => symbol.startLine)).toEqual([3]);
    const { nodes: chain } = await graph.ask({ ask: 'path', symbol: 'g', to: 'f' });
    expect(chain.map(({ symbol }) => symbol.name)).toEqual(['g', 'f']);
  });

  it('keeps its place in a chain that leaves a function from one inside it', async () => {
    const { ask } = await graphOf({
      'a.ts': {
        symbols: ['function one 1-2', 'function two 3-6', 'function two.inner 4-5', 'function three 7-8'],
        references: ['one > two @2', 'two.inner > three @5'],
      },
    });
    expect(await ask('path', 'one', { to: 'three' })).toEqual([
      ' a.ts:one',
      'called by a.ts:two',
      'called by a.ts:three',
    ]);
  });

  it('in sources and in what is compiled from them means the sources', async () => {
    const { ask } = await graphOf({
      'src/deep/save.ts': { symbols: ['function saveAll 1-2'] },
      ...Object.fromEntries(
        Array.from({ length: 9 }, (_, at) => [`dist/${String(at)}/save.js`, { symbols: ['function saveAll 1-2'] }]),
      ),
      'src/a.ts': { symbols: ['function a 1-3'], references: ['a > saveAll @2'] },
    });
    expect(await ask('callees', 'a')).toEqual(['~called by src/deep/save.ts:saveAll']);
    expect(await ask('callers', 'saveAll')).toEqual(['~calls src/a.ts:a']);
  });
});

describe('what a name means', () => {
  const sketches = {
    'src/session.ts': store,
    'src/session.test.ts': { symbols: ['function open 1-3'] },
    'lib/other.ts': { symbols: ['function check 4-6'] },
  } satisfies Record<string, FileSketch>;

  it.each([
    ['Session.append', ['Session.append']],
    ['append', ['Session.append']],
    ['Session::append()', ['Session.append']],
    ['src/session.ts:append', ['Session.append']],
    ['session.ts:open', ['open']],
    ['./src/session.ts:11', ['Session.check']],
    ['check', ['check']],
    ['open', ['open']],
  ])('finds %s', async (symbol, names) => {
    const { graph } = await graphOf(sketches);
    const answer = await graph.ask({ ask: 'callers', symbol });
    expect(answer.symbols.map(({ name }) => name)).toEqual(names);
    expect(answer.unclear).toBeUndefined();
    expect(answer.symbols[0]?.signature).not.toBe('');
  });

  it('says what an ambiguous one may mean, and answers nothing', async () => {
    const { graph } = await graphOf({
      'a.ts': { symbols: ['function f 1-2'] },
      'b.ts': { symbols: ['function f 3-4'] },
    });
    const answer = await graph.ask({ ask: 'callers', symbol: 'f' });
    expect(answer).toMatchObject({ nodes: [], unclear: 'f' });
    expect(answer.symbols.map(({ path }) => path)).toEqual(['a.ts', 'b.ts']);
    expect((await graph.ask({ ask: 'path', symbol: 'a.ts:f', to: 'f' })).unclear).toBe('f');
  });

  it.each([
    ['Opne', ['open']],
    ['appen', ['Session.append']],
    ['SESSION', ['Session']],
    ['zzzzzz', undefined],
    ['', undefined],
    [':', undefined],
  ])('gives names like one that is not known: %s', async (symbol, near) => {
    const { graph } = await graphOf(sketches);
    const answer = await graph.ask({ ask: 'impact', symbol });
    expect(answer).toMatchObject({ symbols: [], nodes: [], unclear: symbol });
    expect(answer.near).toEqual(near);
  });
});

describe('keeping up with the index', () => {
  it('reads the files that changed, and no other', async () => {
    const { ask, put, index, graph } = await graphOf({
      'a.ts': { symbols: ['function a 1-2'], references: ['a > b @1'], imports: ['./b.ts: b'] },
      'b.ts': { symbols: ['function b 1-2'] },
      'c.ts': { symbols: ['function c 1-2'] },
    });
    expect(await ask('callers', 'b')).toEqual(['calls a.ts:a']);
    const before = await graph.view();
    expect(await graph.view()).toBe(before);
    const asked: (readonly string[] | undefined)[] = [];
    const facts = index.facts.bind(index);
    index.facts = (paths) => {
      asked.push(paths);
      return facts(paths);
    };
    await put({ 'c.ts': { symbols: ['function c 1-2'], references: ['c > b @2'], imports: ['./b.ts: b'] } }, ['a.ts']);
    await graph.view();
    expect(asked).toEqual([['c.ts']]);
    expect(await ask('callers', 'b')).toEqual(['calls c.ts:c']);
    await put({ 'd.ts': { symbols: ['function a 1-2'], references: ['a > b @1'], imports: ['./b.ts: b'] } });
    expect(await ask('callers', 'b')).toEqual(['calls c.ts:c', 'calls d.ts:a']);
    expect(before.edges.into(handleOf(1, 0)).map(({ line }) => line)).toEqual([1]);
  });

  it('stops when it is told to, and goes on later from where it was', async () => {
    const { graph } = await graphOf({ 'a.ts': { symbols: ['function a 1-2'] } });
    await expect(graph.ask({ ask: 'callers', symbol: 'a' }, AbortSignal.abort())).rejects.toMatchObject({
      code: 'ABORTED',
    });
    const stop = new AbortController();
    const asked = graph.ask({ ask: 'callers', symbol: 'a' }, stop.signal);
    stop.abort();
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await graph.ask({ ask: 'callers', symbol: 'a' })).symbols).toHaveLength(1);
  });
});

describe('any facts', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    'A.b',
    'A',
    'A.a',
    'x::y',
    'default',
    '*',
    'constructor',
    '__proto__',
    'a.',
    '.',
    'toString',
  );
  const line = fc.integer({ min: 1, max: 30 });
  const path = fc.constantFrom(
    'a.ts',
    'src/b.ts',
    'src/index.ts',
    'c.py',
    'd/__init__.py',
    'e.go',
    'src/f.rs',
    'G.java',
    'h.h',
    'h.c',
    'i.test.ts',
  );
  const languages: Readonly<Record<string, string>> = {
    py: 'python',
    go: 'go',
    rs: 'rust',
    java: 'java',
    h: 'c',
    c: 'c',
  };
  const sketch = fc.record({
    symbols: fc.array(
      fc.tuple(
        fc.constantFrom('function', 'class', 'method', 'module', 'field', 'section', 'interface'),
        name,
        line,
        line,
      ),
    ),
    references: fc.array(fc.tuple(name, name, line, fc.constantFrom('call', 'use', 'inherit'))),
    imports: fc.array(
      fc.tuple(
        fc.constantFrom('./a', './b.ts', '.', '..', './index', 'd', '.d', 'crate::f', 'self', 'h.h', 'G', '', 'src/b'),
        fc.array(fc.tuple(name, name), { maxLength: 3 }),
      ),
    ),
  });
  const workspace = fc.dictionary(path, sketch, { maxKeys: 6 });

  it('give a graph whose every edge ends at symbols that exist, seen alike from both ends', async () => {
    await fc.assert(
      fc.asyncProperty(workspace, async (given) => {
        const { graph, ask } = await graphOf(
          Object.fromEntries(
            Object.entries(given).map(([at, { symbols, references, imports }]) => [
              at,
              {
                language: languages[at.slice(at.lastIndexOf('.') + 1)] ?? 'typescript',
                symbols: symbols.map(([kind, called, from, to]) => `${kind} ${called} ${String(from)}-${String(to)}`),
                references: references.map(([from, called, at, kind]) => `${from} > ${called} @${String(at)} ${kind}`),
                imports: imports.map(
                  ([module, names]) => `${module}: ${names.map(([one, as]) => `${one} as ${as}`).join(', ')}`,
                ),
              },
            ]),
          ),
        );
        const { tables, edges } = await graph.view();
        for (const file of tables.files.keys()) {
          const handles = Array.from({ length: tables.symbolsOf(file) }, (_, at) => handleOf(file, at));
          for (const handle of [...handles, handleOf(file, wholeFile)]) {
            for (const edge of [...edges.into(handle), ...edges.outOf(handle)]) {
              expect(tables.symbol(edge.to)).toBeDefined();
              expect(tables.file(fileOf(edge.from))).toBeDefined();
              if (placeOf(edge.from) !== wholeFile) expect(tables.symbol(edge.from)).toBeDefined();
            }
            for (const edge of edges.into(handle)) {
              if (placeOf(edge.from) === wholeFile) continue;
              const back = edges.outOf(edge.from).some(({ to }) => to === handle);
              expect(back || edges.withMembers(edge.from).includes(handle)).toBe(true);
            }
          }
        }
        for (const question of ['callers', 'callees', 'impact', 'tests'] as const) await ask(question, 'a');
        await ask('path', 'a', { to: 'A' });
      }),
      { numRuns: 200 },
    );
  });
});

import {
  NootropicError,
  type Change,
  type History,
  type Knowledge,
  type Model,
  type SearchFilter,
  type SymbolKind,
} from '@nootropic/contracts';
import { createFakeParser, createMemoryFiles, createMemorySearchIndex, createScriptedModel } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKnowledge, type KnowledgeOptions } from './knowledge.ts';
import type { OpenPattern } from './search-lines.ts';

const shop = {
  'README.md': '# Shop\n\nA shop. Carts are stored in a table.\n',
  'src/cart-store.ts': [
    '// Keeps carts in a table.',
    'export function openCartStore(path) {',
    '  openTable(path);',
    '  return table;',
    '}',
    '',
    'export function saveCart(cart) {',
    '  table.write(cart);',
    '}',
    '',
  ].join('\n'),
  'src/cart.ts': 'export class Cart {\n  total = 0; // of the cart\n  items = []; // in the cart\n}\n',
  'src/checkout.ts': 'export function checkout(cart) {\n  saveCart(cart);\n  charge(cart.total);\n}\n',
  'src/price.ts': 'export function priceOf(item) {\n  return item.price * item.count;\n}\n',
  'tools/report.py': 'def report_carts(carts):\n    print(carts)\n',
  'test/cart-store.test.ts': 'function testSaveCart() {\n  saveCart(cart);\n}\n',
  '.env': 'SAVE_CART=1\n',
};

/** Runs patterns in this thread, until it is closed: enough for patterns that end. */
const openPattern: OpenPattern = (source, flags) => {
  let closed = false;
  return {
    match: async (text, limit) => {
      const pattern = new RegExp(source, flags);
      if (closed) return undefined;
      return text
        .split('\n')
        .flatMap((line, at) =>
          pattern.test(line) ? [{ startLine: at + 1, endLine: at + 1, column: line.search(pattern) }] : [],
        )
        .slice(0, limit);
    },
    async [Symbol.asyncDispose]() {
      closed = true;
    },
  };
};

const embedder = createScriptedModel({ script: [] });

function createShop(changes: Partial<KnowledgeOptions> = {}, content: Record<string, string> = shop) {
  const files = createMemoryFiles(content, { root: '/ws' });
  const index = createMemorySearchIndex({ dimensions: 32 });
  const knowledge = createKnowledge({ files, parser: createFakeParser(), index, embedder, openPattern, ...changes });
  return { knowledge, files, index };
}

async function indexed(changes: Partial<KnowledgeOptions> = {}, content?: Record<string, string>): Promise<Knowledge> {
  const { knowledge } = createShop(changes, content);
  for await (const progress of knowledge.refresh()) void progress;
  return knowledge;
}

type SearchOptions = NonNullable<Parameters<Knowledge['search']>[1]>;

async function searched(knowledge: Knowledge, query: string, options: SearchOptions = {}) {
  const notices: string[] = [];
  const hits = await knowledge.search(query, { ...options, onNotice: (text) => notices.push(text) });
  return { hits, paths: hits.map((hit) => hit.path), notices };
}

describe('operators', () => {
  it('narrow by path, language, kind and symbol', async () => {
    const knowledge = await indexed();
    expect((await searched(knowledge, 'cart path:tools')).paths).toEqual(['tools/report.py']);
    expect((await searched(knowledge, 'cart lang:py')).paths).toEqual(['tools/report.py']);
    expect((await searched(knowledge, 'cart kind:class')).paths).toEqual(['src/cart.ts']);
    expect((await searched(knowledge, 'cart symbol:checkout')).paths).toEqual(['src/checkout.ts']);
    expect((await searched(knowledge, 'cart path:checkout path:price')).paths).toEqual([
      'src/checkout.ts',
      'src/price.ts',
    ]);
    expect((await searched(knowledge, 'cart path:*.test.ts')).paths).toEqual(['test/cart-store.test.ts']);
  });

  it('exclude with a minus', async () => {
    const knowledge = await indexed();
    const { paths } = await searched(knowledge, 'save cart -path:test/ -lang:markdown -symbol:checkout -kind:class');
    expect(paths[0]).toBe('src/cart-store.ts');
    for (const path of ['test/cart-store.test.ts', 'README.md', 'src/checkout.ts', 'src/cart.ts'])
      expect(paths).not.toContain(path);
  });

  it('find by themselves what they name', async () => {
    const knowledge = await indexed();
    expect((await searched(knowledge, 'symbol:saveCart')).hits).toMatchObject([
      { path: 'src/cart-store.ts', startLine: 7 },
    ]);
    expect((await searched(knowledge, 'symbol:save*')).hits).toMatchObject([{ symbol: 'saveCart' }]);
    expect((await searched(knowledge, 'path:price')).paths).toEqual(['src/price.ts']);
    const alone = await searched(knowledge, 'kind:class');
    expect([alone.hits, alone.notices]).toEqual([[], [expect.stringContaining('nothing to look for')]]);
  });

  it('say what does not exist instead of finding nothing silently', async () => {
    const knowledge = await indexed();
    const language = await searched(knowledge, 'cart lang:cobol');
    expect([language.hits, language.notices]).toEqual([
      [],
      [expect.stringContaining('Languages here: markdown, python')],
    ]);
    const kind = await searched(knowledge, 'cart kind:spaceship');
    expect(kind.hits.length).toBeGreaterThan(0);
    expect(kind.notices).toEqual([expect.stringContaining('`spaceship` is no kind of symbol')]);
    const path = await searched(knowledge, 'cart path:nowhere/');
    expect([path.hits, path.notices]).toEqual([[], [expect.stringContaining('`nowhere/`')]]);
  });

  it('are never an error, whatever is asked', async () => {
    const knowledge = await indexed();
    const word = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        'path:',
        'lang:',
        '-lang:ts',
        'kind:',
        'kind:constructor',
        'symbol:',
        '*',
        '**',
        '"',
        'cart',
        ' ',
        'lang:__proto__',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (words) => {
        const { hits } = await searched(knowledge, words.join(''));
        for (const hit of hits) expect(hit.score).toBeGreaterThan(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('filters', () => {
  it('take kinds, other names of languages, and patterns of paths', async () => {
    const knowledge = await indexed();
    const paths = async (filter: SearchFilter) => (await searched(knowledge, 'cart', { filter })).paths;
    expect(await paths({ kinds: ['class'] })).toEqual(['src/cart.ts']);
    expect(await paths({ languages: ['py'] })).toEqual(['tools/report.py']);
    expect(await paths({ paths: ['./tools'] })).toEqual(['tools/report.py']);
    expect(await paths({ paths: ['tools/**', 'src/price'] })).toEqual(['tools/report.py', 'src/price.ts']);
    expect(await paths({ paths: [], languages: [], kinds: [] })).toContain('src/cart.ts');
  });

  it('reach far down the lists for what few results meet', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 150 }, (_, at) => [
        `src/a${String(at)}.ts`,
        `function cart${String(at)}() {\n  cart(cart, cart);\n}\n`,
      ]),
    );
    const knowledge = await indexed(
      {},
      { ...many, 'src/zoo.ts': 'function zebra() {\n  eat(grass, cart);\n  sleep(night);\n}\n' },
    );
    expect((await searched(knowledge, 'cart symbol:zebra')).paths).toEqual(['src/zoo.ts']);
  });
});

describe('explain', () => {
  it('gives signals whose parts add up to the score, and none unless it is asked for', async () => {
    const knowledge = await indexed();
    const { hits } = await searched(knowledge, 'where is saveCart tested', { explain: true });
    expect(hits.length).toBeGreaterThan(2);
    for (const { signals = [], score } of hits) {
      expect(signals.map(({ signal }) => signal)).toEqual(expect.arrayContaining(['text', 'vector']));
      expect(signals.reduce((sum, { part }) => sum + part, 0)).toBeCloseTo(score, 9);
    }
    for (const hit of await knowledge.search('cart')) expect(hit).not.toHaveProperty('signals');
  });

  it('shows that weights decide', async () => {
    const knowledge = await indexed({ weights: { vector: 0, vectorOfNames: 0 } });
    const { hits } = await searched(knowledge, 'carts in a table', { explain: true });
    for (const { signals = [] } of hits) expect(signals.find(({ signal }) => signal === 'vector')?.part).toBe(0);
  });
});

describe('without an embedding model', () => {
  it('words alone serve, and that is said once', async () => {
    const failing: Model = {
      ...embedder,
      embed: () => Promise.reject(new NootropicError('MODEL_NOT_FOUND', 'No file.')),
    };
    const { knowledge, index } = createShop({ embedder: failing });
    for await (const progress of knowledge.refresh()) void progress;
    const { paths, notices } = await searched(knowledge, 'save a cart');
    expect(paths).toContain('src/cart-store.ts');
    expect(notices).toEqual([expect.stringContaining('No file.')]);
    expect((await index.stats()).vectors).toBe(0);
  });
});

describe('exact', () => {
  it('finds every line in the tree as it is now, source first, without an index', async () => {
    const { knowledge, files } = createShop();
    files.write('src/new.ts', 'a\r\nsaveCart(x); saveCart(y);\r\n');
    const { hits } = await searched(knowledge, 'saveCart(', { mode: 'exact', limit: 20 });
    expect(hits.map(({ path, startLine, snippet }) => [path, startLine, snippet])).toEqual([
      ['src/cart-store.ts', 7, 'export function saveCart(cart) {'],
      ['src/checkout.ts', 2, '  saveCart(cart);'],
      ['src/new.ts', 2, 'saveCart(x); saveCart(y);'],
      ['test/cart-store.test.ts', 2, '  saveCart(cart);'],
    ]);
    expect((await searched(knowledge, 'SAVECART(', { mode: 'exact' })).hits).toEqual([]);
    expect((await searched(knowledge, 'SAVE_CART', { mode: 'exact' })).hits).toEqual([]);
  });

  it('takes the string as it stands: no operators, line breaks too, and stops at the limit', async () => {
    const { knowledge } = createShop({}, { 'a.ts': 'lang:ts path:x\n.*\none\ntwo\none\n', 'b.ts': 'one\n' });
    const exact = async (text: string, limit = 10) =>
      (await searched(knowledge, text, { mode: 'exact', limit })).hits.map(({ path, startLine, endLine }) => [
        path,
        startLine,
        endLine,
      ]);
    expect(await exact('lang:ts path:x')).toEqual([['a.ts', 1, 1]]);
    expect(await exact('.*')).toEqual([['a.ts', 2, 2]]);
    expect(await exact('one\ntwo')).toEqual([['a.ts', 3, 4]]);
    expect(await exact('one', 2)).toEqual([
      ['a.ts', 3, 3],
      ['a.ts', 5, 5],
    ]);
    await expect(exact('')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('keeps to paths, languages and kinds, and names the symbol around a line', async () => {
    const knowledge = await indexed();
    const exact = async (filter: SearchFilter) =>
      (await searched(knowledge, 'cart', { mode: 'exact', filter, limit: 50 })).hits.map(
        ({ path, symbol }) => `${path} ${symbol}`,
      );
    expect(new Set(await exact({ kinds: ['class' satisfies SymbolKind] }))).toEqual(new Set(['src/cart.ts Cart']));
    expect(new Set(await exact({ paths: ['tools/'] }))).toEqual(new Set(['tools/report.py report_carts']));
    expect(new Set(await exact({ languages: ['python'] }))).toEqual(new Set(['tools/report.py report_carts']));
    expect(await exact({ paths: ['src/*store*'] })).toContain('src/cart-store.ts saveCart');
  });

  it('agrees with looking at every line', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'é', '('), maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '('), minLength: 1, maxLength: 2 }),
        async (lines, wanted) => {
          const { knowledge } = createShop({}, { 'a.ts': lines.join('\n') });
          const { hits } = await searched(knowledge, wanted, { mode: 'exact', limit: 100 });
          const expected = lines.flatMap((text, at) => (text.includes(wanted) ? [at + 1] : []));
          expect(hits.map(({ startLine }) => startLine)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('stops at the time that it may take, and says so', async () => {
    let now = 0;
    const { knowledge } = createShop({ clock: () => (now += 15_000) });
    const { notices } = await searched(knowledge, 'nowhere at all', { mode: 'exact' });
    expect(notices).toEqual([expect.stringContaining('not every file was looked at')]);
  });

  it('says when files were too large, and rejects with ABORTED', async () => {
    const { knowledge } = createShop({ limits: { maxFileBytes: 50 } });
    expect((await searched(knowledge, 'nowhere at all', { mode: 'exact' })).notices).toEqual([
      expect.stringContaining('too large'),
    ]);
    await expect(knowledge.search('x', { mode: 'exact', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
});

describe('regex', () => {
  it('finds lines, with case where the pattern has capitals', async () => {
    const { knowledge } = createShop();
    const lines = async (pattern: string) =>
      (await searched(knowledge, pattern, { mode: 'regex', limit: 50 })).hits.map(
        ({ path, startLine }) => `${path}:${String(startLine)}`,
      );
    expect(await lines('^\\s*savecart\\(')).toEqual(['src/checkout.ts:2', 'test/cart-store.test.ts:2']);
    expect(await lines('^\\s*SaveCart\\(')).toEqual([]);
    expect(await lines('^\\S+ function \\p{L}+store')).toEqual(['src/cart-store.ts:2']);
  });

  it('rejects what is no regular expression, and where none can be run', async () => {
    const { knowledge } = createShop();
    for (const pattern of ['(', '[z-a]', 'a{2,1}', '\\u{110000}', '\\p{Nothing}', '(?<a>x)(?<a>y)', '*'])
      await expect(knowledge.search(pattern, { mode: 'regex' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const { openPattern: _none, ...without } = { openPattern };
    const bare = createKnowledge({
      files: createMemoryFiles(shop),
      parser: createFakeParser(),
      index: createMemorySearchIndex({ dimensions: 32 }),
      embedder,
      ...without,
    });
    await expect(bare.search('a', { mode: 'regex' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('keeps what it found before a pattern was given up, says where, and ends the runner', async () => {
    let closed = 0;
    const giving: OpenPattern = (source, flags) => ({
      match: async (text, limit) =>
        text.includes('charge') ? undefined : openPattern(source, flags).match(text, limit),
      async [Symbol.asyncDispose]() {
        closed += 1;
      },
    });
    const { knowledge } = createShop({ openPattern: giving });
    const { hits, notices } = await searched(knowledge, 'saveCart', { mode: 'regex' });
    expect(hits.map(({ path }) => path)).toEqual(['src/cart-store.ts']);
    expect(notices).toEqual([expect.stringContaining('src/checkout.ts')]);
    expect(closed).toBe(1);
  });
});

describe('a reranking model', () => {
  const last = (documents: readonly string[]): number[] =>
    documents.map((document) => (document.includes('price') ? 9 : 0));
  const model =
    (rerank: Model['rerank']): NonNullable<KnowledgeOptions['reranker']> =>
    async () => ({ ...embedder, rerank });

  it('orders the first results anew, in the class of the caller, and shows its part', async () => {
    const classes: unknown[] = [];
    const knowledge = await indexed({
      weights: { rerank: 1 },
      reranker: model(async (_query, documents, options) => {
        classes.push(options?.workClass);
        return last(documents);
      }),
    });
    const { hits, paths } = await searched(knowledge, 'item of a cart', { explain: true, workClass: 'agent' });
    expect(paths[0]).toBe('src/price.ts');
    expect(hits[0]?.signals?.at(-1)?.signal).toBe('rerank');
    expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).toSorted((a, b) => b - a));
    expect(classes).toEqual(['agent']);
  });

  it.each<[string, Model['rerank']]>([
    ['fails', () => Promise.reject(new NootropicError('MODEL_CRASHED', 'It crashed.'))],
    ['never answers', () => new Promise(() => undefined)],
    ['gives too few scores', async () => [1]],
    ['gives what is no number', async (_query, documents) => documents.map(() => Number.NaN)],
  ])('is left out when it %s, and that is said', async (_case, rerank) => {
    const plain = await searched(await indexed(), 'item of a cart');
    const knowledge = await indexed({ reranker: model(rerank), rerankMs: 20 });
    const { hits, notices } = await searched(knowledge, 'item of a cart');
    expect(hits).toEqual(plain.hits);
    expect(notices).toEqual([expect.stringContaining('reranking model was left out')]);
  });

  it('is stopped with the search', async () => {
    const stop = new AbortController();
    const knowledge = await indexed({
      reranker: model(async () => {
        stop.abort();
        return new Promise(() => undefined);
      }),
    });
    await expect(knowledge.search('cart', { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the history', () => {
  const change = (message: string, ...paths: string[]): Change => ({
    commit: message,
    author: 'a',
    at: '',
    message,
    paths,
  });
  const createHistory = (changes: readonly Change[], head: () => string | undefined = () => 'h1') => {
    const state = { reads: 0 };
    const history: History = {
      async *changes() {
        state.reads += 1;
        yield* changes;
      },
      lastChange: async () => undefined,
      head: async () => head(),
    };
    return { history, state };
  };
  const commits = [
    change('Fix rounding of discounts', 'src/price.ts'),
    change('Format everything', ...Array.from({ length: 100 }, (_, at) => `src/${String(at)}.ts`)),
    change('Open the shop\n\nrounding discounts', 'src/checkout.ts'),
  ];

  it('leads to a file whose words say nothing of the question', async () => {
    const { history } = createHistory(commits);
    const without = await searched(await indexed(), 'discounts rounding item');
    const { hits } = await searched(await indexed({ history }), 'discounts rounding item', { explain: true });
    expect(hits[0]?.path).toBe('src/price.ts');
    const part = hits[0]?.signals?.find(({ signal }) => signal === 'history');
    expect(part?.value).toBe(1);
    expect(part?.part).toBeGreaterThan(0);
    expect(without.hits[0]?.signals).toBeUndefined();
  });

  it('never changes what is found for the name of a symbol', async () => {
    const { history } = createHistory([change('saveCart saveCart', 'src/price.ts', 'src/cart.ts')]);
    for (const query of ['saveCart', 'saveCart checkout', 'checkout', 'symbol:saveCart'])
      expect((await searched(await indexed({ history }), query)).hits).toEqual(
        (await searched(await indexed(), query)).hits,
      );
  });

  it('is read again when the head moves, and not before', async () => {
    let head = 'h1';
    let now = 0;
    const { history, state } = createHistory(commits, () => head);
    const knowledge = await indexed({ history, clock: () => (now += 1_000_000) });
    await searched(knowledge, 'rounding of things');
    await searched(knowledge, 'rounding of things');
    expect(state.reads).toBe(1);
    head = 'h2';
    await searched(knowledge, 'rounding of things');
    expect(state.reads).toBe(2);
  });

  it('that cannot be read is said once, and one that hangs holds nothing up', async () => {
    const { history } = createHistory([]);
    const broken = await indexed({
      history: { ...history, head: () => Promise.reject(new NootropicError('COMMAND_FAILED', 'Bad object.')) },
    });
    expect((await searched(broken, 'rounding of things')).notices).toEqual([expect.stringContaining('Bad object')]);
    expect((await searched(broken, 'rounding of things')).notices).toEqual([]);
    const hanging = await indexed({ history: { ...history, head: () => new Promise(() => undefined) } });
    expect((await searched(hanging, 'price of an item')).paths[0]).toBe('src/price.ts');
  });
});

describe('a damaged index', () => {
  it('does not keep the tree from being searched', async () => {
    const index = createMemorySearchIndex({ dimensions: 32 });
    const damaged = {
      ...index,
      async *facts() {
        throw new NootropicError('INDEX_UNAVAILABLE');
      },
    };
    const { knowledge } = createShop({ index: damaged });
    const { hits } = await searched(knowledge, 'saveCart(', { mode: 'exact' });
    expect(hits[0]).toMatchObject({ path: 'src/cart-store.ts', symbol: '' });
  });
});

import {
  NootropicError,
  type FileEntry,
  type Files,
  type IndexProgress,
  type Knowledge,
  type Model,
  type SearchIndex,
} from '@nootropic/contracts';
import { createFakeParser, createMemoryFiles, createMemorySearchIndex, createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createKnowledge, type KnowledgeOptions } from './knowledge.ts';

const project = {
  'README.md': '# Shop\n\nA shop. Carts are stored in a table.\n',
  '.gitignore': 'build/\n',
  '.nootropicignore': 'notes/\n',
  'build/out.ts': 'function cartStore() {\n}\n',
  'notes/idea.md': '# Cart idea\n',
  'node_modules/x/index.js': 'function cartStore() {\n}\n',
  '.env': 'CART_KEY=1\n',
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
  'src/checkout.ts': ['export function checkout(cart) {', '  saveCart(cart);', '  charge(cart.total);', '}', ''].join(
    '\n',
  ),
  'test/cart-store.test.ts': ['function testSaveCart() {', '  saveCart(cart);', '}', ''].join('\n'),
  'src/price.ts': ['export function priceOf(item) {', '  return item.price * item.count;', '}', ''].join('\n'),
};

/** Files in memory that tell what was read, can be touched, and may hold symbolic links. */
function createTree(content: Record<string, string>) {
  const memory = createMemoryFiles(content, { root: '/ws' });
  const reads: string[] = [];
  const links = new Set<string>();
  const marked = (entry: FileEntry): FileEntry => (links.has(entry.path) ? { ...entry, kind: 'link' } : entry);
  const files: Files = {
    ...memory,
    read: async (path, options) => {
      reads.push(path);
      return memory.read(path, options);
    },
    list: async (path) => (await memory.list(path)).map(marked),
  };
  return {
    files,
    reads,
    write: memory.write,
    remove: memory.remove,
    touch: async (path: string) => {
      memory.write(path, await memory.read(path));
    },
    link: (path: string) => {
      memory.write(path, 'linked');
      links.add(path);
    },
  };
}

/** An index that tells the sizes of its batches, and can be held by another program. */
function createIndex() {
  const memory = createMemorySearchIndex({ dimensions: 32 });
  const state = { busy: false, applied: [] as number[] };
  const index: SearchIndex = {
    ...memory,
    apply: async (batch) => {
      if (state.busy) throw new NootropicError('STORE_BUSY');
      await memory.apply(batch);
      state.applied.push(batch.upsert.length);
    },
  };
  return { index, state };
}

/** An embedder that tells what it embedded, and can fail. */
function createEmbedder() {
  const model = createScriptedModel({ script: [] });
  const state = { fails: false, embedded: [] as string[] };
  const embedder: Model = {
    ...model,
    embed: async (texts, options) => {
      if (state.fails) throw new NootropicError('MODEL_CRASHED');
      state.embedded.push(...texts);
      return model.embed(texts, options);
    },
  };
  return { embedder, state };
}

interface Setup {
  readonly knowledge: Knowledge;
  readonly tree: ReturnType<typeof createTree>;
  readonly index: SearchIndex;
  readonly store: ReturnType<typeof createIndex>['state'];
  readonly model: ReturnType<typeof createEmbedder>['state'];
}

function setup(files: Record<string, string> = project, changes: Partial<KnowledgeOptions> = {}): Setup {
  const tree = createTree(files);
  const { index, state: store } = createIndex();
  const { embedder, state: model } = createEmbedder();
  const knowledge = createKnowledge({ files: tree.files, parser: createFakeParser(), index, embedder, ...changes });
  return { knowledge, tree, index, store, model };
}

async function refresh(knowledge: Knowledge, options?: Parameters<Knowledge['refresh']>[0]): Promise<IndexProgress> {
  let last: IndexProgress | undefined;
  for await (const progress of knowledge.refresh(options)) last = progress;
  if (last === undefined) throw new Error('no progress');
  return last;
}

describe('refresh', () => {
  it('indexes what is neither ignored nor secret, and says what it left out', async () => {
    const { knowledge, index, tree } = setup();
    tree.write('logo.png', new Uint8Array([0x89, 0]));
    tree.write('odd', new Uint8Array([0, 1]));
    tree.write('big.ts', 'x\n'.repeat(600_000));
    tree.link('linked.ts');
    const done = await refresh(knowledge);
    expect(done).toMatchObject({ phase: 'done', filesRemoved: 0 });
    expect((await index.files()).map((file) => file.path).sort()).toEqual([
      '.gitignore',
      '.nootropicignore',
      'README.md',
      'src/cart-store.ts',
      'src/checkout.ts',
      'src/price.ts',
      'test/cart-store.test.ts',
    ]);
    expect(new Map(done.skipped.map(({ path, reason }) => [path, reason]))).toEqual(
      new Map([
        ['.env', 'may hold secrets'],
        ['logo.png', 'binary'],
        ['odd', 'binary'],
        ['big.ts', 'larger than 1 MB'],
        ['linked.ts', 'symbolic link'],
      ]),
    );
    expect(tree.reads).not.toContain('.env');
  });

  it('embeds nothing on an unchanged tree, and reads only ignore files', async () => {
    const { knowledge, tree, model } = setup();
    const first = await refresh(knowledge);
    expect(first.filesEmbedded).toBe(7);
    expect(first.done).toBe(first.total);
    tree.reads.length = 0;
    model.embedded.length = 0;
    const second = await refresh(knowledge);
    expect(second).toMatchObject({ filesEmbedded: 0, chunksEmbedded: 0, filesRemoved: 0, done: 7, total: 7 });
    expect(model.embedded).toEqual([]);
    expect(tree.reads.sort()).toEqual(['.gitignore', '.nootropicignore']);
  });

  it('embeds one file after one edit, and only the part that changed', async () => {
    const { knowledge, tree, model } = setup();
    await refresh(knowledge);
    model.embedded.length = 0;
    tree.write(
      'src/cart-store.ts',
      project['src/cart-store.ts'].replace('table.write(cart)', 'table.write(cart, now)'),
    );
    expect(await refresh(knowledge)).toMatchObject({ filesEmbedded: 1, chunksEmbedded: 1 });
    expect(model.embedded).toHaveLength(1);
    expect(model.embedded[0]).toContain('table.write(cart, now)');
  });

  it('embeds nothing for a file that was only touched, and does not read it again after that', async () => {
    const { knowledge, tree } = setup();
    await refresh(knowledge);
    await tree.touch('src/price.ts');
    expect(await refresh(knowledge)).toMatchObject({ filesEmbedded: 0, chunksEmbedded: 0 });
    tree.reads.length = 0;
    await refresh(knowledge);
    expect(tree.reads).not.toContain('src/price.ts');
  });

  it('forgets files that went, became ignored, or can no longer be read as text', async () => {
    const { knowledge, tree, index } = setup();
    await refresh(knowledge);
    tree.remove('src/price.ts');
    tree.write('.nootropicignore', 'notes/\ntest/\n');
    tree.write('src/checkout.ts', new Uint8Array([0, 0]));
    const done = await refresh(knowledge);
    expect(done.filesRemoved).toBe(3);
    expect((await index.files()).map((file) => file.path).sort()).toEqual([
      '.gitignore',
      '.nootropicignore',
      'README.md',
      'src/cart-store.ts',
    ]);
  });

  it('makes every vector anew when it rebuilds', async () => {
    const { knowledge } = setup();
    const first = await refresh(knowledge);
    expect(await refresh(knowledge, { rebuild: true })).toMatchObject({
      filesEmbedded: 7,
      chunksEmbedded: first.chunksEmbedded,
    });
  });

  it('goes on past a file that fails, and names it', async () => {
    const parser = createFakeParser();
    const parse: typeof parser.parse = async (path, text) => {
      if (path === 'src/price.ts') throw new Error('odd grammar');
      return parser.parse(path, text);
    };
    const { knowledge } = setup(project, { parser: { ...parser, parse } });
    const done = await refresh(knowledge);
    expect(done.skipped).toContainEqual({ path: 'src/price.ts', reason: 'cannot be read: odd grammar' });
    expect(done.filesEmbedded).toBe(6);
  });

  it('ends early and says so while another program writes the index, and still searches', async () => {
    const { knowledge, store, tree } = setup();
    await refresh(knowledge);
    store.busy = true;
    await tree.touch('src/price.ts');
    const done = await refresh(knowledge);
    expect(done.phase).toBe('done');
    expect(done.skipped).toContainEqual({ path: '.', reason: 'another program is indexing' });
    expect((await knowledge.search('price of an item'))[0]?.path).toBe('src/price.ts');
  });

  it('stores files without vectors while the embedding model fails, and makes them later', async () => {
    const { knowledge, model } = setup();
    model.fails = true;
    const failed = await refresh(knowledge);
    expect(failed.skipped.some(({ reason }) => reason.includes('embedding model failed'))).toBe(true);
    expect((await knowledge.search('save a cart')).map((hit) => hit.path)).toContain('src/cart-store.ts');
    model.fails = false;
    expect((await refresh(knowledge)).filesEmbedded).toBe(7);
    expect((await refresh(knowledge)).filesEmbedded).toBe(0);
  });

  it('runs once for callers at the same time', async () => {
    const { knowledge, store } = setup();
    const [one, other] = await Promise.all([refresh(knowledge), refresh(knowledge)]);
    expect(one).toEqual(other);
    expect(store.applied).toEqual([7]);
  });

  it('stops between batches when its reader leaves, keeps what is written, and goes on from there', async () => {
    const { knowledge, store } = setup(project, { limits: { batchFiles: 2 } });
    for await (const progress of knowledge.refresh()) if (progress.done > 0) break;
    expect(store.applied).toEqual([2]);
    const done = await refresh(knowledge);
    expect(done.filesEmbedded).toBe(5);
  });

  it('rejects with ABORTED when its signal aborts', async () => {
    const { knowledge, store } = setup(project, { limits: { batchFiles: 1 } });
    const stop = new AbortController();
    const run = async (): Promise<void> => {
      for await (const progress of knowledge.refresh({ signal: stop.signal })) if (progress.done === 2) stop.abort();
    };
    await expect(run()).rejects.toMatchObject({ code: 'ABORTED' });
    expect(store.applied.length).toBeLessThan(7);
    await expect(refresh(knowledge, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('rejects when the root cannot be listed', async () => {
    const { files } = createTree(project);
    const { knowledge } = setup(project, { files: { ...files, list: async () => Promise.reject(new Error('gone')) } });
    await expect(refresh(knowledge)).rejects.toThrow('gone');
  });
});

describe('search', () => {
  it('finds the source before its tests and documents, with lines that lie in the file', async () => {
    const { knowledge, tree } = setup();
    await refresh(knowledge);
    const hits = await knowledge.search('where are carts stored?');
    expect(hits[0]).toMatchObject({ path: 'src/cart-store.ts', symbol: 'openCartStore', startLine: 1, endLine: 5 });
    for (const hit of hits) {
      expect(hit.score).toBeGreaterThan(0);
      const { text } = await knowledge.read(hit.path, hit);
      expect(text).toContain(hit.snippet);
      expect(hit.snippet.split('\n').length).toBeLessThanOrEqual(6);
    }
    expect(hits.map((hit) => hit.score)).toEqual(hits.map((hit) => hit.score).toSorted((a, b) => b - a));
    expect(tree.reads).not.toContain('.env');
  });

  it('puts tests first when tests are asked for', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    expect((await knowledge.search('tests that save a cart'))[0]?.path).toBe('test/cart-store.test.ts');
  });

  it('puts the definition of a named symbol first', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    expect((await knowledge.search('saveCart'))[0]).toMatchObject({
      path: 'src/cart-store.ts',
      symbol: 'saveCart',
      startLine: 7,
      endLine: 9,
    });
  });

  it('gives at most two hits of a file, and at most the limit', async () => {
    const many = Array.from({ length: 20 }, (_, at) => `function cart${String(at)}() {\n  cart;\n}`).join('\n');
    const { knowledge } = setup({ 'src/a.ts': many, 'src/b.ts': many });
    await refresh(knowledge);
    const hits = await knowledge.search('cart', { limit: 10 });
    expect(hits.filter((hit) => hit.path === 'src/a.ts')).toHaveLength(2);
    expect(hits).toHaveLength(4);
    expect(await knowledge.search('cart', { limit: 1 })).toHaveLength(1);
  });

  it('keeps to the filter, also for named symbols', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    const hits = await knowledge.search('saveCart', { filter: { paths: ['src/checkout'] } });
    expect(new Set(hits.map((hit) => hit.path))).toEqual(new Set(['src/checkout.ts']));
  });

  it('rejects with ABORTED', async () => {
    const { knowledge } = setup();
    await expect(knowledge.search('cart', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('gather', () => {
  it('gives passages with signature, doc, kind and callers, tests last', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    const { blocks } = await knowledge.gather('saveCart', { tokens: 1_000 });
    expect(blocks[0]).toMatchObject({
      citation: { path: 'src/cart-store.ts', startLine: 7, endLine: 9, symbol: 'saveCart' },
      kind: 'function',
      signature: 'export function saveCart(cart)',
      callers: [
        { path: 'src/checkout.ts', line: 2, from: 'checkout' },
        { path: 'test/cart-store.test.ts', line: 2, from: 'testSaveCart' },
      ],
    });
    for (const block of blocks) {
      const { text } = await knowledge.read(block.citation.path, block.citation);
      expect(block.text).toBe(text);
    }
  });

  it('keeps within the budget of tokens and blocks', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    for (const tokens of [0, 40, 80, 200, 2_000]) {
      const gathered = await knowledge.gather('carts', { tokens, blocks: 3 });
      expect(gathered.tokens).toBeLessThanOrEqual(tokens);
      expect(gathered.blocks.length).toBeLessThanOrEqual(3);
    }
    expect((await knowledge.gather('carts', { tokens: 2_000 })).blocks.length).toBeGreaterThan(2);
  });

  it('cuts a passage that is too long, its line range with it', async () => {
    const long = ['function cart() {', ...Array.from({ length: 40 }, (_, at) => `  cart(${String(at)});`), '}'].join(
      '\n',
    );
    const { knowledge } = setup({ 'src/a.ts': long });
    await refresh(knowledge);
    const { blocks } = await knowledge.gather('cart', { tokens: 100 });
    const [block] = blocks;
    expect(block?.citation.endLine).toBeGreaterThan(6);
    expect(block?.citation.endLine).toBeLessThan(42);
    expect(block?.text).toBe(long.split('\n').slice(0, block?.citation.endLine).join('\n'));
  });

  it('finds a passage again that moved, and leaves out one that is gone', async () => {
    const { knowledge, tree } = setup();
    await refresh(knowledge);
    tree.write('src/cart-store.ts', `// one\n// two\n${project['src/cart-store.ts']}`);
    const moved = await knowledge.gather('saveCart', { tokens: 1_000 });
    expect(moved.blocks[0]?.citation).toMatchObject({ path: 'src/cart-store.ts', startLine: 9, endLine: 11 });
    tree.remove('src/cart-store.ts');
    const gone = await knowledge.gather('saveCart', { tokens: 1_000 });
    expect(gone.blocks.map((block) => block.citation.path)).not.toContain('src/cart-store.ts');
  });

  it('joins the pieces of one symbol that follow each other', async () => {
    const long = ['function cart() {', ...Array.from({ length: 80 }, (_, at) => `  cart(${String(at)});`), '}'].join(
      '\n',
    );
    const { knowledge } = setup({ 'src/a.ts': long });
    await refresh(knowledge);
    const { blocks } = await knowledge.gather('cart', { tokens: 4_000 });
    expect(blocks.map((block) => block.citation)).toEqual([
      { path: 'src/a.ts', startLine: 1, endLine: 82, symbol: 'cart' },
    ]);
  });
});

describe('symbol, read and list', () => {
  it('gives definitions with their callers', async () => {
    const { knowledge } = setup();
    await refresh(knowledge);
    const [answer] = await knowledge.symbol('saveCart');
    expect(answer?.definition).toMatchObject({ path: 'src/cart-store.ts', startLine: 7 });
    expect(answer?.callers.map((caller) => caller.path)).toEqual(['src/checkout.ts', 'test/cart-store.test.ts']);
    expect(await knowledge.symbol('nothing')).toEqual([]);
  });

  it('reads lines, cut at the end of the file', async () => {
    const { knowledge } = setup();
    expect(await knowledge.read('./src//price.ts', { startLine: 2, endLine: 99 })).toEqual({
      text: '  return item.price * item.count;\n}',
      startLine: 2,
      endLine: 3,
      totalLines: 3,
    });
    expect((await knowledge.read('/ws/src/price.ts')).totalLines).toBe(3);
    await expect(knowledge.read('src/price.ts', { startLine: 4, endLine: 9 })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    await expect(knowledge.read('src/none.ts')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });

  it.each(['.env', './.env', 'src/../.env', '.ENV', '/ws/.env', '.env/../.env'])('never reads %s', async (path) => {
    const { knowledge, tree } = setup();
    await expect(knowledge.read(path)).rejects.toMatchObject({ code: 'DENIED' });
    expect(tree.reads).toEqual([]);
  });

  it('does not read through a symbolic link, nor outside the root', async () => {
    const { knowledge, tree } = setup();
    tree.link('harmless.txt');
    await expect(knowledge.read('harmless.txt')).rejects.toMatchObject({ code: 'DENIED' });
    for (const path of ['../x', '/etc/passwd', 'src/../../x', 'C:\\x', '/ws-evil/x']) {
      await expect(knowledge.read(path), path).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      await expect(knowledge.list(path), path).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    }
    expect(tree.reads).toEqual([]);
  });

  it('lists a folder without what is ignored or secret', async () => {
    const { knowledge } = setup();
    expect(await knowledge.list('')).toEqual(['.gitignore', '.nootropicignore', 'README.md', 'src/', 'test/']);
    expect(await knowledge.list('src')).toEqual(['cart-store.ts', 'checkout.ts', 'price.ts']);
    expect(await knowledge.list('build')).toEqual([]);
    await expect(knowledge.list('none')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });
});

import { NootropicError, type IndexProgress, type Knowledge } from '@nootropic/contracts';
import { createFakeParser, createMemoryFiles, createMemorySearchIndex, createScriptedModel } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createKnowledge } from './knowledge.ts';
import type { IndexNote } from './index-notes.ts';
import { certainPart } from './search-tree.ts';
import { readSourceText } from './source-text.ts';
import { createPathFinder } from './path-finder.ts';
import { mergeSkipped, noteSkipped, skippedByReason } from './index-notes.ts';

function setUp(note?: IndexNote) {
  const memory = createMemoryFiles(
    {
      'a.ts': 'export function alpha() {\n}\n',
      'b.ts': 'export function beta() {\n}\n',
      'pic.png': 'x',
      '.gitignore': 'out/\n',
    },
    { root: '/ws' },
  );
  const listed: string[] = [];
  const read: string[] = [];
  let kept = note;
  const embedder = createScriptedModel({ script: [] });
  const index = createMemorySearchIndex({ dimensions: embedder.info.dimensions });
  const knowledge = createKnowledge({
    files: {
      ...memory,
      list: async (path) => (listed.push(path), memory.list(path)),
      read: async (path, options) => (read.push(path), memory.read(path, options)),
    },
    parser: createFakeParser(),
    index,
    embedder,
    watch: true,
    program: 1,
    notes: { read: async () => kept, write: async (given) => void (kept = given) },
  });
  return { memory, listed, read, knowledge, index, note: () => kept };
}

async function run(knowledge: Knowledge): Promise<IndexProgress> {
  let last: IndexProgress | undefined;
  for await (const progress of knowledge.refresh()) last = progress;
  if (last === undefined) throw new Error('nothing');
  return last;
}

describe('keeping up with a tree', () => {
  it('indexes a saved file by itself, and looks at nothing when nothing changed', async () => {
    const { memory, listed, index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    await run(knowledge);
    listed.length = 0;
    expect(await run(knowledge)).toMatchObject({ phase: 'done', filesEmbedded: 0 });
    expect(listed).toEqual([]);
    memory.write('b.ts', 'export function gamma() {\n}\n');
    await expect.poll(async () => (await index.symbols('gamma')).length).toBe(1);
    memory.remove('a.ts');
    await expect.poll(async () => (await index.files()).map(({ path }) => path)).not.toContain('a.ts');
    memory.write('out/c.ts', 'export function ignored() {\n}\n');
    memory.write('d.ts', 'export function delta() {\n}\n');
    await expect.poll(async () => (await index.symbols('delta')).length).toBe(1);
    expect(await index.symbols('ignored')).toEqual([]);
  });

  it('reads only files that may hold a string, once it has read them, and what was saved since', async () => {
    const { memory, listed, read, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    const paths = async (text: string) => (await knowledge.search(text, { mode: 'exact' })).map(({ path }) => path);
    await run(knowledge);
    expect(await paths('beta()')).toEqual(['b.ts']);
    expect(await paths('nowhere')).toEqual([]);
    listed.length = 0;
    read.length = 0;
    expect(await paths('alpha()')).toEqual(['a.ts']);
    expect(await paths('nowhere')).toEqual([]);
    expect({ listed, read }).toEqual({ listed: [], read: ['a.ts'] });
    memory.write('b.ts', 'export function nowhere() {\n}\n');
    await expect.poll(() => paths('nowhere')).toEqual(['b.ts']);
    memory.write('c.ts', 'nowhere\n');
    await expect.poll(() => paths('nowhere')).toEqual(['b.ts', 'c.ts']);
    expect(await paths('beta()')).toEqual([]);
  });

  it.each([
    ['beta', 'beta'],
    ['^func\\w+ name$', ' name'],
    ['colou?r', 'colo'],
    ['ab+c*d', 'ab'],
    ['one.*second', 'second'],
    ['a|b', ''],
    ['(abc)?', ''],
    ['[abc]def', ''],
    ['\\u0041bc', ''],
    ['x{2}', ''],
    ['a\\.bcd', 'bcd'],
  ])('of the regular expression %s every match holds "%s"', (source, held) => {
    expect(certainPart(source)).toBe(held);
  });

  it('looks at the whole tree when what is ignored changed', async () => {
    const { memory, index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    memory.write('out/c.ts', 'export function hidden() {\n}\n');
    await run(knowledge);
    expect(await index.symbols('hidden')).toEqual([]);
    memory.write('.gitignore', '');
    await expect.poll(async () => (await index.symbols('hidden')).length).toBe(1);
  });

  it('says how it is', async () => {
    await using knowledge = setUp().knowledge;
    expect((await knowledge.status()).lastRun).toBeUndefined();
    await run(knowledge);
    const status = await knowledge.status();
    expect(status).toMatchObject({ files: 3, chunksWithoutVector: 0, watch: 'on', waitsFor: '', skippedFiles: [] });
    expect(status.lastRun).toMatchObject({ outcome: 'done', files: 3 });
    expect(status.skipped).toEqual([{ reason: 'binary', count: 1, examples: ['pic.png'] }]);
    expect((await knowledge.status({ skippedFiles: true })).skippedFiles).toEqual([
      { path: 'pic.png', reason: 'binary' },
    ]);
  });

  it('says that the disk is full, keeps what was written, and goes on when there is room', async () => {
    const sources = Array.from({ length: 6 }, (_, at) => [`f${at}.ts`, `export function step${at}() {\n}\n`]);
    const files = createMemoryFiles(Object.fromEntries(sources) as Record<string, string>, { root: '/ws' });
    const embedder = createScriptedModel({ script: [] });
    const index = createMemorySearchIndex({ dimensions: embedder.info.dimensions });
    let room = 2;
    const apply: typeof index.apply = async (batch) => {
      if (room === 0) throw new NootropicError('DISK_FULL');
      room -= 1;
      await index.apply(batch);
    };
    const ports = { files, parser: createFakeParser(), index: { ...index, apply }, embedder };
    await using knowledge = createKnowledge({ ...ports, limits: { batchFiles: 1 } });
    await expect(run(knowledge)).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(await knowledge.status()).toMatchObject({ files: 2, lastRun: { outcome: 'failed' } });
    expect((await knowledge.search('step1')).map(({ path }) => path)).toContain('f1.ts');
    room = Infinity;
    expect(await run(knowledge)).toMatchObject({ phase: 'done', total: 6, filesEmbedded: 4 });
    expect(await knowledge.status()).toMatchObject({ files: 6, chunksWithoutVector: 0, lastRun: { outcome: 'done' } });
  });

  it('has damage mended that only a reader meets, and asks again', async () => {
    const { index, ...opened } = setUp();
    await using first = opened.knowledge;
    await run(first);
    let damaged = true;
    let runs = 0;
    const query: typeof index.query = async (...asked) => {
      if (damaged) throw new NootropicError('STORE_CORRUPT');
      return index.query(...asked);
    };
    const embedder = createScriptedModel({ script: [] });
    const ports = { files: opened.memory, parser: createFakeParser(), index: { ...index, query }, embedder };
    await using knowledge = createKnowledge({
      ...ports,
      watch: true,
      async *run() {
        runs += 1;
        damaged = runs < 2;
        yield {
          phase: 'done',
          done: 2,
          total: 2,
          filesEmbedded: 0,
          filesRemoved: 0,
          chunksEmbedded: 0,
          skipped: [],
          tookMs: 1,
        };
      },
    });
    await run(knowledge);
    expect((await knowledge.search('alpha')).map(({ path }) => path)).toContain('a.ts');
    expect(runs).toBe(2);
  });

  it('counts all that was left out, though it names only so many', () => {
    const skipped = Array.from({ length: 12_000 }, (_, at) => ({ path: `f${at}.png`, reason: 'binary' }));
    const noted = noteSkipped(skipped);
    expect(noted.skipped).toHaveLength(10_000);
    expect(noted.reasons?.[0]).toMatchObject({ reason: 'binary', count: 12_000 });
    const merged = mergeSkipped(noted, [
      { path: 'f1.png', reason: 'binary' },
      { path: 'link', reason: 'symbolic link' },
    ]);
    expect(merged.reasons?.map(({ reason, count }) => [reason, count])).toEqual([
      ['binary', 12_000],
      ['symbolic link', 1],
    ]);
  });

  it('groups what was left out by its reason', () => {
    const skipped = ['a', 'b', 'c', 'd'].map((path) => ({ path, reason: `cannot be read: ${path}` }));
    expect(skippedByReason([{ path: 'x', reason: 'binary' }, ...skipped])).toEqual([
      { reason: 'cannot be read', count: 4, examples: ['a', 'b', 'c'] },
      { reason: 'binary', count: 1, examples: ['x'] },
    ]);
  });

  it('takes base64 for encoded data, and code for text', () => {
    const line = (at: number): string => btoa(`${Math.sin(at)}${Math.cos(at)}${Math.tan(at)}`).slice(0, 64);
    const encoded = Array.from({ length: 300 }, (_, at) => line(at)).join('\n');
    expect(readSourceText(new TextEncoder().encode(encoded))).toEqual({ reason: 'encoded data' });
    const code = Array.from(
      { length: 300 },
      (_, at) => `export const aVeryLongNameOfAConstantNumber${at} = someOtherFunction(${at});`,
    ).join('\n');
    expect(readSourceText(new TextEncoder().encode(code))).toEqual({ text: code });
  });
});

describe('an index that rests', () => {
  it('reads nothing, remembers what changed, and reads that once it goes on', async () => {
    const { memory, listed, read, index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    await run(knowledge);
    await knowledge.pause(true);
    expect(await knowledge.status()).toMatchObject({ paused: true, waitsFor: expect.stringMatching(/./u) as string });
    [listed.length, read.length] = [0, 0];
    memory.write('b.ts', 'export function gamma() {\n}\n');
    const said = await run(knowledge);
    expect(said).toMatchObject({ phase: 'done', filesEmbedded: 0, skipped: [{ path: '.' }] });
    expect(said.skipped[0]?.reason).toContain('index resume');
    const notices: string[] = [];
    const hits = await knowledge.search('beta', { onNotice: (text) => notices.push(text) });
    expect(hits.map(({ path }) => path)).toContain('b.ts');
    expect(notices).toEqual([said.skipped[0]?.reason]);
    expect([listed, await index.symbols('gamma')]).toEqual([[], []]);
    await knowledge.pause(false);
    expect(await knowledge.status()).toMatchObject({ paused: false, waitsFor: '' });
    await expect.poll(async () => (await index.symbols('gamma')).length).toBe(1);
  });

  it('ends a run that is under way for whoever waits for it, without an error, and does the rest later', async () => {
    const { index, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    const waiting = knowledge.refresh()[Symbol.asyncIterator]();
    await waiting.next();
    await knowledge.pause(true);
    let last: IndexProgress | undefined;
    for (let next = await waiting.next(); next.done !== true; next = await waiting.next()) last = next.value;
    expect(last).toMatchObject({ phase: 'done', skipped: [{ path: '.' }] });
    await knowledge.pause(false);
    await run(knowledge);
    expect((await index.files()).map(({ path }) => path).sort()).toEqual(['.gitignore', 'a.ts', 'b.ts']);
  });
});

describe('finding files', () => {
  const finder = createFinder();

  it('finds in an index what it holds and what it left out, and gives what changed last for no word', async () => {
    const { memory, ...opened } = setUp();
    await using knowledge = opened.knowledge;
    memory.write('.env', 'KEY=1');
    memory.write('out/a.ts', 'x');
    expect(await knowledge.find('ats')).toEqual(['a.ts']);
    await run(knowledge);
    expect(await knowledge.find('pic')).toEqual(['pic.png']);
    expect(await knowledge.find('env')).toEqual([]);
    expect((await knowledge.find('')).toSorted()).toEqual(['.gitignore', 'a.ts', 'b.ts']);
    expect(await knowledge.find('', { limit: 1 })).toHaveLength(1);
    memory.write('new/first.ts', 'export function first() {\n}\n');
    await expect.poll(async () => knowledge.find('nfirst')).toEqual(['new/first.ts']);
  });

  it('likes names, beginnings of words and letters that follow each other best', () => {
    expect(finder('req')).toEqual(['lib/request.js', 'lib/router/request-queue.js', 'examples/resource/quick.js']);
    expect(finder('rrq')[0]).toBe('lib/router/request-queue.js');
    expect(finder('RouterRoute')[0]).toBe('lib/router/route.js');
    expect(finder('rout\\route')[0]).toBe('lib/router/route.js');
    expect(finder('index lib')[0]).toBe('lib/router/index.js');
    expect(finder('makefile')[0]).toBe('Makefile');
    expect(finder('zzz')).toEqual([]);
    expect(finder('ünder')).toEqual(['docs/Über/Ünder.md']);
  });
});

function createFinder(): (query: string) => string[] {
  const { find } = createPathFinder([
    ...['lib/request.js', 'lib/router/index.js', 'lib/router/route.js', 'lib/router/layer.js', 'Makefile'],
    ...['examples/resource/quick.js', 'lib/router/request-queue.js', 'docs/makefile-notes.md', 'docs/Über/Ünder.md'],
  ]);
  return (query) => find(query, 10);
}

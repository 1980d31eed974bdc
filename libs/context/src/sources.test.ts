import {
  NootropicError,
  type Change,
  type ContextStore,
  type Pages,
  type SourceEvent,
  type Sources,
} from '@nootropic/contracts';
import { createMemoryContextStore, createMemoryFiles, type MemoryFiles } from '@nootropic/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSources } from './sources.ts';

const day = 86_400_000;

async function refreshed(events: AsyncIterable<SourceEvent>): Promise<Extract<SourceEvent, { type: 'refreshed' }>[]> {
  const ends: Extract<SourceEvent, { type: 'refreshed' }>[] = [];
  for await (const event of events) if (event.type === 'refreshed') ends.push(event);
  return ends;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing thrown',
    (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
  );
}

let store: ContextStore;
let tree: MemoryFiles | undefined;
let reads: string[];
let commits: Change[];
let web: Map<string, string>;
let time: number;
let sources: Sources;

beforeEach(() => {
  store = createMemoryContextStore();
  tree = createMemoryFiles(
    { 'start.md': '# Start\n\nInstall the walrus first.\n', 'api/calls.md': '# Calls\n\nEvery call retries.\n' },
    { root: '/docs' },
  );
  reads = [];
  commits = [];
  web = new Map();
  time = 1000;
  const pages: Pages = {
    async load(place) {
      reads.push(place);
      const text = web.get(place);
      if (text === undefined)
        throw new NootropicError(place.startsWith('http') ? 'SOURCE_UNREACHABLE' : 'PATH_NOT_FOUND', 'gone');
      return { title: 'A page', text };
    },
    mark: async (place) => (web.has(place) ? String(web.get(place)?.length) : undefined),
    text: async () => undefined,
  };
  sources = createSources({
    ...{ store, pages, now: () => time },
    async folder() {
      await undefined;
      if (tree === undefined) throw new NootropicError('PATH_NOT_FOUND', 'There is no /docs.');
      const files = tree;
      return {
        ...files,
        read: (path, options) => {
          reads.push(path);
          return files.read(path, options);
        },
      };
    },
    history: {
      async *changes() {
        await undefined;
        yield* commits;
      },
      async *diffs(asked) {
        await undefined;
        const secret = 'diff --git a/.env b/.env\n+KEY=hidden\n';
        for (const commit of asked)
          yield { commit, text: `${secret}diff --git a/a.ts b/a.ts\n+const mango = ${commit[0]};\n` };
      },
      lastChange: async () => undefined,
      head: async () => commits[0]?.commit,
    },
    hash: (bytes) => new TextDecoder().decode(bytes).replace(/\s/gu, '_'),
  });
});

const addDocs = async () => refreshed(sources.add({ kind: 'folder', place: '/docs', name: 'guide' }));

describe('a folder', () => {
  it('is read, listed, found and cited by its name', async () => {
    const [end] = await addDocs();
    expect(end).toMatchObject({
      added: 2,
      changed: 0,
      removed: 0,
      source: { name: 'guide', entries: 2, state: 'fresh' },
    });
    expect(await sources.list()).toMatchObject([{ name: 'guide', kind: 'folder', place: '/docs', refreshedAt: 1000 }]);
    const [hit] = await sources.search('walrus');
    expect(hit).toMatchObject({ path: 'source://guide/start.md', startLine: 1, endLine: 3 });
    expect(hit?.snippet).toContain('Install the walrus first.');
    expect(await sources.read('source://guide/start.md', { startLine: 3, endLine: 9 })).toEqual({
      text: 'Install the walrus first.',
      ...{ startLine: 3, endLine: 3, totalLines: 3 },
    });
    expect(await codeOf(sources.read('source://guide/none.md'))).toBe('NOT_FOUND');
    expect(await codeOf(sources.read('source://guide/start.md', { startLine: 9, endLine: 9 }))).toBe('INPUT_INVALID');
  });

  it('is refreshed by what changed: nothing else is read', async () => {
    await addDocs();
    reads.length = 0;
    expect((await refreshed(sources.refresh()))[0]).toMatchObject({ added: 0, changed: 0, removed: 0 });
    expect(reads).toEqual([]);
    tree?.write('start.md', '# Start\n\nInstall the seal first.\n');
    tree?.write('new.md', 'news about otters\n');
    tree?.remove('api');
    expect(await sources.list()).toMatchObject([{ state: 'stale', detail: '3 files changed' }]);
    expect((await refreshed(sources.refresh(['guide'])))[0]).toMatchObject({ added: 1, changed: 1, removed: 1 });
    expect(reads.sort()).toEqual(['new.md', 'start.md']);
    expect(await sources.list()).toMatchObject([{ state: 'fresh', entries: 2 }]);
    expect(await sources.search('walrus')).toEqual([]);
    expect(await sources.search('otters')).toHaveLength(1);
  });

  it('is cited by the lines that hold the words of the question', async () => {
    const lines = Array.from({ length: 300 }, (_, at) => (at === 211 ? 'here is the badger' : `line ${at + 1}`));
    tree?.write('long.md', lines.join('\n'));
    await addDocs();
    const [hit] = await sources.search('badger');
    expect(hit?.startLine).toBeLessThanOrEqual(212);
    expect(hit?.endLine).toBeGreaterThanOrEqual(212);
    expect(hit?.endLine).toBeLessThan((hit?.startLine ?? 0) + 16);
    expect((await sources.read(hit?.path ?? '', hit)).text).toContain('badger');
  });

  it('that is gone is kept, marked and still found, and comes back', async () => {
    await addDocs();
    const before = tree;
    tree = undefined;
    expect(await sources.list()).toMatchObject([{ state: 'gone', entries: 2 }]);
    const [end] = await refreshed(sources.refresh());
    expect(end?.source).toMatchObject({ state: 'gone', detail: 'There is no /docs.', entries: 2, refreshedAt: 1000 });
    expect(await sources.search('walrus')).toHaveLength(1);
    tree = before;
    await refreshed(sources.refresh());
    expect(await sources.list()).toMatchObject([{ state: 'fresh' }]);
  });

  it('skips what is no text and says why, and is not stale for that', async () => {
    tree?.write('picture.md', '\0\0\0');
    tree?.write('.env', 'KEY=1');
    const [end] = await addDocs();
    expect(end?.skipped).toEqual([
      { path: '.env', reason: 'may hold secrets' },
      { path: 'picture.md', reason: 'binary' },
    ]);
    expect(await sources.list()).toMatchObject([{ state: 'fresh', entries: 2 }]);
    expect(await sources.search('KEY')).toEqual([]);
  });

  it('is not added where there is none, and keeps what was read when it is stopped', async () => {
    const before = tree;
    tree = undefined;
    expect(await codeOf(addDocs())).toBe('PATH_NOT_FOUND');
    expect(await store.list()).toEqual([]);
    tree = before;
    for (let at = 0; at < 60; at += 1) tree?.write(`many/${at}.md`, `text ${at}`);
    for await (const event of sources.add({ kind: 'folder', place: '/docs', name: 'guide' }))
      if (event.type === 'progress') break;
    expect(await sources.list()).toMatchObject([
      { name: 'guide', entries: 20, state: 'stale', detail: 'was not read to its end' },
    ]);
    reads.length = 0;
    expect((await refreshed(sources.refresh()))[0]).toMatchObject({ added: 42, source: { state: 'fresh' } });
    expect(reads).toHaveLength(42);
    expect(
      await codeOf(refreshed(sources.add({ kind: 'folder', place: '/docs', name: 'other' }, AbortSignal.abort()))),
    ).toBe('ABORTED');
    expect((await sources.list()).map(({ name }) => name)).toEqual(['guide']);
  });
});

describe('a page', () => {
  it('is fetched when it is added and when it is refreshed, and never else', async () => {
    web.set('https://example.org/a/api.html', 'The zebra API');
    const [end] = await refreshed(sources.add({ kind: 'page', place: 'https://example.org/a/api.html' }));
    expect(end?.source).toMatchObject({ name: 'api', entries: 1 });
    await sources.search('zebra');
    await sources.list();
    expect(reads).toHaveLength(1);
    time += 31 * day;
    expect(await sources.list()).toMatchObject([{ state: 'stale', detail: 'fetched 31 days ago' }]);
    web.clear();
    expect((await refreshed(sources.refresh()))[0]?.source).toMatchObject({ state: 'stale', entries: 1 });
    expect(await sources.search('zebra')).toHaveLength(1);
    expect(await codeOf(refreshed(sources.add({ kind: 'page', place: 'https://example.org/none' })))).toBe(
      'SOURCE_UNREACHABLE',
    );
    expect(await sources.list()).toHaveLength(1);
  });

  it('from a file is stale when the file changed', async () => {
    web.set('/pages/a.html', 'one');
    await refreshed(sources.add({ kind: 'page', place: '/pages/a.html' }));
    expect(await sources.list()).toMatchObject([{ name: 'a', state: 'fresh' }]);
    web.set('/pages/a.html', 'three');
    expect(await sources.list()).toMatchObject([{ state: 'stale' }]);
    expect(await codeOf(refreshed(sources.add({ kind: 'page', place: '/home/.env' })))).toBe('DENIED');
  });
});

describe('history and notes', () => {
  const commit = (id: number): Change => ({
    ...{ commit: String(id).repeat(40), author: 'Ann', at: '2026-01-01T00:00:00Z' },
    ...{ message: `Change ${id}: the kiwi`, paths: ['a.ts'] },
  });

  it('takes in commits once, and only new ones later', async () => {
    expect(await codeOf(refreshed(sources.add({ kind: 'history' })))).toBe('INPUT_INVALID');
    commits = [commit(2), commit(1)];
    expect((await refreshed(sources.add({ kind: 'history' })))[0]).toMatchObject({
      added: 2,
      source: { name: 'history' },
    });
    commits = [commit(3), ...commits];
    expect(await sources.list()).toMatchObject([{ state: 'stale' }]);
    expect((await refreshed(sources.refresh()))[0]).toMatchObject({ added: 1, changed: 0, removed: 0 });
    expect((await sources.search('mango')).length).toBe(3);
    expect(await sources.search('hidden')).toEqual([]);
    const hits = await sources.search('kiwi', { sources: ['history'] });
    expect([...new Set(hits.map(({ path }) => path))].sort()).toEqual(
      [1, 2, 3].map((id) => `source://history/${String(id).repeat(12)}`),
    );
  });

  it('keeps one note after the other', async () => {
    await refreshed(sources.add({ kind: 'notes', text: 'The kiwi is green.' }));
    expect((await refreshed(sources.add({ kind: 'notes', text: 'The lemon is not.' })))[0]).toMatchObject({
      added: 1,
      source: { entries: 2 },
    });
    expect(await sources.search('lemon')).toMatchObject([{ path: 'source://notes/note-2.md' }]);
    expect(await codeOf(refreshed(sources.add({ kind: 'notes', text: ' ' })))).toBe('INPUT_INVALID');
  });
});

describe('all sources', () => {
  it('are told apart by name, and removed with all that was read', async () => {
    await addDocs();
    await refreshed(sources.add({ kind: 'notes', text: 'A walrus note.' }));
    expect(await sources.search('walrus')).toHaveLength(2);
    expect(await sources.search('walrus', { sources: ['notes'] })).toMatchObject([
      { path: 'source://notes/note-1.md' },
    ]);
    expect(await codeOf(sources.search('walrus', { sources: ['none'] }))).toBe('NOT_FOUND');
    expect(await codeOf(refreshed(sources.add({ kind: 'folder', place: '/other', name: 'guide' })))).toBe(
      'INPUT_INVALID',
    );
    expect(await codeOf(refreshed(sources.add({ kind: 'notes', text: 'x', name: '../x' })))).toBe('INPUT_INVALID');
    expect(await sources.remove('guide')).toMatchObject({ name: 'guide', entries: 2 });
    expect(await codeOf(sources.remove('guide'))).toBe('NOT_FOUND');
    await sources.remove('notes');
    expect(await store.list()).toEqual([]);
  });
});

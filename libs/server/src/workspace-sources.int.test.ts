import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';

let place: string;
let workspace: string;
let composed: Composition;
let assistant: Assistant;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'nootropic-sources-'));
  workspace = join(place, 'work');
  await put('work/src/upload.ts', 'export function retryUpload(file: string): void {\n  send(file);\n}\n');
  composed = await compose({
    env: { ...process.env, NOOTROPIC_HOME: join(place, 'home') },
    flags: { log: { level: 'silent' } },
  });
  assistant = composed.assistant;
});

afterEach(async () => {
  await composed[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

async function put(path: string, text: string | Uint8Array): Promise<string> {
  await mkdir(dirname(join(place, path)), { recursive: true });
  await writeFile(join(place, path), text);
  return join(place, path);
}

async function last<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let found: T | undefined;
  for await (const item of items) found = item;
  return found;
}

async function stored(path: string, more: { title?: string; name?: string } = {}) {
  const event = await last(await assistant.contexts.put({ path, ...more }));
  if (event?.type !== 'stored') throw new Error('Nothing was stored.');
  return event.entry;
}

async function textOf(id: string, range: { line?: number; lines?: number } = {}): Promise<string> {
  let text = '';
  for await (const piece of await assistant.contexts.show({ id, ...range })) text += piece.text;
  return text;
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing thrown',
    (error: unknown) => NootropicError.from(error).code,
  );

describe('contexts', () => {
  it('keep a long text, found like code, by a part of its id or by name', async () => {
    const lines = Array.from({ length: 20_000 }, (_, at) =>
      at === 15_000 ? 'parseHTTPBody failed' : `step ${at} done`,
    );
    const entry = await stored(await put('a.log', lines.join('\n')), { name: 'run' });
    expect(entry).toMatchObject({ kind: 'log', title: 'a.log', name: 'run', lines: 20_000 });
    const [hit] = await assistant.contexts.search({ query: 'http body', ids: ['run'] });
    expect(hit?.startLine).toBeLessThanOrEqual(15_001);
    expect(hit?.endLine).toBeGreaterThanOrEqual(15_001);
    expect(await textOf(entry.id.slice(0, 12), { line: 15_001, lines: 1 })).toBe('parseHTTPBody failed\n');
    const view = await assistant.contexts.merge({ ids: ['run', entry.id] });
    expect(view).toMatchObject({ parts: 2, lines: 40_000 });
    await assistant.contexts.remove({ id: 'run' });
    expect(await textOf(view.id, { line: 35_001, lines: 1 })).toBe('parseHTTPBody failed\n');
    expect(await codeOf(assistant.contexts.remove({ id: 'run' }))).toBe('NOT_FOUND');
  });

  it('read UTF-16, and refuse what is no text, may hold secrets or is not there', async () => {
    const wide = await stored(await put('wide.txt', Buffer.from('\ufeffz\u00fcrich\n', 'utf16le')));
    expect(await textOf(wide.id)).toBe('z\u00fcrich\n');
    expect(await codeOf(stored(await put('x.bin', new Uint8Array(100))))).toBe('INPUT_INVALID');
    expect(await codeOf(stored(await put('.env', 'KEY=1')))).toBe('DENIED');
    expect(await codeOf(stored(join(place, 'none')))).toBe('PATH_NOT_FOUND');
    expect(await codeOf(stored(place))).toBe('INPUT_INVALID');
    expect(await assistant.contexts.list()).toHaveLength(1);
  });

  it('keep nothing of what is stopped', async () => {
    const path = await put('long.txt', 'a word\n'.repeat(2_000_000));
    const stream = await assistant.contexts.put({ path });
    await stream.next();
    await stream.return?.();
    expect(await assistant.contexts.list()).toEqual([]);
    expect(await assistant.contexts.search({ query: 'word' })).toEqual([]);
  });
});

describe('sources', () => {
  it('are read, searched by the words of code, gathered and cited, and never mixed with files', async () => {
    await put('docs/guide.md', '# Uploads\n\nThe uploadRetryLimit says how often an upload is retried.\n');
    await put('docs/page.html', '<h1>Walrus</h1><p>It sleeps in the <code>walrusPool</code>.</p>');
    const added = await last(await assistant.sources.add({ workspace, kind: 'folder', place: join(place, 'docs') }));
    expect(added).toMatchObject({ type: 'refreshed', added: 2, source: { name: 'docs', state: 'fresh' } });
    const [hit] = await assistant.sources.search({ workspace, query: 'retry limit' });
    expect(hit).toMatchObject({ path: 'source://docs/guide.md' });
    expect((await assistant.sources.search({ workspace, query: 'walrus pool' }))[0]?.snippet).toContain('`walrusPool`');
    const { hits } = await assistant.search({ workspace, query: 'retry upload' });
    expect(hits.map(({ path }) => path)).toEqual(['src/upload.ts']);
    const gathered = await assistant.gather({ workspace, query: 'uploadRetryLimit retried', tokens: 1000 });
    expect(gathered.blocks.at(-1)).toMatchObject({ role: 'source', citation: { path: 'source://docs/guide.md' } });
    expect(gathered.tokens).toBeLessThanOrEqual(1000);
    const turn = await assistant.send({ workspace, text: 'uploadRetryLimit retried?', model: 'none' });
    expect(await last(turn)).toMatchObject({
      type: 'turn-end',
      citations: expect.arrayContaining([expect.objectContaining({ path: 'source://docs/guide.md' })]) as unknown,
    });
  });

  it('of one workspace are not those of another, and a workspace without sources has no file', async () => {
    await assistant.gather({ workspace, query: 'retry', tokens: 500 });
    expect(await assistant.sources.list({ workspace })).toEqual([]);
    expect(existsSync(composed.paths.sources)).toBe(false);
    await last(await assistant.sources.add({ workspace, kind: 'notes', text: 'The kiwi is green.' }));
    expect(await readdir(composed.paths.sources)).toContainEqual(expect.stringMatching(/^[0-9a-f]{24}\.db$/u));
    await mkdir(join(place, 'other'));
    expect(await assistant.sources.list({ workspace: join(place, 'other') })).toEqual([]);
    expect(await codeOf(assistant.sources.search({ workspace, query: 'x', sources: ['none'] }))).toBe('NOT_FOUND');
  });
});

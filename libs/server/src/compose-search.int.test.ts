import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose, type ComposeOptions, type Composition } from './compose.ts';

let place: string;
let workspace: string;
let composed: Composition | undefined;

async function open(flags: ComposeOptions['flags'] = {}): Promise<Composition> {
  composed = await compose({ env: { NOOTROPIC_HOME: join(place, 'home'), PATH: process.env['PATH'] }, flags });
  return composed;
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(workspace, path)), { recursive: true });
  await writeFile(join(workspace, path), text);
}

beforeEach(async () => {
  place = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-search-')));
  workspace = join(place, 'ws');
  await put('src/retry.ts', 'export function retryUpload(file: string): number {\n  return file.length;\n}\n');
  await put('src/slow.ts', `// ${'a'.repeat(80)}b\n`);
});

afterEach(async () => {
  await composed?.[Symbol.asyncDispose]();
  composed = undefined;
  await rm(place, { recursive: true, force: true });
});

describe('search', () => {
  it('looks at the tree as it is, by string and by regular expression, without an index', async () => {
    const { assistant } = await open();
    const { hits, notices } = await assistant.search({ workspace, query: 'RetryUpload\\(', mode: 'regex' });
    expect([hits, notices]).toEqual([[], []]);
    await put('src/new.ts', 'retryUpload("x");\n');
    for (const [mode, query] of [
      ['regex', 'retryupload\\('],
      ['exact', 'retryUpload('],
    ] as const) {
      const found = await assistant.search({ workspace, query, mode });
      expect(found.hits.map(({ path, startLine }) => [path, startLine])).toEqual([
        ['src/new.ts', 1],
        ['src/retry.ts', 1],
      ]);
    }
    expect(await assistant.index.stats({ workspace })).toMatchObject({ files: 0 });
  });

  it('ends a regular expression that takes too long, and goes on with the next', async () => {
    const { assistant } = await open();
    const slow = await assistant.search({ workspace, query: '(a+)+$', mode: 'regex' });
    expect(slow).toEqual({ hits: [], notices: [expect.stringContaining('src/slow.ts')] });
    expect((await assistant.search({ workspace, query: 'length', mode: 'regex' })).hits).toHaveLength(1);
    await expect(assistant.search({ workspace, query: '(', mode: 'regex' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });

  it('finds by words where the embedding model is missing, and says so', async () => {
    const { assistant } = await open({ models: { embedding: `file:${join(place, 'gone.gguf')}` } });
    const { hits, notices } = await assistant.search({ workspace, query: 'retry an upload' });
    expect(hits[0]).toMatchObject({ path: 'src/retry.ts', symbol: 'retryUpload' });
    expect(notices).toEqual([expect.stringContaining('gone.gguf')]);
  });

  it('goes on without the reranking model where it cannot be opened, and says so', async () => {
    const { assistant } = await open({ models: { reranking: `file:${join(place, 'gone.gguf')}` } });
    await put('src/upload.ts', 'export const upload = 1;\n');
    const { hits, notices } = await assistant.search({ workspace, query: 'retry an upload', explain: true });
    expect(hits[0]?.signals?.map(({ signal }) => signal)).toContain('text');
    expect(notices).toContainEqual(expect.stringContaining('reranking model was left out'));
  });
});

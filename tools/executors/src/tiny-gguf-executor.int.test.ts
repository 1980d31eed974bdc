import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyEmbeddingGgufBytes, tinyGgufBytes } from '@nootropic/testing';
import { runTinyGguf, type TinyGgufExecutorOptions } from './tiny-gguf-executor.ts';

describe('the executor tiny-gguf', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tiny-gguf-executor-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  async function run(options: TinyGgufExecutorOptions): Promise<string[]> {
    const lines: string[] = [];
    expect(await runTinyGguf(options, { root }, (line) => lines.push(line))).toEqual({ success: true });
    return lines;
  }

  it('writes the chat model into the cache of the workspace, and prints its path', async () => {
    const [path = ''] = await run({});
    expect(dirname(path)).toBe(join(root, 'node_modules/.cache/nootropic'));
    expect(new Uint8Array(await readFile(path))).toEqual(tinyGgufBytes());
  });

  it('writes both where they are wanted, and leaves them alone the second time', async () => {
    const paths = await run({ kind: 'all', out: 'models' });
    expect(paths.map((path) => basename(dirname(path)))).toEqual(['models', 'models']);
    expect(new Uint8Array(await readFile(paths[1] ?? ''))).toEqual(tinyEmbeddingGgufBytes());
    const before = await stat(paths[0] ?? '');
    expect(await run({ kind: 'all', out: 'models' })).toEqual(paths);
    expect((await stat(paths[0] ?? '')).ino).toBe(before.ino);
  });

  it('is what executors.json names', async () => {
    const package_ = dirname(import.meta.dirname);
    const { executors } = JSON.parse(await readFile(join(package_, 'executors.json'), 'utf8')) as {
      executors: Record<string, { implementation: string; schema: string }>;
    };
    const [file = '', name = ''] = executors['tiny-gguf']?.implementation.split('#') ?? [];
    const module = (await import(/* @vite-ignore */ join(package_, file))) as Record<string, unknown>;
    expect(module[name]).toBe(runTinyGguf);
    const schema = JSON.parse(await readFile(join(package_, executors['tiny-gguf']?.schema ?? ''), 'utf8')) as object;
    expect(schema).toMatchObject({ properties: { kind: { enum: ['chat', 'embedding', 'all'] }, out: {} } });
  });
});

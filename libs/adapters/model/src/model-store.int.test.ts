import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NootropicError, type StoredModel } from '@nootropic/contracts';
import { tinyEmbeddingGguf, tinyGguf } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkGguf } from './gguf-check.ts';
import { nameOf } from './model-store-entry.ts';
import type { CheckedModel } from './model-store-import.ts';
import { createModelStore, type ModelStoreOptions } from './model-store.ts';

let dir = '';
let source = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-store-'));
  await mkdir(join(dir, 'downloads'));
  source = join(dir, 'downloads', 'Qwen3-Tiny-Q4.gguf');
  await copyFile(await tinyGguf({ fs, dir: join(dir, 'made') }), source);
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const place = (): string => join(dir, 'models');
const open = (options: Partial<ModelStoreOptions> = {}) =>
  createModelStore({ dir: place(), checkGguf, now: () => 1_000, ...options });
const noLink = async (): Promise<never> => {
  throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' });
};
async function failure(work: Promise<unknown>): Promise<NootropicError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!NootropicError.is(error)) throw new Error(`expected a NootropicError, got ${String(error)}`);
  return error;
}

describe('import', () => {
  it('takes a file in, links it, and remembers it', async () => {
    const seen: [number, number][] = [];
    const model = await open().import(source, { onProgress: (done, total) => seen.push([done, total]) });
    const bytes = await readFile(source);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect(model).toEqual({
      name: 'Qwen3-Tiny-Q4',
      ref: `file:${model.path}`,
      path: join(place(), `Qwen3-Tiny-Q4-${sha256.slice(0, 12)}.gguf`),
      bytes: bytes.length,
      sha256,
      architecture: 'llama',
      contextLength: model.contextLength,
      role: 'chat',
      importedAt: 1_000,
    });
    expect(seen.at(0)).toEqual([0, bytes.length]);
    expect(seen.at(-1)).toEqual([bytes.length, bytes.length]);
    expect((await stat(model.path)).ino).toBe((await stat(source)).ino);
    expect(await open().list()).toEqual([model]);
    expect((await readdir(place())).sort()).toEqual([basename(model.path), 'Qwen3-Tiny-Q4.json'].sort());
  });

  it.skipIf(process.platform === 'win32')('keeps what it copies and writes for the user only', async () => {
    const model = await open({ link: noLink }).import(source);
    expect(await readFile(model.path)).toEqual(await readFile(source));
    expect((await stat(model.path)).mode & 0o777).toBe(0o600);
    expect((await stat(place())).mode & 0o777).toBe(0o700);
    expect((await stat(join(place(), 'Qwen3-Tiny-Q4.json'))).mode & 0o777).toBe(0o600);
  });

  it('gives the same entry for the same bytes, under whatever name, however it got them', async () => {
    const first = await open().import(source);
    const other = join(dir, 'downloads', 'renamed.gguf');
    await copyFile(source, other);
    expect(await open({ now: () => 2_000 }).import(other)).toEqual(first);
    expect(await open({ link: noLink }).import(other)).toEqual(first);
    expect(await open().list()).toHaveLength(1);
  });

  it('gives different bytes of one name different names, newest first', async () => {
    const first = await open().import(source);
    const embedding = join(dir, 'downloads', 'sub', 'Qwen3-Tiny-Q4.gguf');
    await mkdir(join(dir, 'downloads', 'sub'));
    await copyFile(await tinyEmbeddingGguf({ fs, dir: join(dir, 'made') }), embedding);
    const second = await open({ now: () => 2_000 }).import(embedding);
    expect(second).toMatchObject({ name: 'Qwen3-Tiny-Q4-2', role: 'embedding' });
    expect(await open().list()).toEqual([second, first]);
  });

  it('by many at once gives one entry', async () => {
    const models = await Promise.all(Array.from({ length: 5 }, () => open().import(source)));
    expect(new Set(models.map(({ name }) => name))).toEqual(new Set(['Qwen3-Tiny-Q4']));
    expect(await open().list()).toHaveLength(1);
    expect((await readdir(place())).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('takes in what a link points to', async () => {
    const blob = join(dir, 'downloads', `sha256-${'ab'.repeat(32)}`);
    await copyFile(source, blob);
    const linked = join(dir, 'downloads', 'linked.gguf');
    await symlink(blob, linked);
    const model = await open().import(linked);
    expect(model.name).toBe('linked');
    expect((await stat(model.path)).isFile()).toBe(true);
  });

  it('refuses what is not there, not a file, or damaged, and keeps nothing of it', async () => {
    const damaged = join(dir, 'downloads', 'damaged.gguf');
    await writeFile(damaged, (await readFile(source)).subarray(0, 5_000));
    expect(await failure(open().import(join(dir, 'absent.gguf')))).toMatchObject({ code: 'PATH_NOT_FOUND' });
    expect(await failure(open().import(join(dir, 'downloads')))).toMatchObject({ code: 'MODEL_FILE_INVALID' });
    expect(await failure(open().import(damaged))).toMatchObject({ code: 'MODEL_FILE_INVALID' });
    expect(await readdir(place()).catch(() => [])).toEqual([]);
  });

  it.each([
    ['linking', undefined],
    ['copying', noLink],
  ])('can be stopped while %s, and leaves nothing', async (_how, link) => {
    const controller = new AbortController();
    const options = link === undefined ? {} : { link };
    const stopped = open(options).import(source, {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    });
    expect(await failure(stopped)).toMatchObject({ code: 'ABORTED' });
    expect(await readdir(place())).toEqual([]);
  });

  it('says that the disk is full, and leaves nothing', async () => {
    const full = async (): Promise<CheckedModel> => {
      throw Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });
    };
    let calls = 0;
    const check = async (path: string) => ((calls += 1) === 1 ? checkGguf(path) : full());
    expect(await failure(open({ checkGguf: check, link: noLink }).import(source))).toMatchObject({ code: 'DISK_FULL' });
    expect(await readdir(place())).toEqual([]);
  });

  it('killed at any moment leaves no entry that cannot be loaded, and the next import cleans up', async () => {
    const big = join(dir, 'downloads', 'big.gguf');
    await copyFile(source, big);
    await appendFile(big, Buffer.alloc(40_000_000, 7));
    const program = `
      import { createModelStore } from ${JSON.stringify(new URL('./model-store.ts', import.meta.url).href)};
      const fail = async () => { throw new Error('no links'); };
      const store = createModelStore({ dir: ${JSON.stringify(place())}, checkGguf: async () => ({ architecture: 'llama', contextLength: 1, role: 'chat' }), link: fail });
      await store.import(${JSON.stringify(big)}, { onProgress: (done) => process.stdout.write(done + '\\n') });
      process.stdout.write('imported\\n');`;
    for (const wanted of [1, 5, 20, 38]) {
      await new Promise<void>((resolve, reject) => {
        const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        let lines = 0;
        child.stdout.on('data', (chunk: Buffer) => {
          lines += chunk.toString().split('\n').length - 1;
          if (lines >= wanted) child.kill('SIGKILL');
        });
        child.on('exit', () => resolve());
        child.on('error', reject);
      });
      for (const model of await open().list()) expect((await stat(model.path)).size).toBe(model.bytes);
    }
    const model: StoredModel = await open({
      checkGguf: async () => ({ architecture: 'llama', contextLength: 1, role: 'chat' }),
    }).import(big);
    expect(
      createHash('sha256')
        .update(await readFile(model.path))
        .digest('hex'),
    ).toBe(model.sha256);
    expect((await readdir(place())).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('list and show', () => {
  it('leave out entries whose file is gone or changed in size, and files that are no entries', async () => {
    expect(await open().list()).toEqual([]);
    const model = await open({ link: noLink }).import(source);
    await writeFile(join(place(), 'broken.json'), '{"name":');
    await writeFile(join(place(), 'other.json'), JSON.stringify({ ...model, name: 'not its file' }));
    await writeFile(join(place(), 'stray.gguf'), 'x');
    expect(await open().list()).toEqual([model]);
    await appendFile(model.path, 'x');
    expect(await open().list()).toEqual([]);
    await rm(model.path);
    expect(await open().list()).toEqual([]);
    expect(await open({ now: () => 1_000 }).import(source)).toEqual(model);
  });

  it('find by name or unique start', async () => {
    const store = open();
    const model = await store.import(source);
    expect(await store.show('Qwen3-Tiny-Q4')).toEqual(model);
    expect(await store.show('Qw')).toEqual(model);
    for (const name of ['', 'qwx', 'Qwen3-Tiny-Q4-long'])
      expect(await failure(store.show(name))).toMatchObject({
        code: 'MODEL_NOT_FOUND',
        message: expect.stringContaining('Qwen3-Tiny-Q4') as string,
      });
    const other = join(dir, 'downloads', 'Qwen3-Other.gguf');
    await copyFile(await tinyEmbeddingGguf({ fs, dir: join(dir, 'made') }), other);
    await store.import(other);
    expect(await failure(store.show('Qwen3'))).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining('Qwen3-Other') as string,
    });
  });
});

describe('nameOf', () => {
  it.each([
    ['Qwen3-8B-Q4_K_M.gguf', undefined, 'Qwen3-8B-Q4_K_M'],
    ['a model (copy).GGUF', undefined, 'a-model-copy'],
    [`sha256-${'0'.repeat(64)}`, 'Llama 3', 'Llama-3'],
    [`sha256-${'0'.repeat(64)}`, undefined, `sha256-${'0'.repeat(64)}`],
    ['..gguf', undefined, 'model'],
    ['../../etc.gguf', undefined, 'etc'],
    ['CON.gguf', undefined, 'model-CON'],
    ['模型.gguf', undefined, '模型'],
  ])('%s (%s) is %s', (file, inside, name) => expect(nameOf(file, inside)).toBe(name));
});

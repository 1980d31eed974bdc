import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { tinyGgufBytes } from '@nootropic/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkGguf } from './gguf-check.ts';
import { findLocalModels } from './local-model-files.ts';
import { createModelStore } from './model-store.ts';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-local-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

/** With OLLAMA_MODELS set, so that what this machine really has stays out of it. */
const find = (env: Record<string, string> = {}, more: { storeDir?: string } = {}) =>
  findLocalModels({ home, env, platform: process.platform === 'linux' ? 'darwin' : process.platform, ...more });

async function put(path: string, bytes: Uint8Array | string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}
async function ollama(root: string, name: string, digest: string): Promise<void> {
  const layers = [
    { mediaType: 'application/vnd.ollama.image.license', digest: `sha256:${'9'.repeat(64)}` },
    { mediaType: 'application/vnd.ollama.image.model', digest },
  ];
  await put(join(root, 'manifests', ...name.split('/')), JSON.stringify({ layers }));
}

it('finds nothing where there is nothing', async () => {
  expect(await find()).toEqual([]);
});

it('finds the models of an Ollama store by their names', async () => {
  const root = join(home, '.ollama', 'models');
  const [one, two] = ['a'.repeat(64), 'b'.repeat(64)];
  await put(join(root, 'blobs', `sha256-${one}`), 'GGUF1');
  await put(join(root, 'blobs', `sha256-${two}`), 'GGUF22');
  await ollama(root, 'registry.ollama.ai/library/qwen3/0.6b', `sha256:${one}`);
  await ollama(root, 'hf.co/someone/Model-GGUF/Q4_K_M', `sha256:${two}`);
  await ollama(root, 'registry.ollama.ai/library/cloud/latest', `sha256:${'c'.repeat(64)}`);
  await ollama(root, 'registry.ollama.ai/library/evil/latest', 'sha256:../../../../etc/passwd');
  await put(join(root, 'manifests', 'broken'), '{');
  expect(await find()).toEqual([
    {
      ref: `file:${join(root, 'blobs', `sha256-${two}`)}`,
      name: 'hf.co/someone/Model-GGUF:Q4_K_M',
      source: 'ollama-files',
      bytes: 6,
    },
    { ref: `file:${join(root, 'blobs', `sha256-${one}`)}`, name: 'qwen3:0.6b', source: 'ollama-files', bytes: 5 },
  ]);
  expect(await find({ OLLAMA_MODELS: join(home, 'elsewhere') })).toEqual([]);
  expect(await find({ OLLAMA_MODELS: root })).toHaveLength(2);
});

it('finds files of LM Studio in each of its folders, split ones once', async () => {
  const one = await put(join(home, '.lmstudio', 'models', 'o', 'r', 'one.gguf'), 'GGUF1');
  const two = await put(join(home, '.cache', 'lm-studio', 'models', 'o', 'r', 'm-00001-of-00002.gguf'), 'GGUF1');
  await put(two.replace('-00001-', '-00002-'), 'GGUF22');
  await put(join(home, '.lmstudio', 'models', 'o', 'r', 'half-00001-of-00002.gguf'), 'GGUF1');
  await put(join(home, '.lmstudio', 'models', 'o', 'r', 'mmproj-one.gguf'), 'GGUF1');
  await put(join(home, '.lmstudio', 'models', 'o', 'r', 'one.gguf.part'), 'GGUF1');
  const moved = await put(join(home, 'big', 'models', 'three.gguf'), 'GGUF333');
  await put(join(home, '.lmstudio-home-pointer'), `${join(home, 'big')}\n`);
  expect(await find()).toEqual([
    { ref: `file:${moved}`, name: 'three', source: 'lm-studio', bytes: 7 },
    { ref: `file:${one}`, name: 'one', source: 'lm-studio', bytes: 5 },
    { ref: `file:${two}`, name: 'm', source: 'lm-studio', bytes: 11 },
  ]);
});

it.skipIf(process.platform === 'win32')('finds files of the Hugging Face cache, one of two names once', async () => {
  const hub = join(home, '.cache', 'huggingface', 'hub');
  const blob = await put(join(hub, 'models--o--r', 'blobs', 'abc'), tinyGgufBytes());
  for (const commit of ['c1', 'c2']) {
    const dir = join(hub, 'models--o--r', 'snapshots', commit);
    await mkdir(dir, { recursive: true });
    await symlink(blob, join(dir, 'model-Q4_K_M.gguf'));
    await symlink(join(hub, 'gone'), join(dir, 'gone.gguf'));
  }
  await put(join(hub, 'datasets--o--r', 'snapshots', 'c', 'data.gguf'), 'GGUF');
  const path = join(hub, 'models--o--r', 'snapshots', 'c1', 'model-Q4_K_M.gguf');
  const listing = {
    ref: `file:${path}`,
    name: 'model-Q4_K_M',
    source: 'huggingface-files',
    bytes: tinyGgufBytes().length,
  };
  expect(await find()).toEqual([listing]);
  expect(await find({ HF_HOME: join(home, '.cache', 'huggingface') })).toEqual([listing]);
  expect(await find({ HF_HUB_CACHE: hub, HF_HOME: '/nowhere' })).toEqual([listing]);
  expect(await find({ HF_HOME: '/nowhere' })).toEqual([]);

  const storeDir = join(home, 'store', 'models');
  expect((await find({}, { storeDir }))[0]?.note).toContain('linked');
  const stored = await createModelStore({ dir: storeDir, checkGguf }).import(path);
  expect((await stat(stored.path)).ino).toBe((await stat(blob)).ino);
});

it.skipIf(process.platform !== 'linux')('says where an import will copy, and the import does', async ({ skip }) => {
  const path = await put(join(home, '.lmstudio', 'models', 'one.gguf'), tinyGgufBytes());
  const storeDir = await mkdtemp('/dev/shm/nootropic-store-').catch(() => '');
  skip(storeDir === '' || (await stat(storeDir)).dev === (await stat(home)).dev, 'there is only one file system');
  try {
    expect((await find({}, { storeDir }))[0]?.note).toContain('another disk');
    const stored = await createModelStore({ dir: storeDir, checkGguf }).import(path);
    expect(await readFile(stored.path)).toEqual(await readFile(path));
    expect((await stat(stored.path)).nlink).toBe(1);
  } finally {
    await rm(storeDir, { recursive: true, force: true });
  }
});

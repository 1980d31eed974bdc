import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLlamaPeer, llamaPrograms, shareDone } from './llama-peer.ts';
import type { runProgram } from './other-program.ts';

const { signal } = new AbortController();
const suffix = process.platform === 'win32' ? '.exe' : '';

describe('looking for the programs of llama.cpp', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'llama-peer-'));
    const bundle = join(root, 'node_modules/node-llama-cpp/llama');
    await mkdir(bundle, { recursive: true });
    await writeFile(join(bundle, 'binariesGithubRelease.json'), '{"release": "v0.5.0"}');
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true, maxRetries: 3 });
  });

  async function programs(name: string): Promise<string> {
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    for (const program of llamaPrograms) {
      await writeFile(join(folder, program + suffix), '');
      await chmod(join(folder, program + suffix), 0o755);
    }
    return folder;
  }

  /** Programs that are not run: the server says this version, everything else that it is not there. */
  const says =
    (version: string): typeof runProgram =>
    (command, _args, { onOutput }) => {
      if (!command.includes('llama-server')) return Promise.reject(new Error('absent'));
      onOutput?.(`version: ${version} (build 1, commit abc)\n`);
      return Promise.resolve('');
    };

  const find = (env: NodeJS.ProcessEnv, version = '0.5.0-dev') =>
    findLlamaPeer({ root, cache: join(root, 'cache'), say: () => undefined, signal, env, run: says(version) });

  it('takes the folder that LLAMA_BIN names, and says whether the version is the same', async () => {
    const folder = await programs('mine');
    const peer = await find({ LLAMA_BIN: folder });
    if (typeof peer === 'string') throw new Error(peer);
    expect(peer.path('llama-bench')).toBe(join(folder, `llama-bench${suffix}`));
    expect(peer.origin).toBe('version 0.5.0-dev, from LLAMA_BIN');
    expect(peer.env['LD_LIBRARY_PATH']).toMatch(folder);
    const other = await find({ LLAMA_BIN: folder }, '0.4.1');
    expect(other).toMatchObject({ origin: 'version 0.4.1, from LLAMA_BIN; node-llama-cpp holds another one, v0.5.0' });
  });

  it('says that a folder lacks them instead of looking on', async () => {
    await programs('path');
    expect(await find({ LLAMA_BIN: join(root, 'nowhere'), PATH: join(root, 'path') })).toMatch(
      /LLAMA_BIN names .* lacks/,
    );
  });

  it('takes an earlier build before the PATH', async () => {
    await programs('path');
    const built = await programs('cache/llama.cpp-v0.5.0');
    const peer = await find({ PATH: join(root, 'path') });
    expect(peer).toMatchObject({ origin: 'v0.5.0, built from the source inside node-llama-cpp' });
    if (typeof peer !== 'string') expect(peer.path('llama-server')).toBe(join(built, `llama-server${suffix}`));
  });

  it('takes the PATH where it cannot build, and says why where nothing is there', async () => {
    expect(await find({ PATH: root })).toBe('node-llama-cpp holds no source to build llama.cpp from');
    await writeFile(join(root, 'node_modules/node-llama-cpp/llama/gitRelease.bundle'), '');
    expect(await find({ PATH: root })).toMatch(/no git to build it with/);
    const folder = await programs('path');
    expect(await find({ PATH: [root, folder].join(process.platform === 'win32' ? ';' : ':') }, '1.0')).toMatchObject({
      origin: 'version 1.0, from the PATH; node-llama-cpp holds another one, v0.5.0',
    });
  });
});

it('reads how far make and ninja are', () => {
  expect(shareDone('[ 42%] Building CXX object\n')).toBe(42);
  expect(shareDone('[1/8] Building\n[2/8] Building\n')).toBe(25);
  expect(shareDone('Linking')).toBeUndefined();
});

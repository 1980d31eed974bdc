import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { resolvePaths } from './paths.ts';
import { makePrivateFolders } from './private-folders.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-private-'));
});

afterEach(async () => {
  await rm(home, { recursive: true });
});

it('gives each new folder on Windows an access list with this user alone, once', async () => {
  const calls: (readonly string[])[] = [];
  const options = {
    platform: 'win32',
    user: 'ada',
    run: async (file: string, args: readonly string[]) => void calls.push([file, ...args]),
  } as const;
  const paths = resolvePaths({ NOOTROPIC_HOME: join(home, 'own') });
  await makePrivateFolders(paths, options);
  expect(calls).toContainEqual(['icacls', join(home, 'own', 'data'), '/inheritance:r', '/grant:r', 'ada:(OI)(CI)F']);
  const first = calls.length;
  expect(first).toBeGreaterThan(2);
  await makePrivateFolders(paths, options);
  expect(calls).toHaveLength(first);
});

it('refuses to go on where a folder cannot be protected', async () => {
  const run = async () => Promise.reject(new Error('Access is denied.'));
  await expect(
    makePrivateFolders(resolvePaths({ NOOTROPIC_HOME: join(home, 'own') }), { platform: 'win32', user: 'ada', run }),
  ).rejects.toMatchObject({ code: 'DENIED' });
});

it('leaves the work to modes elsewhere', async () => {
  await makePrivateFolders(resolvePaths({ NOOTROPIC_HOME: join(home, 'own') }), { platform: 'linux' });
  expect(await readdir(home)).toEqual([]);
});

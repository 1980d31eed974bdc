import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolvePaths } from './paths.ts';
import { listWritten, removeWritten } from './written.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-written-'));
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function put(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, 'data');
  return path;
}

describe('removeWritten', () => {
  it('lists and removes what the program wrote, and the folders with it', async () => {
    const paths = resolvePaths({ NOOTROPIC_HOME: home });
    const mine = [
      await put(paths.config),
      await put(paths.sessions),
      await put(`${paths.sessions}-wal`),
      await put(join(paths.models, 'a', 'b.gguf')),
      await put(join(paths.logs, 'x.log')),
    ];
    expect((await listWritten(paths)).map(({ path }) => path)).toEqual(mine.toSorted());
    expect((await listWritten(paths))[0]?.bytes).toBe(4);
    await removeWritten(paths);
    expect(await listWritten(paths)).toEqual([]);
    await expect(readdir(home)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('touches nothing of somebody else, even in a folder that is shared', async () => {
    const paths = resolvePaths({ NOOTROPIC_HOME: home });
    await put(paths.config);
    await put(paths.sessions);
    const theirs = [
      await put(join(home, 'thesis.txt')),
      await put(join(home, 'data', 'measurements.csv')),
      await put(join(home, 'config', 'other.json')),
    ];
    expect((await listWritten(paths)).map(({ path }) => path)).not.toEqual(expect.arrayContaining(theirs));
    await removeWritten(paths);
    expect((await readdir(home, { recursive: true })).toSorted()).toEqual([
      'config',
      'config/other.json',
      'data',
      'data/measurements.csv',
      'thesis.txt',
    ]);
  });
});

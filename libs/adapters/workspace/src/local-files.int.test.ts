import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFilesContract, type FilesSubject } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalFiles } from './local-files.ts';
import { runPathGate } from './path-gate.ts';
import { nodeWatcher, watchFolder, type Watcher } from './watch-folder.ts';

async function subject(watcher?: Watcher): Promise<FilesSubject & { root: string }> {
  const root = await mkdtemp(join(await realpath(tmpdir()), 'nootropic-files-'));
  const files = await createLocalFiles({ root });
  return {
    root,
    files: watcher ? { ...files, watch: (options) => watchFolder({ root, watcher, ...options }) } : files,
    async write(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    remove: (path) => rm(join(root, path), { recursive: true }),
    link: (path, target) => symlink(target, join(root, path)),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

describeFilesContract('local', () => subject());
describeFilesContract('local, watched by Node', () => subject(nodeWatcher));

describe('createLocalFiles', () => {
  let at: Awaited<ReturnType<typeof subject>>;
  beforeEach(async () => {
    at = await subject();
  });
  afterEach(() => at.dispose?.());

  it('needs a root that is a folder', async () => {
    await at.write('a', 'x');
    await expect(createLocalFiles({ root: join(at.root, 'nope') })).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(createLocalFiles({ root: join(at.root, 'a') })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('takes a root that is named through a link', async () => {
    await at.write('real/a', 'x');
    await symlink('real', join(at.root, 'named'));
    await symlink(join(at.root, 'named', 'a'), join(at.root, 'real', 'b'));
    const files = await createLocalFiles({ root: join(at.root, 'named') });
    expect(files.root).toBe(join(at.root, 'real'));
    expect(await files.read('b')).toHaveLength(1);
  });

  it.runIf(process.platform !== 'win32')('reads no pipe, device or socket, and does not wait for one', async () => {
    execFileSync('mkfifo', [join(at.root, 'pipe')]);
    const server = createServer().listen(join(at.root, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await expect(at.files.read('pipe')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await expect(at.files.read('socket')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect((await at.files.list('.')).map(({ path, kind }) => [path, kind])).toEqual([
      ['pipe', 'other'],
      ['socket', 'other'],
    ]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('refuses a sparse file of 2 GB by its size', async () => {
    await at.write('sparse', '');
    await truncate(join(at.root, 'sparse'), 2 * 1024 ** 3);
    await expect(at.files.read('sparse')).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  it('keeps to the limit while the file grows', async () => {
    await at.write('grows', 'x'.repeat(1_000));
    const growing = appendFile(join(at.root, 'grows'), 'y'.repeat(5_000_000));
    const reading = await at.files.read('grows', { maxBytes: 2_000 }).then(
      (bytes) => bytes.length,
      (error: { code: string }) => error.code,
    );
    await growing;
    expect([1_000, 'FILE_TOO_LARGE']).toContain(typeof reading === 'number' && reading <= 2_000 ? 1_000 : reading);
    await expect(at.files.read('grows', { maxBytes: 2_000 })).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  it('lists names of every kind', async () => {
    const names = [
      '.hidden',
      '..two',
      'a b',
      'line\nbreak',
      'x'.repeat(255),
      '\u202Ereversed',
      'ü',
      'back\\slash',
      '😀',
    ];
    for (const name of names) await at.write(name, 'x');
    expect((await at.files.list('')).map(({ path }) => path)).toEqual([...names].sort());
    for (const name of names) expect(await at.files.read(name)).toHaveLength(1);
  });

  it('does not say whether a thing outside exists', async () => {
    await symlink('../nootropic-nowhere-to-be-found', join(at.root, 'dangling'));
    await expect(at.files.stat('dangling')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    await symlink('nowhere', join(at.root, 'dangling-inside'));
    await expect(at.files.stat('dangling-inside')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });
});

describe('watchFolder', () => {
  it('falls with the watcher', async () => {
    const broken: Watcher = (_root, _ignored, { failed }) => {
      failed(new Error('gone'));
      return Promise.resolve({ close: () => Promise.resolve() });
    };
    await expect(watchFolder({ root: '/', watcher: broken }).next()).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('closes what it opened, however it ends', async () => {
    let closed = 0;
    const lively: Watcher = (_root, _ignored, { changed }) => {
      changed([
        { path: 'a', change: 'created' },
        { path: 'x/dist/y', change: 'created' },
        { path: 'web/out/z', change: 'created' },
      ]);
      return Promise.resolve({ close: () => Promise.resolve(void (closed += 1)) });
    };
    for await (const batch of watchFolder({ root: '/', watcher: lively, ignored: ['dist', 'web/out/'] })) {
      expect(batch).toEqual([{ path: 'a', change: 'created' }]);
      break;
    }
    expect(closed).toBe(1);
  });
});

describe('runPathGate', () => {
  it('lets none of 1 000 hostile paths out', async () => {
    const result = await runPathGate(1_000, 7);
    expect(result).toMatchObject({ asked: 1_000, run: 1_000, escaped: 0, examples: [] });
    expect(result.refused).toBeGreaterThan(100);
    expect(result.reached).toBeGreaterThan(20);
  });

  it('is the same for the same seed', async () => {
    const [one, other] = [await runPathGate(19, 3), await runPathGate(19, 3)];
    expect(one).toEqual(other);
  });
});

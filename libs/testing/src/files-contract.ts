import type { FileChange, Files } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A `Files` over an empty root, and ways to change what is below it from outside the port. */
export interface FilesSubject {
  readonly files: Files;
  write(path: string, content: string | Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes a symbolic link; left out where there are none. */
  link?(path: string, target: string): Promise<void>;
  dispose?(): Promise<void>;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** What every `Files` must do. `makeSubject` is called before each test. */
export function describeFilesContract(name: string, makeSubject: () => Promise<FilesSubject> | FilesSubject): void {
  describe(`Files contract: ${name}`, () => {
    let subject: FilesSubject;
    let files: Files;
    beforeEach(async () => {
      subject = await makeSubject();
      files = subject.files;
      await subject.write('b.txt', 'hello');
      await subject.write('src/a.ts', 'const a = 1;\n');
      await subject.write('src/deep/c.ts', '');
    });
    afterEach(async () => {
      await subject.dispose?.();
    });

    it('reads the bytes of a file', async () => {
      expect(text(await files.read('src/a.ts'))).toBe('const a = 1;\n');
      expect(await files.read('src/deep/c.ts')).toHaveLength(0);
      await subject.write('raw', new Uint8Array([0, 255, 128]));
      expect([...(await files.read('raw'))]).toEqual([0, 255, 128]);
    });

    it('takes a path that goes round within the root', async () => {
      expect(text(await files.read('./src/../b.txt'))).toBe('hello');
    });

    it('reads up to the limit and refuses more', async () => {
      expect(text(await files.read('b.txt', { maxBytes: 5 }))).toBe('hello');
      await expect(files.read('b.txt', { maxBytes: 4 })).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
    });

    it('says what is not there', async () => {
      await expect(files.read('nope.txt')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
      await expect(files.stat('src/nope')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
      await expect(files.list('nope')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
      await expect(files.read('b.txt/below')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    });

    it('reads no folder and lists no file', async () => {
      await expect(files.read('src')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      await expect(files.list('b.txt')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('lists one folder, sorted by name, with paths from the root', async () => {
      const brief = (await files.list('.')).map(({ path, kind }) => [path, kind]);
      expect(brief).toEqual([
        ['b.txt', 'file'],
        ['src', 'folder'],
      ]);
      expect(
        (await files.list('src')).map(({ path, kind, bytes }) => [path, kind, kind === 'file' ? bytes : 0]),
      ).toEqual([
        ['src/a.ts', 'file', 13],
        ['src/deep', 'folder', 0],
      ]);
    });

    it('tells size and time of a file', async () => {
      const entry = await files.stat('b.txt');
      expect(entry).toMatchObject({ path: 'b.txt', kind: 'file', bytes: 5 });
      expect(Number.isFinite(entry.mtimeMs)).toBe(true);
      expect(await files.stat('src')).toMatchObject({ path: 'src', kind: 'folder' });
    });

    it.each([
      '..',
      '../x',
      'src/../../x',
      '/etc/passwd',
      '/',
      'C:\\x',
      '\\\\host\\share\\x',
      '..\\x',
      'src/../../../../etc/passwd',
    ])('refuses %j, which leads out', async (path) => {
      for (const work of [files.read(path), files.list(path), files.stat(path)]) {
        await expect(work).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      }
    });

    it('refuses the twin whose name begins like the root', async () => {
      await expect(files.read(`${files.root}-evil/a.txt`)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    });

    it('refuses a path with a NUL character', async () => {
      await expect(files.read('b.txt\0')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('takes an absolute path below the root', async () => {
      expect(text(await files.read(`${files.root}/b.txt`))).toBe('hello');
      expect((await files.stat(`${files.root}/src/a.ts`)).path).toBe('src/a.ts');
    });

    it('shows a link as a link, follows it inside, and not out', async (context) => {
      if (!subject.link) return context.skip();
      await subject.link('inside', 'src');
      await subject.link('outside', '..');
      await subject.link('loop', 'loop');
      const kinds = Object.fromEntries((await files.list('.')).map(({ path, kind }) => [path, kind]));
      expect(kinds).toMatchObject({ inside: 'link', outside: 'link', loop: 'link' });
      expect(text(await files.read('inside/a.ts'))).toBe('const a = 1;\n');
      await expect(files.list('outside')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      await expect(files.read('outside/anything/b.txt')).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
      await expect(files.read('loop')).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('tells of changes until it is stopped, and not of those in ignored folders', async () => {
      const stop = new AbortController();
      const seen: FileChange[] = [];
      const watching = (async () => {
        for await (const batch of files.watch({ signal: stop.signal, ignored: ['node_modules'] })) seen.push(...batch);
      })();
      // A watch begins some time after it is asked for: go on writing until a change comes through.
      for (let turn = 0; turn < 1_000 && !seen.some(({ path }) => path === 'src/seen.ts'); turn += 1) {
        await subject.write('node_modules/x/index.js', `${turn}`);
        await subject.write('src/seen.ts', `${turn}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      for (let turn = 0; turn < 1_000 && !seen.some(({ change }) => change === 'deleted'); turn += 1) {
        if (turn === 0) await subject.remove('src/seen.ts');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      stop.abort();
      await watching;
      expect(seen.filter(({ path }) => path === 'src/seen.ts').map(({ change }) => change)).toContain('deleted');
      expect(seen.filter(({ path }) => path.startsWith('node_modules'))).toEqual([]);
    });

    it('ends a watch that is cancelled before it begins', async () => {
      const batches: FileChange[][] = [];
      for await (const batch of files.watch({ signal: AbortSignal.abort() })) batches.push(batch);
      expect(batches).toEqual([]);
    });

    it('ends a watch whose consumer stops', async () => {
      const changes = files.watch()[Symbol.asyncIterator]();
      const first = changes.next();
      let arrived = false;
      const noted = first.then(() => {
        arrived = true;
      });
      for (let turn = 0; turn < 1_000 && !arrived; turn += 1) {
        await subject.write('src/again.ts', `${turn}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await noted;
      expect(await changes.return?.()).toEqual({ done: true, value: undefined });
    });
  });
}

import type { Journal, JournalScope } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A `Journal` over an empty root, and ways to see and change what is below it from outside the port. */
export interface JournalSubject {
  readonly journal: Journal;
  write(path: string, content: string | Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** `undefined` where there is no file. */
  read(path: string): Promise<string | undefined>;
  dispose?(): Promise<void>;
}

const scope = (label: string, more: Partial<JournalScope> = {}): JournalScope => ({
  sessionId: 's1',
  turnId: 't1',
  label,
  ...more,
});

/** What every `Journal` must do. `makeSubject` is called before each test. */
export function describeJournalContract(
  name: string,
  makeSubject: () => Promise<JournalSubject> | JournalSubject,
): void {
  describe(`Journal contract: ${name}`, () => {
    let subject: JournalSubject;
    let journal: Journal;
    beforeEach(async () => {
      subject = await makeSubject();
      journal = subject.journal;
      await subject.write('a.txt', 'one\ntwo\nthree\n');
      await subject.write('src/b.ts', 'const b = 1;\n');
    });
    afterEach(async () => {
      await journal[Symbol.asyncDispose]();
      await subject.dispose?.();
    });

    it('writes several files as one step, and tells what changed', async () => {
      const step = await journal.write(scope('edit'), [
        { path: 'a.txt', content: 'one\n2\nthree\n' },
        { path: 'new/deep/c.txt', content: 'c\n' },
        { path: 'src/b.ts', content: null },
      ]);
      expect(step).toMatchObject({ sessionId: 's1', turnId: 't1', label: 'edit', state: 'done' });
      expect(step.changes.filter(({ kind }) => kind === 'file')).toEqual([
        { path: 'a.txt', change: 'modified', kind: 'file', binary: false, added: 1, removed: 1 },
        { path: 'new/deep/c.txt', change: 'created', kind: 'file', binary: false, added: 1, removed: 0 },
        { path: 'src/b.ts', change: 'deleted', kind: 'file', binary: false, added: 0, removed: 1 },
      ]);
      expect(await subject.read('a.txt')).toBe('one\n2\nthree\n');
      expect(await subject.read('new/deep/c.txt')).toBe('c\n');
      expect(await subject.read('src/b.ts')).toBeUndefined();
      expect(await journal.list()).toEqual([step]);
    });

    it('takes a step back, makes it again, and says when there is nothing to do', async () => {
      const { id } = await journal.write(scope('edit'), [
        { path: 'a.txt', content: 'changed\n' },
        { path: 'new/c.txt', content: 'c\n' },
        { path: 'src/b.ts', content: null },
      ]);
      const undone = await journal.undo();
      expect(undone).toMatchObject({ steps: [{ id, state: 'undone' }], conflicts: [], lost: [] });
      expect(undone.restored.filter(({ kind }) => kind === 'file').map(({ path, change }) => [path, change])).toEqual([
        ['a.txt', 'modified'],
        ['new/c.txt', 'deleted'],
        ['src/b.ts', 'created'],
      ]);
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(await subject.read('new/c.txt')).toBeUndefined();
      expect(await subject.read('src/b.ts')).toBe('const b = 1;\n');
      expect(await journal.undo()).toEqual({ steps: [], restored: [], conflicts: [], lost: [] });
      expect((await journal.redo()).steps).toMatchObject([{ id, state: 'done' }]);
      expect(await subject.read('a.txt')).toBe('changed\n');
      expect(await subject.read('new/c.txt')).toBe('c\n');
      expect(await subject.read('src/b.ts')).toBeUndefined();
      expect((await journal.redo()).steps).toEqual([]);
    });

    it('records a rename with the old name', async () => {
      const step = await journal.write(scope('move'), [
        { path: 'src/c.ts', from: 'src/b.ts', content: 'const b = 1;\n' },
      ]);
      expect(step.changes).toMatchObject([{ path: 'src/c.ts', from: 'src/b.ts', change: 'renamed' }]);
      expect(await subject.read('src/b.ts')).toBeUndefined();
      await journal.undo();
      expect(await subject.read('src/b.ts')).toBe('const b = 1;\n');
      expect(await subject.read('src/c.ts')).toBeUndefined();
    });

    it('refuses to write over what is not as expected, all or nothing', async () => {
      const sha = '2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806';
      await subject.write('c.txt', 'one\n');
      await expect(
        journal.write(scope('edit'), [
          { path: 'a.txt', content: 'x' },
          { path: 'src/b.ts', content: 'y', expects: sha },
        ]),
      ).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      await expect(
        journal.write(scope('edit'), [{ path: 'c.txt', content: 'z', expects: null }]),
      ).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      await expect(
        journal.write(scope('edit'), [{ path: 'nope.txt', content: 'z', expects: sha }]),
      ).rejects.toMatchObject({ code: 'FILE_CHANGED' });
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(await journal.list()).toEqual([]);
      await journal.write(scope('edit'), [
        { path: 'c.txt', content: 'z', expects: sha },
        { path: 'd.txt', content: 'd', expects: null },
      ]);
      expect(await subject.read('c.txt')).toBe('z');
    });

    it.each(['..', '../x', '/etc/passwd', 'src/../../x', 'C:\\x', '..\\x'])(
      'refuses %j, which leads out',
      async (path) => {
        for (const files of [[{ path, content: 'x' }], [{ path: 'y', from: path, content: 'x' }]])
          await expect(journal.write(scope('w'), files)).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
        expect(await subject.read('y')).toBeUndefined();
      },
    );

    it.each(['.git/config', 'src/.git/HEAD', '.GIT/hooks/pre-commit', '.git./x', '.git'])(
      'refuses %j',
      async (path) => {
        for (const files of [[{ path, content: 'x' }], [{ path: 'y', from: path, content: 'x' }]])
          await expect(journal.write(scope('w'), files)).rejects.toMatchObject({ code: 'DENIED' });
        expect(await subject.read('y')).toBeUndefined();
      },
    );

    it('refuses a folder, and a path that is named twice', async () => {
      for (const files of [
        [{ path: 'src', content: 'x' }],
        [
          { path: 'x', content: 'x' },
          { path: './x', content: 'y' },
        ],
      ])
        await expect(journal.write(scope('w'), files)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    });

    it('records what work changed, whatever it was', async () => {
      const { result, step } = await journal.watch(scope('npm test'), async () => {
        await subject.write('a.txt', 'one\ntwo\nthree\nfour\n');
        await subject.write('dist/out.bin', new Uint8Array([0, 1, 2]));
        await subject.remove('src/b.ts');
        return 7;
      });
      expect(result).toBe(7);
      expect(step?.changes.filter(({ kind }) => kind === 'file')).toEqual([
        { path: 'a.txt', change: 'modified', kind: 'file', binary: false, added: 1, removed: 0 },
        { path: 'dist/out.bin', change: 'created', kind: 'file', binary: true, added: 0, removed: 0 },
        { path: 'src/b.ts', change: 'deleted', kind: 'file', binary: false, added: 0, removed: 1 },
      ]);
      await journal.undo({ step: step?.id ?? 0 });
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(await subject.read('dist/out.bin')).toBeUndefined();
      expect(await subject.read('src/b.ts')).toBe('const b = 1;\n');
    });

    it('keeps no step of work that changed nothing, and one of work that failed', async () => {
      expect(await journal.watch(scope('ls'), async () => 'listed')).toEqual({ result: 'listed' });
      expect(await journal.list()).toEqual([]);
      const failing = journal.watch(scope('make'), async () => {
        await subject.write('half.o', 'half');
        throw new Error('make failed');
      });
      await expect(failing).rejects.toThrow('make failed');
      expect(await journal.list()).toMatchObject([{ label: 'make', changes: [{ path: 'half.o', change: 'created' }] }]);
    });

    it('lists newest first, of one session, up to a limit', async () => {
      await journal.write(scope('1'), [{ path: '1', content: '1' }]);
      await journal.write(scope('2', { sessionId: 's2' }), [{ path: '2', content: '2' }]);
      await journal.write(scope('3'), [{ path: '3', content: '3' }]);
      const labels = async (options?: Parameters<Journal['list']>[0]) =>
        (await journal.list(options)).map(({ label }) => label);
      expect(await labels()).toEqual(['3', '2', '1']);
      expect(await labels({ sessionId: 's1' })).toEqual(['3', '1']);
      expect(await labels({ limit: 1 })).toEqual(['3']);
    });

    it('undoes a turn or a session newest first, and redoes it oldest first', async () => {
      await journal.write(scope('1'), [{ path: 'a.txt', content: '1' }]);
      await journal.write(scope('2', { turnId: 't2' }), [{ path: 'a.txt', content: '2' }]);
      await journal.write(scope('3', { turnId: 't2' }), [{ path: 'a.txt', content: '3' }]);
      const labels = ({ steps }: { steps: readonly { label: string }[] }) => steps.map(({ label }) => label);
      expect(labels(await journal.undo({ turnId: 't2' }))).toEqual(['3', '2']);
      expect(await subject.read('a.txt')).toBe('1');
      expect(labels(await journal.undo({ sessionId: 's1' }))).toEqual(['1']);
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(labels(await journal.redo())).toEqual(['1']);
      expect(await subject.read('a.txt')).toBe('1');
      expect(labels(await journal.redo({ turnId: 't2' }))).toEqual(['2', '3']);
      expect(await subject.read('a.txt')).toBe('3');
      expect(labels(await journal.undo({ turnId: 'none' }))).toEqual([]);
      await expect(journal.undo({ step: 999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('leaves alone what somebody changed since, and takes the rest back', async () => {
      const { id } = await journal.write(scope('edit'), [
        { path: 'a.txt', content: 'by the agent\n' },
        { path: 'src/b.ts', content: 'by the agent\n' },
      ]);
      await subject.write('a.txt', 'by the user\n');
      const outcome = await journal.undo();
      expect(outcome.conflicts).toMatchObject([{ path: 'a.txt' }]);
      expect(outcome.conflicts[0]?.reason).not.toBe('');
      expect(outcome.restored.map(({ path }) => path)).toEqual(['src/b.ts']);
      expect(await subject.read('a.txt')).toBe('by the user\n');
      expect(await subject.read('src/b.ts')).toBe('const b = 1;\n');
      expect((await journal.list())[0]).toMatchObject({ id, state: 'done' });
      // The other half still is there to be taken back.
      await subject.write('a.txt', 'by the agent\n');
      expect(await journal.undo()).toMatchObject({ conflicts: [], steps: [{ id, state: 'undone' }] });
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(await subject.read('src/b.ts')).toBe('const b = 1;\n');
    });

    it('goes over it with force, and can take even that back', async () => {
      await journal.write(scope('edit'), [{ path: 'a.txt', content: 'by the agent\n' }]);
      await subject.write('a.txt', 'by the user\n');
      expect((await journal.undo({}, { force: true })).conflicts).toEqual([]);
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect((await journal.undo()).conflicts).toEqual([]);
      expect(await subject.read('a.txt')).toBe('by the user\n');
    });

    it('undoes a step in the middle where nothing later touched its paths', async () => {
      const first = await journal.write(scope('1'), [{ path: 'a.txt', content: '1' }]);
      await journal.write(scope('2'), [{ path: 'src/b.ts', content: '2' }]);
      const third = await journal.write(scope('3'), [{ path: 'a.txt', content: '3' }]);
      expect((await journal.undo({ step: first.id })).conflicts).toMatchObject([{ path: 'a.txt' }]);
      await journal.undo({ step: third.id });
      expect((await journal.undo({ step: first.id })).conflicts).toEqual([]);
      expect(await subject.read('a.txt')).toBe('one\ntwo\nthree\n');
      expect(await subject.read('src/b.ts')).toBe('2');
    });

    it('does not by itself make again what was undone before something new was made', async () => {
      const first = await journal.write(scope('1'), [{ path: 'a.txt', content: '1' }]);
      await journal.undo();
      await journal.write(scope('2'), [{ path: 'src/b.ts', content: '2' }]);
      expect((await journal.redo()).steps).toEqual([]);
      expect((await journal.redo({ step: first.id })).steps).toMatchObject([{ id: first.id, state: 'done' }]);
      expect(await subject.read('a.txt')).toBe('1');
    });

    it('has nothing to undo of a write that changed nothing', async () => {
      await journal.write(scope('1'), [{ path: 'a.txt', content: '1' }]);
      expect((await journal.write(scope('2'), [{ path: 'a.txt', content: '1' }])).changes).toEqual([]);
      expect((await journal.list()).map(({ label }) => label)).toEqual(['1']);
      expect((await journal.undo()).steps).toMatchObject([{ label: '1' }]);
    });

    it('renames only what is there', async () => {
      await expect(journal.write(scope('move'), [{ path: 'x', from: 'nope.txt', content: 'x' }])).rejects.toMatchObject(
        { code: 'PATH_NOT_FOUND' },
      );
    });

    it('says with dryRun what it would do, and does nothing', async () => {
      await journal.write(scope('edit'), [{ path: 'a.txt', content: 'x\n' }]);
      expect((await journal.undo({}, { dryRun: true })).restored).toMatchObject([{ path: 'a.txt' }]);
      expect(await subject.read('a.txt')).toBe('x\n');
      expect((await journal.list())[0]?.state).toBe('done');
    });

    it('gives what a path of a step held before and after, byte for byte', async () => {
      const text = (bytes: Uint8Array | null | undefined) => bytes && new TextDecoder().decode(bytes);
      const { id } = await journal.write(scope('edit'), [
        { path: 'a.txt', content: 'one\r\n2' },
        { path: 'raw', content: new Uint8Array([0, 255]) },
        { path: 'src/b.ts', content: null },
      ]);
      const moved = await journal.write(scope('move'), [{ path: 'c.txt', from: 'a.txt', content: 'one\r\n2' }]);
      const edited = await journal.contents(id, 'a.txt');
      expect([text(edited.before), text(edited.after), edited.mode]).toEqual(['one\ntwo\nthree\n', 'one\r\n2', 0o644]);
      expect(await journal.contents(id, 'raw')).toMatchObject({ before: null });
      expect([...((await journal.contents(id, 'raw')).after ?? [])]).toEqual([0, 255]);
      const gone = await journal.contents(id, 'src/b.ts');
      expect([text(gone.before), gone.after]).toEqual(['const b = 1;\n', null]);
      const renamed = await journal.contents(moved.id, 'c.txt');
      expect([text(renamed.before), text(renamed.after), renamed.from]).toEqual(['one\r\n2', 'one\r\n2', 'a.txt']);
      await journal.undo({ step: moved.id });
      expect(text((await journal.contents(moved.id, 'c.txt')).after)).toBe('one\r\n2');
      await expect(journal.contents(id, 'c.txt')).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(journal.contents(999, 'a.txt')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('shows unified diffs, of several steps together, and cuts them with a word', async () => {
      await journal.write(scope('1'), [{ path: 'a.txt', content: 'one\n2\nthree\n' }]);
      await journal.write(scope('2'), [
        { path: 'a.txt', content: 'one\n2\n3\n' },
        { path: 'raw', content: new Uint8Array([0, 1]) },
      ]);
      const newest = await journal.diff({});
      expect(newest).toContain('--- a/a.txt');
      expect(newest).toContain('+++ b/a.txt');
      expect(newest).toContain('\n-three\n+3\n');
      expect(newest).toMatch(/^Binary files .*raw.* differ$/mu);
      const all = await journal.diff({ sessionId: 's1' });
      expect(all).toContain('\n-two\n-three\n+2\n+3\n');
      expect(all.match(/^--- a\/a\.txt/gmu)).toHaveLength(1);
      const cut = await journal.diff({ sessionId: 's1' }, { maxCharacters: 20 });
      expect(cut.startsWith(all.slice(0, 20))).toBe(true);
      expect(cut).toContain('left out');
    });
  });
}

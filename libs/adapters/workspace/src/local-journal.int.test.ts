import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Journal, JournalScope } from '@nootropic/contracts';
import { describeJournalContract } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differences, runUndoGate, treeLines } from './journal-gate.ts';
import { runUndoKillGate } from './journal-kill-gate.ts';
import { createLocalJournal, type LocalJournalOptions } from './local-journal.ts';

const makeBase = (): string => realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-journal-')));

describeJournalContract('local disk', async () => {
  const base = makeBase();
  const root = join(base, 'ws');
  mkdirSync(root);
  return {
    journal: await createLocalJournal({ root, dir: join(base, 'journal') }),
    write: async (path, content) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    remove: async (path) => rmSync(join(root, path), { recursive: true }),
    read: async (path) => {
      try {
        return readFileSync(join(root, path), 'utf8');
      } catch {
        return undefined;
      }
    },
    dispose: async () => rmSync(base, { recursive: true, force: true }),
  };
});

describe('local journal', () => {
  let base: string;
  let root: string;
  let opened: Journal[];
  const scope: JournalScope = { sessionId: 's', turnId: 't', label: 'test' };
  const at = (path: string): string => join(root, path);
  const open = async (options: Partial<LocalJournalOptions> = {}): Promise<Journal> => {
    const journal = await createLocalJournal({ root, dir: join(base, 'journal'), ...options });
    opened.push(journal);
    return journal;
  };
  const put = (path: string, content: string | Uint8Array = path): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  };
  /** Undoes what the work does, and expects the first tree; makes it again, and expects the second. */
  const expectExact = async (journal: Journal, work: () => void): Promise<void> => {
    const first = treeLines(root);
    await journal.watch(scope, async () => work());
    const second = treeLines(root);
    expect(differences(first, second)).not.toEqual([]);
    expect(await journal.undo()).toMatchObject({ conflicts: [], lost: [] });
    expect(differences(first, treeLines(root))).toEqual([]);
    expect(await journal.redo()).toMatchObject({ conflicts: [], lost: [] });
    expect(differences(second, treeLines(root))).toEqual([]);
    await journal.undo();
  };

  beforeEach(() => {
    base = makeBase();
    root = join(base, 'ws');
    mkdirSync(root);
    opened = [];
  });
  afterEach(async () => {
    for (const journal of opened) await journal[Symbol.asyncDispose]();
    rmSync(base, { recursive: true, force: true });
  });

  it('brings back folders, modes, links and binaries exactly', async () => {
    const journal = await open();
    put('src/a.ts');
    put(
      'src/deep/b.bin',
      new Uint8Array(200_000).map((_, index) => index % 251),
    );
    mkdirSync(at('empty'), { mode: 0o711 });
    chmodSync(at('src/a.ts'), 0o755);
    symlinkSync('/etc/hosts', at('src/hosts'));
    symlinkSync('missing', at('dangling'));
    await expectExact(journal, () => rmSync(at('src'), { recursive: true }));
    await expectExact(journal, () => rmSync(at('empty'), { recursive: true }));
    await expectExact(journal, () => chmodSync(at('src/a.ts'), 0o600));
    await expectExact(journal, () => chmodSync(at('empty'), 0o700));
    await expectExact(journal, () => renameSync(at('src/a.ts'), at('src/A.ts')));
    await expectExact(journal, () => {
      rmSync(at('src/hosts'));
      symlinkSync('a.ts', at('src/hosts'));
      rmSync(at('dangling'));
      mkdirSync(at('dangling/x/y'), { recursive: true });
    });
    await expectExact(journal, () => {
      rmSync(at('src'), { recursive: true });
      put('src');
    });
    await expectExact(journal, () => {
      chmodSync(at('src/deep'), 0o555);
      put('other/c');
      chmodSync(at('other'), 0o555);
    });
    chmodSync(at('src/deep'), 0o555);
    await expectExact(journal, () => writeFileSync(at('src/deep/b.bin'), 'changed'));
    chmodSync(at('src/deep'), 0o755);
  });

  it('sees a change that leaves size and times as they were', async () => {
    const journal = await open();
    put('a', 'one');
    await journal.watch(scope, async () => undefined);
    const { mtime, atime } = statSync(at('a'));
    const { step } = await journal.watch(scope, async () => {
      writeFileSync(at('a'), 'two');
      utimesSync(at('a'), atime, mtime);
    });
    expect(step?.changes).toMatchObject([{ path: 'a', change: 'modified' }]);
  });

  it('shows renames and folders once', async () => {
    const journal = await open();
    put('old/a', 'a\n');
    put('old/b', 'b\n');
    const { step } = await journal.watch(scope, async () => {
      renameSync(at('old'), at('new'));
      mkdirSync(at('none'));
    });
    expect(step?.changes).toMatchObject([
      { path: 'new/a', from: 'old/a', change: 'renamed' },
      { path: 'new/b', from: 'old/b', change: 'renamed' },
      { path: 'none', change: 'created', kind: 'folder' },
    ]);
    expect(await journal.diff({})).toContain('rename from old/a\nrename to new/a\n');
  });

  it('never follows a link that leads out, neither to write nor to record nor to undo', async () => {
    mkdirSync(join(base, 'outside'));
    writeFileSync(join(base, 'outside/a.txt'), 'outside');
    symlinkSync('../outside', at('out'));
    symlinkSync('../outside/a.txt', at('out-file'));
    symlinkSync('../outside/new.txt', at('out-new'));
    const journal = await open();
    for (const path of ['out/a.txt', 'out-file', 'out/new.txt', 'out-new', 'out'])
      await expect(journal.write(scope, [{ path, content: 'x' }])).rejects.toMatchObject({ code: 'PATH_OUTSIDE_ROOT' });
    expect(await journal.watch(scope, async () => writeFileSync(join(base, 'outside/b.txt'), ''))).toEqual({
      result: undefined,
    });
    put('dir/a.txt', 'inside');
    await journal.write(scope, [{ path: 'dir/a.txt', content: 'changed' }]);
    renameSync(at('dir'), at('dir-aside'));
    symlinkSync('../outside', at('dir'));
    expect((await journal.undo()).conflicts).toMatchObject([{ path: 'dir/a.txt' }]);
    expect(readFileSync(join(base, 'outside/a.txt'), 'utf8')).toBe('outside');
    expect(readdirSync(join(base, 'outside')).sort()).toEqual(['a.txt', 'b.txt']);
  });

  it('writes through a link that stays below the root, and keeps the link', async () => {
    put('real.txt', 'one');
    symlinkSync('real.txt', at('link.txt'));
    const journal = await open();
    const step = await journal.write(scope, [{ path: 'link.txt', content: 'two' }]);
    expect(step.changes).toMatchObject([{ path: 'real.txt', change: 'modified' }]);
    expect(readlinkSync(at('link.txt'))).toBe('real.txt');
  });

  it('keeps the mode of a file, also of one that is renamed, and gives a new one the mode asked for', async () => {
    put('run.sh', 'one');
    chmodSync(at('run.sh'), 0o750);
    const journal = await open();
    await journal.write(scope, [
      { path: 'run.sh', content: 'two' },
      { path: 'new.sh', content: 'x', mode: 0o755 },
      { path: 'plain', content: 'x' },
    ]);
    await journal.write(scope, [{ path: 'moved.sh', from: 'run.sh', content: 'three' }]);
    const mode = (path: string): number => statSync(at(path)).mode & 0o777;
    expect([mode('moved.sh'), mode('new.sh'), mode('plain')]).toEqual([0o750, 0o755, 0o644]);
  });

  it('replaces a file rather than writing into it, so that a hard link elsewhere keeps its content', async () => {
    put('a', 'one');
    linkSync(at('a'), join(base, 'elsewhere'));
    await (await open()).write(scope, [{ path: 'a', content: 'two' }]);
    expect(readFileSync(join(base, 'elsewhere'), 'utf8')).toBe('one');
  });

  it.each([
    ...[
      '.git',
      '.git/config',
      'sub/.git/hooks/x',
      '.Git/x',
      '.git /x',
      '.git...',
      '.g\u200cit/x',
      'GIT~1/x',
      '.git::$INDEX_ALLOCATION/x',
    ],
    ...['own/config.json', 'OWN/config.json', 'own', 'own./x', 'e\u0301igen/x', 'éigen/x', 'linked/x', 'to-git/config'],
  ])('never writes %j', async (path) => {
    mkdirSync(at('own'));
    mkdirSync(at('.git'));
    mkdirSync(at('éigen'));
    symlinkSync('own', at('linked'));
    symlinkSync('.git', at('to-git'));
    const journal = await open({ protectedPaths: [at('own'), at('éigen')] });
    const before = treeLines(root, () => true);
    for (const files of [[{ path, content: 'x' }], [{ path: 'y', from: path, content: 'x' }]])
      await expect(journal.write(scope, files)).rejects.toMatchObject({ code: 'DENIED' });
    expect(
      differences(
        before,
        treeLines(root, () => true),
      ),
    ).toEqual([]);
  });

  it('writes names that only look like those of the version control', async () => {
    const journal = await open();
    for (const path of ['.gitignore', '.github/x', 'git/x', 'my.git/x'])
      expect((await journal.write(scope, [{ path, content: 'x' }])).changes).toMatchObject([{ path }]);
  });

  it('records neither the version control nor its own files', async () => {
    const journal = await open({ dir: join(root, 'data/journal'), protectedPaths: [at('config')] });
    const { step } = await journal.watch(scope, async () => {
      for (const path of ['.git/HEAD', 'sub/.git/HEAD', 'data/journal/x', 'config/c.json', 'a']) put(path);
    });
    expect(step?.changes.map(({ path }) => path)).toEqual(['a', 'sub']);
    await journal.undo();
    expect(existsSync(at('sub/.git/HEAD'))).toBe(true);
    expect(existsSync(at('a'))).toBe(false);
  });

  it('keeps nothing of what is too large, says so, and undoes the rest', async () => {
    const journal = await open({ maxFileBytes: 1000 });
    put('big', 'x'.repeat(2000));
    put('small', 'small');
    const { step } = await journal.watch(scope, async () => {
      put('big', 'y'.repeat(2000));
      put('small', 'changed');
      put('new-big', 'z'.repeat(2000));
    });
    expect(step?.changes).toMatchObject([
      { path: 'big', change: 'modified', unkept: true },
      { path: 'new-big', change: 'created' },
      { path: 'small', change: 'modified' },
    ]);
    const outcome = await journal.undo();
    expect(outcome).toMatchObject({ lost: ['big'], conflicts: [] });
    expect(readFileSync(at('small'), 'utf8')).toBe('small');
    expect(readFileSync(at('big'), 'utf8')).toBe('y'.repeat(2000));
    expect(existsSync(at('new-big'))).toBe(false);
    expect((await journal.redo()).lost).toEqual(['new-big']);
  });

  it('drops the oldest steps where the limit is reached, and never the one just made', async () => {
    const journal = await open({ limitBytes: 300_000 });
    for (let step = 0; step < 6; step += 1)
      await journal.write(scope, [{ path: 'a', content: `${step}`.repeat(90_000) }]);
    const left = await journal.list();
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(4);
    expect(left[0]?.id).toBe(6);
    const blobs = readdirSync(join(base, 'journal/blobs'), { recursive: true, withFileTypes: true });
    expect(blobs.filter((entry) => entry.isFile())).toHaveLength(left.length + 1);
    expect(await journal.undo()).toMatchObject({ conflicts: [], lost: [] });
    expect(readFileSync(at('a'), 'utf8')).toBe('4'.repeat(90_000));
    await journal.write(scope, [{ path: 'a', content: 'x'.repeat(900_000) }]);
    expect(await journal.list()).toHaveLength(1);
    await journal.undo();
    expect(readFileSync(at('a'), 'utf8')).toBe('4'.repeat(90_000));
  });

  it('keeps everything to the user', async () => {
    await (await open()).write(scope, [{ path: 'a', content: 'x'.repeat(100_000) }]);
    expect(statSync(join(base, 'journal')).mode & 0o777).toBe(0o700);
    for (const entry of readdirSync(join(base, 'journal'), { recursive: true, withFileTypes: true }))
      expect(lstatSync(join(entry.parentPath, entry.name)).mode & 0o077).toBe(0);
  });

  it('leaves a folder that somebody has put something into, and a folder in the way of nobody', async () => {
    const journal = await open();
    await journal.write(scope, [{ path: 'made/a', content: 'a' }]);
    put('made/mine', 'mine');
    expect(await journal.undo()).toMatchObject({ conflicts: [] });
    expect(readdirSync(at('made'))).toEqual(['mine']);
  });

  it('says why a path is left alone', async () => {
    const journal = await open();
    for (const path of ['gone', 'changed', 'mode', 'dir/x', 'later']) put(path, 'before');
    await journal.watch(scope, async () => {
      for (const path of ['gone', 'changed', 'mode', 'later']) put(path, 'after');
      rmSync(at('dir'), { recursive: true });
    });
    await journal.write(scope, [{ path: 'later', content: 'once more' }]);
    rmSync(at('gone'));
    put('changed', 'mine');
    chmodSync(at('mode'), 0o600);
    put('dir', 'a file by now');
    const { conflicts } = await journal.undo({ step: 1 });
    expect(Object.fromEntries(conflicts.map(({ path, reason }) => [path, reason]))).toEqual({
      changed: 'It was changed since.',
      dir: 'Something else stands there by now.',
      'dir/x': 'dir is no folder by now.',
      gone: 'It was deleted since.',
      later: 'Step 2 changed it since; take that back first.',
      mode: 'Its permissions were changed since.',
    });
    const mine = treeLines(root);
    expect(await journal.undo({ step: 1 }, { force: true })).toMatchObject({ conflicts: [], lost: [] });
    expect(readFileSync(at('dir/x'), 'utf8')).toBe('before');
    expect(await journal.undo()).toMatchObject({
      conflicts: [],
      steps: [{ label: 'undo over what was changed since' }],
    });
    expect(differences(mine, treeLines(root))).toEqual([]);
  });

  it('takes nothing of a write where one file cannot be written', async () => {
    const journal = await open();
    put('a', 'one');
    const before = treeLines(root);
    const work = journal.write(scope, [
      { path: 'a', content: 'two' },
      { path: 'n'.repeat(250), content: 'as long as a name may be' },
      { path: 'n'.repeat(300), content: 'too long' },
    ]);
    await expect(work).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    expect(differences(before, treeLines(root))).toEqual([]);
    expect(await journal.list()).toEqual([]);
    expect((await journal.write(scope, [{ path: 'a', content: 'three' }])).changes).toHaveLength(1);
  });

  it('lets a second program wait, and then says that the first is busy', async () => {
    const first = await open();
    const second = await open({ waitMs: 50 });
    const patient = await open({ waitMs: 10_000 });
    let release: () => void = () => undefined;
    const watching = first.watch(scope, () => new Promise<void>((resolve) => (release = resolve)));
    // The work has begun once there is something to release.
    while (release.length === 0 && !existsSync(at('begun'))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      put('begun');
    }
    await expect(second.write(scope, [{ path: 'b', content: 'b' }])).rejects.toMatchObject({ code: 'STORE_BUSY' });
    expect(await second.list()).toEqual([]);
    const waiting = patient.write(scope, [{ path: 'c', content: 'c' }]);
    release();
    await watching;
    expect((await waiting).changes).toMatchObject([{ path: 'c' }]);
  });

  it('refuses to change files from within the work that it watches, and goes on', async () => {
    const journal = await open();
    const { result } = await journal.watch(scope, async () =>
      journal.write(scope, [{ path: 'a', content: 'a' }]).catch((error: { code: string }) => error.code),
    );
    expect(result).toBe('STORE_BUSY');
    expect((await journal.write(scope, [{ path: 'a', content: 'a' }])).changes).toHaveLength(1);
  });

  it('does what is asked at once one after the other', async () => {
    const journal = await open();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => journal.write(scope, [{ path: `f${n % 3}`, content: `${n}` }])),
    );
    expect(await journal.list()).toHaveLength(20);
    expect(await journal.undo({ sessionId: 's' })).toMatchObject({ conflicts: [] });
    expect(readdirSync(root)).toEqual([]);
  });

  it('passes on what the work rejected with, whatever it was', async () => {
    const journal = await open();
    const reason = { not: 'an error' };
    await expect(journal.watch(scope, () => Promise.reject(reason as unknown as Error))).rejects.toBe(reason);
  });

  it('cuts no text in two where it shows links, modes and folders', async () => {
    put('a', 'one\n');
    const journal = await open();
    await journal.watch(scope, async () => {
      chmodSync(at('a'), 0o755);
      symlinkSync('a', at('b'));
      mkdirSync(at('c'));
    });
    expect(await journal.diff({})).toBe('mode of a 644 → 755\nlink b → a made\nfolder c made\n');
  });

  it('records what a program did that was killed at its work', async () => {
    put('a', 'one\n');
    const entry = fileURLToPath(new URL('./journal-watch-child.ts', import.meta.url));
    const child = spawn(process.execPath, [entry, root, join(base, 'journal')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((done) => child.once('close', done));
    for await (const line of createInterface({ input: child.stdout })) if (line === 'changed') child.kill('SIGKILL');
    await ended;
    expect(readFileSync(at('a'), 'utf8')).toBe('two\n');
    const journal = await open();
    expect(await journal.list()).toMatchObject([
      { label: 'never ends (broken off)', changes: [{ path: 'a', added: 1, removed: 1 }] },
    ]);
    await journal.undo();
    expect(readFileSync(at('a'), 'utf8')).toBe('one\n');
  });
});

describe('the undo gates', () => {
  it('holds over a slice of random sequences', { timeout: 60_000 }, async () => {
    const { faults, ...counts } = await runUndoGate(12, 11);
    expect(faults).toEqual([]);
    expect(counts).toMatchObject({ asked: 12, run: 12, failed: 0 });
    expect(Math.min(counts.steps, counts.changes, counts.userEdits)).toBeGreaterThan(10);
  });

  it('holds over a slice of kills', { timeout: 60_000 }, async () => {
    const { faults, ...counts } = await runUndoKillGate(4, 5);
    expect(faults).toEqual([]);
    expect(counts).toMatchObject({ asked: 4, run: 4, failed: 0 });
  });
});

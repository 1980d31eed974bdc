import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompareOptions, Comparison, FileDifference } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitHistory } from './git-history.ts';
import { readComparison } from './git-comparison-output.ts';

let root: string;

const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
const put = (path: string, text: string): void => writeFileSync(join(root, path), text);
const commit = (message: string): void => {
  git('add', '-A');
  git('commit', '-qm', message);
};

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-compare-')));
  git('init', '-q', '-b', 'main');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function compare(comparison: Comparison, options?: CompareOptions, at = root): Promise<FileDifference[]> {
  const found: FileDifference[] = [];
  for await (const each of createGitHistory({ root: at }).compare?.(comparison, options) ?? []) found.push(each);
  return found;
}

const short = (found: readonly FileDifference[]) =>
  found.map(({ path, change, added, removed }) => `${change} ${path} +${added} -${removed}`);

describe('createGitHistory().compare', () => {
  it('tells what is staged, what is changed, and what is new', async () => {
    put('a.txt', 'one\n');
    put('b.txt', 'b\n');
    commit('begin');
    put('a.txt', 'one\ntwo\n');
    git('add', 'a.txt');
    put('b.txt', 'c\n');
    put('new.txt', 'x\ny');
    expect(short(await compare({ of: 'staged' }))).toEqual(['modified a.txt +1 -0']);
    expect(short(await compare({ of: 'tracked' }))).toEqual(['modified a.txt +1 -0', 'modified b.txt +1 -1']);
    const all = await compare({ of: 'uncommitted' });
    expect(short(all).at(-1)).toBe('created new.txt +2 -0');
    expect(all.at(-1)?.text).toBe(
      'diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+x\n+y\n',
    );
    expect(short(await compare({ of: 'uncommitted' }, { paths: ['b.txt'] }))).toEqual(['modified b.txt +1 -1']);
  });

  it('compares what is staged before the first commit', async () => {
    put('a.txt', 'one\n');
    git('add', 'a.txt');
    expect(short(await compare({ of: 'staged' }))).toEqual(['created a.txt +1 -0']);
    expect(short(await compare({ of: 'tracked' }))).toEqual(['created a.txt +1 -0']);
  });

  it('tells what a commit and a range changed, the first commit too', async () => {
    put('a.txt', 'one\n');
    commit('begin');
    git('checkout', '-qb', 'side');
    put('a.txt', 'one\nside\n');
    commit('side');
    git('checkout', '-q', 'main');
    put('b.txt', 'b\n');
    commit('main');
    const of = (revision: string) => compare({ of: 'revision', revision });
    expect(short(await of('HEAD'))).toEqual(['created b.txt +1 -0']);
    expect(short(await of('main~1'))).toEqual(['created a.txt +1 -0']);
    expect(short(await of('main..side'))).toEqual(['modified a.txt +1 -0', 'deleted b.txt +0 -1']);
    expect(short(await of('main...side'))).toEqual(['modified a.txt +1 -0']);
  });

  it.each(['--output=x', 'nowhere', 'HEAD\n--output=x', 'main..nowhere', '-p'])(
    'knows no revision %j',
    async (revision) => {
      put('a.txt', 'one\n');
      commit('begin');
      await expect(compare({ of: 'revision', revision })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(existsSync(join(root, 'x'))).toBe(false);
    },
  );

  it('gives names as they are, renames, binaries, links, and cuts long diffs', async () => {
    const strange = process.platform === 'win32' ? 'ü x.txt' : 'ü "x"\ndiff --git a/y b/y.txt'.replaceAll('/', ':');
    put(strange, 'one\ntwo\nthree\nfour\n');
    put('old.txt', 'a\nb\nc\nd\ne\nf\n');
    put('image.bin', 'a\0b');
    put('file', 'text\n');
    commit('begin');
    put(strange, 'one\n2\nthree\nfour\n');
    renameSync(join(root, 'old.txt'), join(root, 'young.txt'));
    put('image.bin', 'a\0c');
    rmSync(join(root, 'file'));
    symlinkSync('old.txt', join(root, 'file'));
    put('long.txt', 'x'.repeat(30).concat('\n').repeat(100));
    git('add', '-A');
    const found = await compare({ of: 'staged' }, { maxCharacters: 600 });
    expect(found.map(({ path }) => path).toSorted()).toEqual(
      ['file', 'file', 'image.bin', 'long.txt', strange, 'young.txt'].toSorted(),
    );
    expect(found.find(({ path }) => path === 'young.txt')).toMatchObject({ change: 'renamed', from: 'old.txt' });
    expect(found.find(({ path }) => path === 'image.bin')).toMatchObject({ binary: true, added: 0 });
    expect(found.find(({ path }) => path === strange)).toMatchObject({ added: 1, removed: 1 });
    const long = found.find(({ path }) => path === 'long.txt');
    expect(long).toMatchObject({ added: 100, cut: true });
    expect(long?.text.length).toBeLessThanOrEqual(600);
    expect(long?.text.endsWith('\n')).toBe(true);
  });

  it('sees only what is below the folder, or all of the repository', async () => {
    mkdirSync(join(root, 'sub'));
    put('a.txt', 'one\n');
    put('sub/b.txt', 'b\n');
    git('add', '-A');
    const sub = join(root, 'sub');
    expect(short(await compare({ of: 'staged' }, {}, sub))).toEqual(['created b.txt +1 -0']);
    expect(short(await compare({ of: 'staged' }, { everywhere: true }, sub))).toEqual([
      'created a.txt +1 -0',
      'created sub/b.txt +1 -0',
    ]);
    await expect(compare({ of: 'staged' }, { paths: ['../a.txt'] }, sub)).rejects.toMatchObject({
      code: 'PATH_OUTSIDE_ROOT',
    });
  });

  it('is no repository outside of one', async () => {
    rmSync(join(root, '.git'), { recursive: true });
    await expect(compare({ of: 'staged' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('runs nothing that a repository names: filters, text conversion, external diffs, hooks, monitors', async () => {
    const proof = join(root, 'ran');
    const script = join(root, '.git', 'own-script');
    writeFileSync(script, `#!/bin/sh\necho "$0" >> '${proof}'\ncat\n`, { mode: 0o755 });
    put('a.txt', 'one\n');
    put('.gitattributes', '*.txt filter=own diff=own\n');
    commit('begin');
    for (const key of ['filter.own.clean', 'filter.own.smudge', 'filter.own.process', 'diff.own.command'])
      git('config', key, script);
    for (const key of ['diff.own.textconv', 'diff.external', 'core.fsmonitor', 'core.pager'])
      git('config', key, script);
    git('config', 'filter.own.required', 'true');
    put('a.txt', 'two\n');
    put('new.txt', 'x\n');
    expect(short(await compare({ of: 'uncommitted' }))).toContain('modified a.txt +1 -1');
    expect(existsSync(proof)).toBe(false);
    // They would have run without the guards: git itself shows it.
    expect(() => git('diff', '--no-ext-diff')).toThrow();
    expect(existsSync(proof)).toBe(true);
  });
});

describe('readComparison', () => {
  it('reads the same however the output falls into pieces', async () => {
    const bytes = new TextEncoder().encode(
      ':100644 100644 a b M\0ä.txt\0:100644 100644 a b R099\0old\0new\0\0diff --git a/x b/x\n@@ -1 +1 @@\n-ä\n+ö\ndiff --git a/old b/new\n',
    );
    for (const size of [1, 3, 1000]) {
      async function* output(): AsyncGenerator<Uint8Array> {
        await undefined;
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const found: FileDifference[] = [];
      for await (const each of readComparison(output(), 1000)) found.push(each);
      expect(short(found)).toEqual(['modified ä.txt +1 -1', 'renamed new +0 -0']);
    }
  });
});

import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeHistoryContract, historyScript } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGitHistory } from './git-history.ts';

let base: string;
let repository: string;

const environment = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, { cwd, env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

function put(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function commit(
  folder: string,
  { files, message, author = 'Ada' }: { files: Readonly<Record<string, string>>; message: string; author?: string },
): void {
  put(folder, files);
  git(folder, 'add', '-A');
  git(folder, '-c', `user.name=${author}`, '-c', 'user.email=a@example.com', 'commit', '-q', '-m', message);
}

function makeRepository(name: string): string {
  const folder = join(base, name);
  mkdirSync(folder);
  git(folder, 'init', '-q', '-b', 'main');
  for (const each of historyScript) commit(folder, each);
  return folder;
}

beforeAll(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-history-')));
  repository = makeRepository('repository');
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

describeHistoryContract('createGitHistory', () => {
  mkdirSync(join(base, 'plain'), { recursive: true });
  return {
    history: createGitHistory({ root: repository }),
    none: createGitHistory({ root: join(base, 'plain'), env: { ...process.env, GIT_CEILING_DIRECTORIES: base } }),
  };
});

async function messagesOf(root: string, options?: Parameters<ReturnType<typeof createGitHistory>['changes']>[0]) {
  const found: { message: string; paths: readonly string[] }[] = [];
  for await (const { message, paths } of createGitHistory({ root }).changes(options)) found.push({ message, paths });
  return found;
}

describe('the history that git keeps', () => {
  it('of a folder inside a repository has its commits only, with paths from it', async () => {
    const found = await messagesOf(join(repository, 'src'));
    expect(found).toEqual([
      { message: 'Name "it" ü', paths: ['b.txt', 'ü "x".txt'] },
      { message: 'Begin', paths: ['b.txt'] },
    ]);
    const history = createGitHistory({ root: join(repository, 'src') });
    expect((await history.lastChange('b.txt', { startLine: 2, endLine: 2 }))?.paths).toEqual(['b.txt', 'ü "x".txt']);
  });

  it('is empty in a repository without a commit, and where there is no git', async () => {
    const folder = join(base, 'fresh');
    mkdirSync(folder);
    git(folder, 'init', '-q');
    expect(await messagesOf(folder)).toEqual([]);
    expect(await createGitHistory({ root: folder }).head()).toBeUndefined();
    const without = createGitHistory({ root: repository, env: { PATH: folder } });
    expect(await without.head()).toBeUndefined();
    expect(await without.lastChange('a.txt', { startLine: 1, endLine: 1 })).toBeUndefined();
  });

  it('leaves out merges, and takes no message for the beginning of a commit', async () => {
    const folder = makeRepository('merged');
    git(folder, 'checkout', '-q', '-b', 'side', 'HEAD~1');
    commit(folder, { files: { 'side.txt': 's\n' }, message: `\u001e${'f'.repeat(40)} looks like a commit` });
    git(folder, 'checkout', '-q', 'main');
    git(folder, '-c', 'user.name=x', '-c', 'user.email=x@x', 'merge', '-q', '--no-ff', '-m', 'Merged', 'side');
    const messages = (await messagesOf(folder)).map(({ message }) => message);
    expect(messages).toHaveLength(4);
    expect(messages).not.toContain('Merged');
    expect(messages.some((message) => message.includes('looks like a commit'))).toBe(true);
  });

  it('finds lines of a file that was changed since, and knows that new ones have no commit', async () => {
    const folder = makeRepository('edited');
    put(folder, { 'a.txt': 'new\nnewer\none\ntwo\nthree\n' });
    const history = createGitHistory({ root: folder });
    expect((await history.lastChange('a.txt', { startLine: 3, endLine: 3 }))?.message).toBe('Begin');
    expect((await history.lastChange('a.txt', { startLine: 5, endLine: 5 }))?.author).toBe('Ünal Öz');
    expect(await history.lastChange('a.txt', { startLine: 1, endLine: 2 })).toBeUndefined();
  });

  it('says that a damaged repository cannot be read', async () => {
    const folder = makeRepository('damaged');
    const objects = join(folder, '.git', 'objects');
    const tree = git(folder, 'rev-parse', 'HEAD~1').trim();
    rmSync(join(objects, tree.slice(0, 2), tree.slice(2)), { force: true });
    await expect(messagesOf(folder)).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
  });

  it('starts no program that the repository configures, writes nothing, and takes no lock', async () => {
    const folder = makeRepository('hostile');
    const mark = join(base, 'started');
    const program = join(folder, 'evil.sh');
    writeFileSync(program, `#!/bin/sh\ntouch ${mark}\ncat\n`);
    chmodSync(program, 0o755);
    for (const [key, value] of Object.entries({
      'core.fsmonitor': program,
      'core.pager': program,
      'core.hooksPath': folder,
      'core.editor': program,
      'core.sshCommand': program,
      'core.alternateRefsCommand': program,
      'diff.external': program,
      'diff.evil.textconv': program,
      'diff.evil.command': program,
      'filter.evil.clean': program,
      'filter.evil.smudge': program,
      'filter.evil.process': program,
      'gpg.program': program,
      'log.showSignature': 'true',
      'credential.helper': program,
      'blame.ignoreRevsFile': program,
      'alias.log': `!${program}`,
      'alias.blame': `!${program}`,
      'pager.log': program,
      'uploadpack.packObjectsHook': program,
    })) {
      git(folder, 'config', key, value);
    }
    for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout']) {
      writeFileSync(join(folder, '.git', 'hooks', hook), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 });
    }
    put(folder, { '.gitattributes': '* diff=evil filter=evil\n', 'a.txt': 'changed\none\ntwo\nthree\n' });
    const before = readdirSync(join(folder, '.git'), { recursive: true }).map(String).sort();
    const history = createGitHistory({ root: folder });
    expect(await messagesOf(folder)).toHaveLength(3);
    expect(await messagesOf(folder, { paths: ['a.txt'] })).toHaveLength(2);
    expect((await history.lastChange('a.txt', { startLine: 4, endLine: 4 }))?.author).toBe('Ünal Öz');
    expect(await history.head()).toMatch(/^[0-9a-f]{40}$/u);
    expect(existsSync(mark)).toBe(false);
    expect(readdirSync(join(folder, '.git'), { recursive: true }).map(String).sort()).toEqual(before);
  });

  it('ends its program when the time is up or the reader leaves', async () => {
    const slow = createGitHistory({
      root: repository,
      timeoutMs: 20,
      spawn: ((_: string, __: readonly string[], options: object) =>
        spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], options)) as unknown as typeof spawn,
    });
    await expect(slow.head()).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('too long') as string,
    });
  });
});

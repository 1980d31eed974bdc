import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGitHistory } from './git-history.ts';
import { readDiffs } from './git-diffs.ts';

describe('readDiffs', () => {
  it('cuts each diff at a line, however the output falls into pieces', async () => {
    const bytes = new TextEncoder().encode(
      '\u001eaaa\n\ndiff --git a/x b/x\n+\u001e no mark\n+two\n\u001ebbb\n\ndiff\n',
    );
    for (const size of [1, 5, 1000]) {
      async function* output(): AsyncGenerator<Uint8Array> {
        await undefined;
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      const found: unknown[] = [];
      for await (const diff of readDiffs(output(), 34)) found.push(diff);
      expect(found).toEqual([
        { commit: 'aaa', text: 'diff --git a/x b/x\n+\u001e no mark\n[cut]\n' },
        { commit: 'bbb', text: 'diff\n' },
      ]);
    }
  });
});

describe('createGitHistory().diffs', () => {
  let root: string;
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], {
      cwd: root,
      encoding: 'utf8',
    });
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'nootropic-diffs-'));
    git('init', '-q');
    for (const text of ['one\n', 'one\ntwo\n']) {
      writeFileSync(join(root, 'a.txt'), text);
      git('add', '-A');
      git('commit', '-qm', `say ${text.length}`);
    }
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('gives the lines that commits changed', async () => {
    const [second = '', first = ''] = git('log', '--format=%H').trim().split('\n');
    const found = new Map<string, string>();
    const history = createGitHistory({ root });
    for await (const { commit, text } of history.diffs?.([first, second]) ?? []) found.set(commit, text);
    expect(found.get(first)).toContain('+one');
    expect(found.get(second)).toMatch(/^diff --git a\/a\.txt b\/a\.txt\n[^]*\n one\n\+two\n$/u);
    const strange = history.diffs?.(['--output=x']);
    await expect(strange?.[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

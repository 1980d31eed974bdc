import type { CompareOptions, Comparison, FileDifference, History } from '@nootropic/contracts';
import { createMemoryHistory } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createGitRequests } from './git-requests.ts';
import type { Workplace } from './workplace.ts';

const change: FileDifference = {
  path: 'a.ts',
  change: 'created',
  binary: false,
  added: 1,
  removed: 0,
  text: 'diff --git a/a.ts b/a.ts\n',
};

function requests(history: History | undefined) {
  const workplace = async () => ({ root: '/w', ...(history && { history }) }) as Workplace;
  return createGitRequests({ workplace, isSecretPath: () => false });
}

describe('createGitRequests', () => {
  it('hands on what is compared, and fits what comes back', async () => {
    const asked: [Comparison, CompareOptions | undefined][] = [];
    const history: History = {
      ...createMemoryHistory(),
      async *compare(comparison, options) {
        asked.push([comparison, options]);
        yield* await Promise.resolve([change]);
      },
    };
    const { git } = requests(history);
    const found = await git.diff({
      workspace: '/w',
      of: 'revision',
      revision: 'a..b',
      paths: ['src'],
      characters: 900,
    });
    expect(found).toMatchObject({ text: change.text, files: [{ path: 'a.ts', shown: 'whole' }] });
    expect(asked).toEqual([
      [
        { of: 'revision', revision: 'a..b' },
        { paths: ['src'], everywhere: false, maxCharacters: 900 },
      ],
    ]);
    await expect(git.diff({ workspace: '/w', of: 'revision' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('finds nothing where nothing keeps versions', async () => {
    for (const history of [undefined, createMemoryHistory()])
      await expect(requests(history).git.diff({ workspace: '/w', of: 'staged' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
  });
});

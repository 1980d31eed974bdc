import { describe, expect, it } from 'vitest';
import { existingPaths } from './existing-paths.ts';

/** A tree whose folders list these names. */
const treeOf = (folders: Readonly<Record<string, readonly string[]>>) => ({
  list: async (path: string) => [...(folders[path] ?? [])],
});

describe('existingPaths', () => {
  it('gives the files of all folders, from the root', async () => {
    const tree = treeOf({ '.': ['src/', 'a.ts'], 'src/': ['deep/', 'b.ts'], 'src/deep/': ['c.ts'] });
    expect(await existingPaths(tree)).toEqual(['a.ts', 'src/b.ts', 'src/deep/c.ts']);
  });

  it('names none where there are too many', async () => {
    const many = Array.from({ length: 301 }, (_, at) => `${at}.ts`);
    expect(await existingPaths(treeOf({ '.': many }))).toEqual([]);
  });
});

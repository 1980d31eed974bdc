import { describe, expect, it } from 'vitest';
import { foldersAbove, stepInTree, treeRows, type TreeFolders } from './tree-rows.ts';

const folders: TreeFolders = new Map([
  [
    '',
    [
      { path: 'a.ts', kind: 'file' },
      { path: 'src', kind: 'folder' },
      { path: 'empty/', kind: 'folder' },
    ],
  ],
  ['empty', []],
  ['src', [{ path: 'src/b.ts', kind: 'file' }]],
]);
const rows = treeRows(folders, new Set(['', 'src', 'empty']));

describe('the rows of a tree', () => {
  it('are folders before files, and what lies in the open ones', () => {
    expect(rows.map(({ path, level, isEmpty }) => [path, level, isEmpty])).toEqual([
      ['empty', 1, true],
      ['src', 1, false],
      ['src/b.ts', 2, false],
      ['a.ts', 1, false],
    ]);
    expect(treeRows(folders, new Set([''])).map(({ path }) => path)).toEqual(['empty', 'src', 'a.ts']);
  });

  it('are walked with arrows', () => {
    expect(stepInTree(rows, 'empty', 'ArrowDown')).toEqual({ to: 'src' });
    expect(stepInTree(rows, 'src', 'ArrowRight')).toEqual({ to: 'src/b.ts' });
    expect(stepInTree(rows, 'src', 'ArrowLeft')).toEqual({ to: 'src', toggle: 'src' });
    expect(stepInTree(rows, 'src/b.ts', 'ArrowLeft')).toEqual({ to: 'src' });
    expect(stepInTree(rows, 'empty', 'ArrowRight')).toEqual({ to: 'empty' });
    expect(stepInTree(rows, 'a.ts', 'ArrowDown')).toEqual({ to: 'a.ts' });
    expect(stepInTree(rows, 'a.ts', 'Home')).toEqual({ to: 'empty' });
    expect(stepInTree(rows, 'a.ts', 'x')).toBeUndefined();
  });

  it('open above a file', () => {
    expect(foldersAbove('src/lib/a.ts')).toEqual(['src', 'src/lib']);
    expect(foldersAbove('a.ts')).toEqual([]);
  });
});

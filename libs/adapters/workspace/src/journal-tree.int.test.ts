import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createJournalBlobs } from './journal-blobs.ts';
import { createJournalGuard } from './journal-guard.ts';
import { openJournalDatabase } from './journal-schema.ts';
import { createJournalTree, movesBetween, type JournalTree } from './journal-tree.ts';
import { confinementOf } from './local-files.ts';

let base: string;
let root: string;
let db: ReturnType<typeof openJournalDatabase>;
/** Paths whose content was read. */
let read: number;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nootropic-tree-')));
  root = join(base, 'ws');
  mkdirSync(join(root, 'src'), { recursive: true });
  for (const name of ['a', 'src/b']) writeFileSync(join(root, name), name);
  db = openJournalDatabase(join(base, 'journal.db'));
  read = 0;
});
afterEach(() => {
  db.close();
  rmSync(base, { recursive: true, force: true });
});

async function openTree(clock: () => number, budgetBytes = 1e9): Promise<JournalTree> {
  const blobs = createJournalBlobs(db, join(base, 'blobs'));
  const counted = {
    ...blobs,
    keepFile: (fd: number, path: string) => {
      read += 1;
      return blobs.keepFile(fd, path);
    },
  };
  const guard = createJournalGuard(await confinementOf(root), []);
  return createJournalTree({ db, blobs: counted, guard, maxFileBytes: 1e6, budgetBytes, clock });
}

describe('the snapshot of a tree', () => {
  it('reads only what is new, also when it is opened again', async () => {
    const later = (): number => Date.now() + 60_000;
    const tree = await openTree(later);
    tree.keep(await tree.look());
    expect(read).toBe(2);
    tree.keep(await tree.look());
    expect(read).toBe(2);
    writeFileSync(join(root, 'a'), 'changed');
    const again = await openTree(later);
    expect(movesBetween(again.last(), await again.look()).map(({ path }) => path)).toEqual(['a']);
    expect(read).toBe(3);
  });

  it('reads a file again that may have changed right after it was read', async () => {
    const tree = await openTree(() => 0);
    tree.keep(await tree.look());
    expect(movesBetween(tree.last(), await tree.look())).toEqual([]);
    expect(read).toBe(4);
  });

  it('keeps what is written by hand first where there is little room', async () => {
    mkdirSync(join(root, 'node_modules/x'), { recursive: true });
    writeFileSync(join(root, 'node_modules/x/i.js'), 'x');
    writeFileSync(join(root, 'main.ts'), 'y'.repeat(50));
    const tree = await (await openTree(Date.now, 56)).look();
    const hash = (path: string): unknown => {
      const state = tree.get(path)?.state;
      return state?.kind === 'file' ? state.hash : undefined;
    };
    expect(hash('main.ts')).toEqual(expect.any(String));
    expect(hash('node_modules/x/i.js')).toBeNull();
  });

  it('takes links as links, and no other file system, no device and no version control', async () => {
    symlinkSync('/proc', join(root, 'proc'));
    mkdirSync(join(root, 'src/.git'));
    const tree = await (await openTree(Date.now)).look();
    expect([...tree.keys()].sort()).toEqual(['a', 'proc', 'src', 'src/b']);
    expect(tree.get('proc')?.state).toEqual({ kind: 'link', target: '/proc' });
  });
});

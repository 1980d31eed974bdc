export interface TreeEntry {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** What was read so far, by folder; the top is the empty path. */
export type TreeFolders = ReadonlyMap<string, readonly TreeEntry[]>;

export interface TreeRow extends TreeEntry {
  readonly name: string;
  /** From 1. */
  readonly level: number;
  readonly isOpen: boolean;
  /** Of an open folder: there is nothing in it. */
  readonly isEmpty: boolean;
}

/** A path without a slash at its end. */
function bare(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The rows of a tree from top to bottom: folders before files, each by name, and below an open folder what is in it. What git keeps for itself is left out. */
export function treeRows(folders: TreeFolders, open: ReadonlySet<string>, folder = ''): TreeRow[] {
  const entries = (folders.get(folder) ?? [])
    .map((entry) => ({ ...entry, path: bare(entry.path) }))
    .filter(({ path }) => path !== '.git');
  entries.sort(
    (a, b) =>
      Number(b.kind === 'folder') - Number(a.kind === 'folder') || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  return entries.flatMap((entry): TreeRow[] => {
    const isOpen = entry.kind === 'folder' && open.has(entry.path);
    const inside = folders.get(entry.path);
    const row: TreeRow = {
      ...entry,
      name: entry.path.slice(entry.path.lastIndexOf('/') + 1),
      level: entry.path.split('/').length,
      isOpen,
      isEmpty: isOpen && inside?.length === 0,
    };
    return isOpen ? [row, ...treeRows(folders, open, entry.path)] : [row];
  });
}

/** The folders that a path lies in, outermost first. */
export function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** Where a key leads from a row, and which folder it opens or folds; `undefined` for a key that means nothing here. */
export function stepInTree(
  rows: readonly TreeRow[],
  from: string,
  key: string,
): { readonly to: string; readonly toggle?: string } | undefined {
  const at = rows.findIndex(({ path }) => path === from);
  const row = rows[at];
  if (!row) return undefined;
  const to = (index: number) => ({ to: rows[Math.min(rows.length - 1, Math.max(0, index))]?.path ?? from });
  switch (key) {
    case 'ArrowDown':
      return to(at + 1);
    case 'ArrowUp':
      return to(at - 1);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      if (row.kind !== 'folder') return { to: from };
      return row.isOpen
        ? rows[at + 1]?.level === row.level + 1
          ? to(at + 1)
          : { to: from }
        : { to: from, toggle: from };
    case 'ArrowLeft': {
      if (row.isOpen) return { to: from, toggle: from };
      return { to: foldersAbove(from).at(-1) ?? from };
    }
    default:
      return undefined;
  }
}

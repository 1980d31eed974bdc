/** Files of the graph by their paths, and by the ends of their paths. A file is a number. */
export interface PathTable {
  /** The file at exactly this path. */
  at(path: string): number | undefined;
  /** The files directly in a folder; empty for an unknown one. The root is ''. */
  inFolder(folder: string): readonly number[];
  /** Files whose path is `end` or ends in `/end`, the nearest to `near` first: those that share most folders with it. */
  endingIn(end: string, near: string): readonly number[];
  /** Folders whose path is `end` or ends in `/end`, the nearest first. */
  foldersEndingIn(end: string, near: string): readonly string[];
  hasFolder(folder: string): boolean;
}

export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function baseOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Joins a relative path to a folder; `undefined` where it leads out of the root. */
export function joinPath(folder: string, relative: string): string | undefined {
  const parts = folder === '' ? [] : folder.split('/');
  for (const part of relative.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join('/');
}

function sharedFolders(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  let shared = 0;
  while (shared < a.length && a[shared] === b[shared]) shared += 1;
  return shared;
}

/** Reads the paths once. The order of what it gives depends on the paths alone. */
export function createPathTable(paths: Iterable<readonly [path: string, file: number]>): PathTable {
  const files = new Map<string, number>();
  const pathsByBase = new Map<string, string[]>();
  const folders = new Map<string, number[]>();
  const foldersByBase = new Map<string, string[]>();
  const named = new Set<string>();
  const push = <K, V>(map: Map<K, V[]>, key: K, value: V): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [value]);
    else list.push(value);
  };
  for (const [path, file] of [...paths].sort(([one], [other]) => (one < other ? -1 : 1))) {
    files.set(path, file);
    push(pathsByBase, baseOf(path), path);
    let folder = folderOf(path);
    push(folders, folder, file);
    // Folders that hold only folders are known too.
    while (folder !== '' && !named.has(folder)) {
      const above = folderOf(folder);
      named.add(folder);
      push(foldersByBase, baseOf(folder), folder);
      if (!folders.has(above)) folders.set(above, []);
      folder = above;
    }
  }
  const nearestFirst = (found: string[], near: string): string[] =>
    found.length < 2
      ? found
      : found
          .map((path) => ({ path, shared: sharedFolders(path, near) }))
          .sort((a, b) => b.shared - a.shared || a.path.length - b.path.length || (a.path < b.path ? -1 : 1))
          .map(({ path }) => path);
  const endsIn = (path: string, end: string): boolean => path === end || path.endsWith(`/${end}`);
  return {
    at: (path) => files.get(path),
    inFolder: (folder) => folders.get(folder) ?? [],
    hasFolder: (folder) => folders.has(folder),
    endingIn: (end, near) =>
      nearestFirst(
        (pathsByBase.get(baseOf(end)) ?? []).filter((path) => endsIn(path, end)),
        near,
      ).flatMap((path) => {
        const file = files.get(path);
        return file === undefined ? [] : [file];
      }),
    foldersEndingIn: (end, near) =>
      nearestFirst(
        (foldersByBase.get(baseOf(end)) ?? []).filter((folder) => endsIn(folder, end)),
        near,
      ),
  };
}

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import type { JournalBlobs } from './journal-blobs.ts';
import {
  hashWhereItFits,
  inFolder,
  isAt,
  isMissing,
  look,
  markOf,
  modeOf,
  openFolder,
  statOf,
} from './journal-place.ts';
import {
  byPath,
  folderOf,
  foldersAbove,
  nameOf,
  sameContent,
  type FileState,
  type PathState,
} from './journal-state.ts';

/** One path that is to be brought from a state to another. */
export interface Task {
  readonly path: string;
  readonly from: PathState;
  readonly to: PathState;
  /** The mark of what stands there: while it is the same, the content need not be read again. */
  readonly mark?: string | undefined;
}

export interface JournalHand {
  /**
   * Brings paths from state to state: first what goes, the deepest first, then what comes, then the modes of folders. Each file changes by a
   * rename. Doing it again after it was broken off does the rest. What is neither as it was nor as it shall be is left alone and given back.
   * A folder that still holds something is not removed.
   */
  carryOut(tasks: readonly Task[], tag: string): Promise<string[]>;
  /** Removes what a broken off attempt left lying about. */
  tidy(tasks: readonly Task[], tag: string): void;
}

/** Files whose flush to the disk is waited for together. */
const flushedTogether = 64;

interface Staged {
  readonly task: Task & { readonly to: FileState };
  readonly base: string;
  readonly temporary: string;
  readonly mark: string | undefined;
  readonly close: () => void;
}

/** Changes what lies below a root, and never goes through a link. */
export function createJournalHand(root: string, blobs: JournalBlobs): JournalHand {
  const temporaryOf = (tag: string, at: number): string => `.nootropic-${tag}-${at}.tmp`;

  /** `done`: it is as it shall be already. */
  const check = async (task: Task): Promise<{ is: 'ready' | 'done' | 'left'; mark?: string | undefined }> => {
    const { path, from, to } = task;
    if (task.mark !== undefined && markAt(root, path) === task.mark) return { is: 'ready', mark: task.mark };
    const found = await look(root, path, hashWhereItFits([from, to]));
    if (isAt(found, to)) return { is: 'done', mark: found.mark };
    const between = found.state === null && from?.kind !== to?.kind;
    return { is: isAt(found, from, true) || isAt(found, to, true) || between ? 'ready' : 'left', mark: found.mark };
  };

  const remove = async (task: Task): Promise<boolean> => {
    const { is } = await check(task);
    if (is !== 'ready') return is === 'done';
    return inFolder(root, folderOf(task.path), (base) => {
      const place = `${base}/${nameOf(task.path)}`;
      const there = statOf(place);
      if (!there) return true;
      if (!there.isDirectory()) {
        if (task.from?.kind === 'folder') return false;
        unlinkSync(place);
        return true;
      }
      if (task.from?.kind !== 'folder') return false;
      try {
        rmdirSync(place);
        return true;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if (code === 'ENOTEMPTY' || code === 'EEXIST') return task.to === null;
        throw error;
      }
    }).catch(ignoreMissing(true));
  };

  const makeFolder = (path: string, mode: number): Promise<void> =>
    inFolder(root, folderOf(path), (base) => {
      const place = `${base}/${nameOf(path)}`;
      if (!statOf(place)) mkdirSync(place, { mode: mode | 0o700 });
    });

  const makeFoldersAbove = async (path: string): Promise<void> => {
    if (statBelow(root, folderOf(path))) return;
    for (const folder of foldersAbove(path)) await makeFolder(folder, 0o755);
  };

  const stage = async (task: Task & { readonly to: FileState }, tag: string, at: number): Promise<Staged | boolean> => {
    const { is, mark } = await check(task);
    if (is !== 'ready') return is === 'done';
    await makeFoldersAbove(task.path);
    const { base, close } = openFolder(root, folderOf(task.path));
    const temporary = `${base}/${temporaryOf(tag, at)}`;
    try {
      if (task.from?.kind === 'file' && sameContent(task.from, task.to) && mark !== undefined) {
        changeMode(`${base}/${nameOf(task.path)}`, task.to.mode);
        close();
        return true;
      }
      await blobs.writeTo(task.to.hash ?? '', temporary);
      chmodSync(temporary, task.to.mode);
    } catch (error) {
      rmSync(temporary, { force: true });
      close();
      throw error;
    }
    return { task, base, temporary, mark, close };
  };

  const putInPlace = async (staged: readonly Staged[]): Promise<string[]> => {
    const left: string[] = [];
    await Promise.all(staged.map(({ temporary }) => flush(temporary)));
    for (const { task, base, temporary, mark } of staged) {
      const place = `${base}/${nameOf(task.path)}`;
      const there = statOf(place);
      // It may have been changed while the new content was written.
      if ((there && markOf(there)) === mark) renameSync(temporary, place);
      else left.push(task.path);
    }
    return left;
  };

  const placeFiles = async (tasks: readonly [number, Task & { readonly to: FileState }][], tag: string) => {
    const left: string[] = [];
    for (let start = 0; start < tasks.length; start += flushedTogether) {
      const staged: Staged[] = [];
      try {
        for (const [at, task] of tasks.slice(start, start + flushedTogether)) {
          const result = await stage(task, tag, at);
          if (result === false) left.push(task.path);
          else if (result !== true) staged.push(result);
        }
        left.push(...(await putInPlace(staged)));
      } finally {
        for (const { temporary, close } of staged) {
          rmSync(temporary, { force: true });
          close();
        }
      }
    }
    return left;
  };

  const placeLink = async (task: Task, target: string, temporary: string): Promise<boolean> => {
    const { is } = await check(task);
    if (is !== 'ready') return is === 'done';
    await makeFoldersAbove(task.path);
    await inFolder(root, folderOf(task.path), (base) => {
      symlinkSync(Buffer.from(target, 'latin1'), `${base}/${temporary}`);
      renameSync(`${base}/${temporary}`, `${base}/${nameOf(task.path)}`);
    });
    return true;
  };

  const setFolderMode = (path: string, mode: number): Promise<void> =>
    inFolder(root, folderOf(path), (base) => {
      if (statOf(`${base}/${nameOf(path)}`)?.isDirectory() === true) changeMode(`${base}/${nameOf(path)}`, mode);
    }).catch(ignoreMissing(undefined));

  const carryOutIn = async (tasks: readonly Task[], tag: string, left: string[]): Promise<void> => {
    const sorted = tasks.map((task, at) => [at, task] as const).sort(([, a], [, b]) => byPath(a, b));
    for (const [, task] of sorted.toReversed())
      if (task.from !== null && task.from.kind !== task.to?.kind && !(await remove(task))) left.push(task.path);
    const files: [number, Task & { readonly to: FileState }][] = [];
    for (const [at, task] of sorted) {
      const { to, path } = task;
      if (to === null || left.includes(path)) continue;
      if (to.kind === 'file') files.push([at, { ...task, to }]);
      else if (to.kind === 'link') {
        if (!(await placeLink(task, to.target, temporaryOf(tag, at)))) left.push(path);
      } else if ((await check(task)).is === 'left') left.push(path);
      else {
        await makeFoldersAbove(path);
        await makeFolder(path, to.mode);
      }
    }
    left.push(...(await placeFiles(files, tag)));
    for (const [, { path, to }] of sorted.toReversed())
      if (to?.kind === 'folder' && !left.includes(path)) await setFolderMode(path, to.mode);
    for (const folder of new Set(tasks.map(({ path }) => folderOf(path)))) flushBelow(root, folder);
  };

  return {
    async carryOut(tasks, tag) {
      const left: string[] = [];
      const closed = openClosedFolders(root, tasks);
      try {
        await carryOutIn(tasks, tag, left);
      } finally {
        for (const [path, mode] of [...closed].toReversed()) {
          const set = tasks.some((task) => task.path === path && task.to?.kind === 'folder') && !left.includes(path);
          if (!set) await setFolderMode(path, mode);
        }
      }
      return left;
    },
    tidy(tasks, tag) {
      for (const [at, { path, to }] of tasks.entries()) {
        if (to === null || to.kind === 'folder') continue;
        try {
          const { base, close } = openFolder(root, folderOf(path));
          rmSync(`${base}/${temporaryOf(tag, at)}`, { force: true });
          close();
        } catch {
          // No such folder: nothing lies in it.
        }
      }
    },
  };
}

/** Makes folders writable in which something is to be done, and gives the modes that they had. */
function openClosedFolders(root: string, tasks: readonly Task[]): Map<string, number> {
  const closed = new Map<string, number>();
  if (process.platform === 'win32') return closed;
  for (const folder of [...new Set(tasks.map(({ path }) => folderOf(path)))].sort()) {
    const stats = folder === '' ? undefined : statBelow(root, folder);
    if (!stats?.isDirectory() || (stats.mode & 0o300n) === 0o300n) continue;
    const mode = modeOf(stats);
    const { base, close } = openFolder(root, folderOf(folder));
    try {
      changeMode(`${base}/${nameOf(folder)}`, mode | 0o700);
      closed.set(folder, mode);
    } finally {
      close();
    }
  }
  return closed;
}

function ignoreMissing<T>(instead: T): (error: unknown) => T {
  return (error) => {
    if (isMissing(error)) return instead;
    throw error;
  };
}

function markAt(root: string, path: string): string | undefined {
  const stats = statBelow(root, path);
  return stats && markOf(stats);
}

function statBelow(root: string, path: string) {
  if (path === '') return statOf(root);
  try {
    const { base, close } = openFolder(root, folderOf(path));
    try {
      return statOf(`${base}/${nameOf(path)}`);
    } finally {
      close();
    }
  } catch (error) {
    return ignoreMissing(undefined)(error);
  }
}

/** Changes the mode of a file or folder, and of nothing that a link leads to. */
function changeMode(place: string, mode: number): void {
  if (process.platform === 'win32') return chmodSync(place, mode);
  let fd: number;
  try {
    fd = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    // What may not be read cannot be opened either; nobody but its owner can have put a link there.
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return chmodSync(place, mode);
    throw error;
  }
  try {
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

async function flush(path: string): Promise<void> {
  try {
    await using file = await open(path, 'r');
    await file.sync();
  } catch (error) {
    // A file that its owner may not read cannot be opened to be flushed, and Windows flushes only what may be written.
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
  }
}

function flushBelow(root: string, folder: string): void {
  if (process.platform === 'win32') return;
  try {
    const { base, close } = openFolder(root, folder);
    try {
      const fd = openSync(base, constants.O_RDONLY);
      fsyncSync(fd);
      closeSync(fd);
    } finally {
      close();
    }
  } catch (error) {
    ignoreMissing(undefined)(error);
  }
}

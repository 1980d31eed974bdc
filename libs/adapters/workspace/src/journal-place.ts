import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readdirSync,
  realpathSync,
  type BigIntStats,
} from 'node:fs';
import { join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { readWhole, sha256 } from './journal-blobs.ts';
import { folderOf, nameOf, sameState, type FileState, type PathState } from './journal-state.ts';

/** Windows has none of these. */
const noFollow = constants.O_NOFOLLOW ?? 0;
const noWait = constants.O_NONBLOCK ?? 0;
const onlyFolder = constants.O_DIRECTORY ?? 0;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Whether an error says that there is nothing at a path. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

function moved(path: string): NootropicError {
  return new NootropicError(
    'PATH_OUTSIDE_ROOT',
    `A folder on the way to ${JSON.stringify(path)} is not what it was: a link, or another folder.`,
  );
}

/**
 * Lends the folder at a path without links, as a prefix for the names in it. On Linux that is the open folder itself, so what is done
 * through it is done there, whatever its name leads to meanwhile. Elsewhere it is checked just before.
 *
 * @throws `PATH_OUTSIDE_ROOT` where a link is on the way, or the file system's own error.
 */
export async function inFolder<T>(root: string, folder: string, use: (base: string) => T | Promise<T>): Promise<T> {
  const { base, close } = openFolder(root, folder);
  try {
    return await use(base);
  } finally {
    close();
  }
}

/** The same for work that does not wait; the caller closes. */
export function openFolder(root: string, folder: string): { readonly base: string; readonly close: () => void } {
  const absolute = folder === '' ? root : join(root, folder);
  if (process.platform !== 'win32') {
    let fd: number;
    try {
      fd = openSync(absolute, constants.O_RDONLY | onlyFolder | noFollow);
    } catch (error) {
      // A link where a folder is asked for is no folder.
      if (codeOf(error) === 'ELOOP') throw moved(folder);
      throw error;
    }
    const told = process.platform === 'linux' ? linkOf(`/proc/self/fd/${fd}`) : undefined;
    if (told === absolute) return { base: `/proc/self/fd/${fd}`, close: () => closeSync(fd) };
    closeSync(fd);
    if (told !== undefined) throw moved(folder);
  }
  if (realpathSync.native(absolute) !== absolute) throw moved(folder);
  return { base: absolute, close: () => undefined };
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

export function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What a stat says of an entry in a few words; two that are the same, of one path, mean that nothing happened to it in between. */
export function markOf(stats: BigIntStats): string {
  return `${stats.ino}:${stats.size}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.mode}`;
}

export function modeOf(stats: BigIntStats): number {
  return Number(stats.mode & 0o7777n);
}

export function unkeptState(stats: BigIntStats): FileState {
  const { size, mtimeNs } = stats;
  return { kind: 'file', mode: modeOf(stats), size: Number(size), hash: null, stamp: `${mtimeNs}` };
}

/** Opens a regular file, never a link and never waiting for a pipe; `undefined` where it is something else by now, or may not be read. */
export function openRegular(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | noFollow | noWait);
  } catch (error) {
    if (['EACCES', 'EPERM', 'ELOOP'].includes(codeOf(error))) return undefined;
    throw error;
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

export function targetAt(path: string): string {
  return readlinkSync(path, 'buffer').toString('latin1');
}

/** What was found at a path; `other` is a device, a pipe or a socket. */
export interface Found {
  readonly state: PathState | 'other';
  /** Of its stat. */
  readonly mark?: string;
  /** Of a file: the time of its last change. */
  readonly stamp?: string;
}

/** How to learn the hash of an open file, also by keeping its content; `null` for one that is not read. `path` leads to the open file. */
export type HashFile = (fd: number, path: string) => string | null | Promise<string | null>;

/** Reads only what may be one of these states: where no size fits, the content cannot. */
export function hashWhereItFits(states: readonly (PathState | 'other')[]): HashFile {
  const sizes = states.flatMap((state) =>
    state !== null && state !== 'other' && state.kind === 'file' && state.hash !== null ? [state.size] : [],
  );
  return (fd) => (sizes.includes(fstatSync(fd).size) ? sha256(readWhole(fd)) : null);
}

/** Whether what was found is this state. Of a folder only that it is one counts with `loose`. */
export function isAt(found: Found, state: PathState, loose = false): boolean {
  const { state: there } = found;
  if (there === 'other') return false;
  if (loose && there?.kind === 'folder' && state?.kind === 'folder') return true;
  if (there?.kind === 'file' && state?.kind === 'file' && state.hash === null)
    return there.size === state.size && there.mode === state.mode && found.stamp === state.stamp;
  return sameState(there, state);
}

/** Looks at a path without links below a root. Nothing there, or no folder on the way, is `null`. */
export async function look(root: string, path: string, hashFile: HashFile): Promise<Found> {
  const nothing: Found = { state: null };
  try {
    return await inFolder(root, folderOf(path), async (base) => {
      const name = nameOf(path);
      const place = `${base}/${name}`;
      const stats = statOf(place);
      if (!stats || !isSpelledSo(base, name)) return nothing;
      const mark = markOf(stats);
      if (stats.isSymbolicLink()) return { state: { kind: 'link', target: targetAt(place) }, mark };
      if (stats.isDirectory()) return { state: { kind: 'folder', mode: modeOf(stats) }, mark };
      if (!stats.isFile()) return { state: 'other', mark };
      const fd = openRegular(place);
      if (fd === undefined) return { state: unkeptState(stats), mark, stamp: `${stats.mtimeNs}` };
      try {
        const hash = await hashFile(fd, process.platform === 'linux' ? `/proc/self/fd/${fd}` : place);
        const kept: FileState = { kind: 'file', mode: modeOf(stats), size: Number(stats.size), hash };
        return { state: hash === null ? unkeptState(stats) : kept, mark, stamp: `${stats.mtimeNs}` };
      } finally {
        closeSync(fd);
      }
    });
  } catch (error) {
    // A link on the way: what is behind it is not at this path.
    if (isMissing(error) || (NootropicError.is(error) && error.code === 'PATH_OUTSIDE_ROOT')) return nothing;
    throw error;
  }
}

/** Where `a` and `A` name one file, only one of them is its name. */
function isSpelledSo(base: string, name: string): boolean {
  if (process.platform === 'linux') return true;
  const names = readdirSync(base);
  // A Mac gives names back in another normal form than they were written in.
  return names.includes(name) || names.some((each) => each.normalize('NFC') === name.normalize('NFC'));
}

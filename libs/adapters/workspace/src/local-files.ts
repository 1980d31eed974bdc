import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { lstatSync, type Stats } from 'node:fs';
import { join, resolve } from 'node:path';
import { NootropicError, type FileEntry, type Files } from '@nootropic/contracts';
import { openPlace, placeOf, type Confinement } from './confined-place.ts';
import { fileError } from './file-error.ts';
import { watchFolder } from './watch-folder.ts';
import { pathFlavourOf } from './workspace-path.ts';

export interface LocalFilesOptions {
  /** A folder that exists, absolute or relative to the process's own. */
  readonly root: string;
}

/** What `read` takes when it is not told otherwise: 10 MB. */
const defaultMaxBytes = 10 * 1024 * 1024;

const chunkBytes = 1024 * 1024;

function entryOf(path: string, stats: Stats): FileEntry {
  const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other';
  return { path, kind, bytes: stats.size, mtimeMs: stats.mtimeMs };
}

/** Resolves a folder that is to be a root. Rejects with `PATH_NOT_FOUND` or `INPUT_INVALID`. */
export async function confinementOf(root: string): Promise<Confinement> {
  const given = resolve(root);
  try {
    const real = await realpath(given);
    if (!(await stat(real)).isDirectory()) throw new NootropicError('INPUT_INVALID', `${given} is not a folder.`);
    return { root: real, given, flavour: pathFlavourOf(process.platform) };
  } catch (error) {
    throw fileError(error, given);
  }
}

async function withPath<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, path);
  }
}

/**
 * `Files` on the local disk. A symbolic link that stays below the root is followed by `read`, `list` and `stat`;
 * one that leads out is refused before anything behind it is looked at.
 *
 * @throws `PATH_NOT_FOUND` when the root does not exist, `INPUT_INVALID` when it is not a folder.
 */
export async function createLocalFiles({ root }: LocalFilesOptions): Promise<Files> {
  const confinement = await confinementOf(root);
  return {
    root: confinement.root,
    read: (path, options) => withPath(path, () => readPlace(confinement, path, options?.maxBytes ?? defaultMaxBytes)),
    list: (path) => withPath(path, () => listPlace(confinement, path)),
    stat: (path) =>
      withPath(path, async () => {
        const place = await placeOf(confinement, path);
        return entryOf(place.path, await lstat(place.absolute));
      }),
    watch: (options) => watchFolder({ root: confinement.root, ...options }),
  };
}

async function readPlace(confinement: Confinement, path: string, maxBytes: number): Promise<Uint8Array> {
  const place = await placeOf(confinement, path);
  const irregular = (): NootropicError =>
    new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} is not a regular file.`);
  const tooLarge = (): NootropicError =>
    new NootropicError('FILE_TOO_LARGE', `${JSON.stringify(path)} is larger than ${maxBytes} bytes.`);
  // Asked before it is opened too: opening a device may do something.
  if (!(await lstat(place.absolute)).isFile()) throw irregular();
  await using handle = await openPlace(confinement, place);
  const stats = await handle.stat();
  if (!stats.isFile()) throw irregular();
  if (stats.size > maxBytes) throw tooLarge();
  // A file may grow while it is read, and files of /proc say they are empty: the count of bytes decides, not the size.
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const buffer = new Uint8Array(Math.min(chunkBytes, Math.max(stats.size - total, 0) + 1));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) break;
    total += bytesRead;
    if (total > maxBytes) throw tooLarge();
    chunks.push(buffer.subarray(0, bytesRead));
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const statsInARow = 500;

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

async function listPlace(confinement: Confinement, path: string): Promise<FileEntry[]> {
  const place = await placeOf(confinement, path);
  if (!(await lstat(place.absolute)).isDirectory()) {
    throw new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} is not a folder.`);
  }
  // Windows cannot open a folder; elsewhere the open folder is proved to be the right one.
  const handle = process.platform === 'win32' ? undefined : await openPlace(confinement, place);
  try {
    // On Linux the entries are read through the open folder itself, whatever its name leads to meanwhile.
    const folder = handle && process.platform === 'linux' ? `/proc/self/fd/${handle.fd}` : place.absolute;
    const names = (await readdir(folder)).sort();
    const entries: FileEntry[] = [];
    for (const [at, name] of names.entries()) {
      // One call after the other takes a tenth of the time of calls handed to other threads; now and then others get their turn.
      if (at % statsInARow === statsInARow - 1) await new Promise((resolve) => setImmediate(resolve));
      const path = place.path === '' ? name : `${place.path}/${name}`;
      const stats = statsOf(join(folder, name));
      if (stats) entries.push(entryOf(path, stats));
      // A name that is not UTF-8 cannot be asked for; any other entry has vanished meanwhile.
      else if (name.includes('\ufffd')) entries.push({ path, kind: 'other', bytes: 0, mtimeMs: 0, unnamed: true });
    }
    return entries;
  } finally {
    await handle?.close();
  }
}

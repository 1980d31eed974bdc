import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { partsBelow, workspaceParts, type PathFlavour } from './workspace-path.ts';

/** A root and how its system reads paths. */
export interface Confinement {
  /** With symbolic links resolved. */
  readonly root: string;
  /** The same folder as it was named: an absolute link may be written either way. */
  readonly given: string;
  readonly flavour: PathFlavour;
}

/** A place below the root: no part of `absolute` is a symbolic link. */
export interface Place {
  /** Relative to the root, as asked for, with `/`; empty for the root. */
  readonly path: string;
  readonly absolute: string;
}

/** As many links as Linux follows in one path. */
const mostLinks = 40;

function outside(path: string): NootropicError {
  return new NootropicError(
    'PATH_OUTSIDE_ROOT',
    `${JSON.stringify(path)} leads out of the workspace through a symbolic link.`,
  );
}

/**
 * Follows a path one name at a time and reads every link before it goes on, so that nothing beyond the root is looked
 * at, not even to see whether it exists.
 */
async function walk(confinement: Confinement, path: string, parts: readonly string[]): Promise<string> {
  const { root, given, flavour } = confinement;
  let links = 0;
  let rest = [...parts];
  let at: string[] = [];
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = join(root, ...at, part);
    if (!(await lstat(next)).isSymbolicLink()) {
      at = [...at, part];
      continue;
    }
    links += 1;
    if (links > mostLinks)
      throw new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} goes through too many symbolic links.`);
    const target = resolve(join(root, ...at), await readlink(next));
    const below = partsBelow(root, target, flavour) ?? partsBelow(given, target, flavour);
    if (!below) throw outside(path);
    rest = [...below, ...rest];
    at = [];
  }
  return join(root, ...at);
}

/**
 * Resolves a path to a place below the root that exists.
 *
 * @throws `PATH_OUTSIDE_ROOT`, `INPUT_INVALID`, or the file system's own error.
 */
export async function placeOf(confinement: Confinement, path: string): Promise<Place> {
  const parts = workspaceParts(path, confinement.root, confinement.flavour);
  const direct = join(confinement.root, ...parts);
  // The usual case, one call: no link on the way.
  const real = await realpath(direct).catch(() => undefined);
  return { path: parts.join('/'), absolute: real === direct ? direct : await walk(confinement, path, parts) };
}

/**
 * Opens a place for reading, and proves after the fact that what was opened lies below the root: a folder on the way
 * may have been replaced by a link between looking and opening. Never blocks on a pipe.
 */
export async function openPlace(confinement: Confinement, place: Place): Promise<FileHandle> {
  // Windows has neither flag.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const handle = await open(place.absolute, constants.O_RDONLY | careful);
  try {
    const opened = await whereIs(handle, place);
    if (opened === undefined || !partsBelow(confinement.root, opened, confinement.flavour)) throw outside(place.path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The true path of an open file: Linux tells it; elsewhere the path is resolved again and must lead to the same file. */
async function whereIs(handle: FileHandle, place: Place): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const told = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => undefined);
    if (told !== undefined) return told;
  }
  const real = await realpath(place.absolute);
  const [mine, there] = await Promise.all([handle.stat({ bigint: true }), stat(real, { bigint: true })]);
  return mine.dev === there.dev && mine.ino === there.ino ? real : undefined;
}

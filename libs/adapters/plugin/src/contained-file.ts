import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** A folder below which files are read. */
export interface Place {
  /** Absolute. */
  readonly root: string;
  /** Whether a symbolic link that leads out of the root is refused. What the user keeps for himself may be linked from elsewhere. */
  readonly confined: boolean;
}

/** Why something is not read, in words and as what it means. */
export interface Refusal {
  readonly refused: string;
  readonly code: 'PATH_OUTSIDE_ROOT' | 'FILE_TOO_LARGE' | 'INPUT_INVALID';
}

export type Contained<Value> = Value | Refusal | undefined;

const leadsOut: Refusal = { refused: 'a symbolic link leads out of the workspace', code: 'PATH_OUTSIDE_ROOT' };

function refusal(refused: string): Refusal {
  return { refused, code: 'INPUT_INVALID' };
}

function tooLarge(maxBytes: number): Refusal {
  return { refused: `it is larger than ${String(maxBytes / 1024)} KB`, code: 'FILE_TOO_LARGE' };
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'refused' in value;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function refusalOf(error: unknown): Refusal | undefined {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
  if (code === 'ELOOP') return refusal('its symbolic links lead in a circle, or it was replaced while it was read');
  return refusal(`it cannot be read (${code === '' ? String(error) : code})`);
}

/** The real path of something below the root; nothing where it does not exist. */
async function realOf({ root, confined }: Place, path: string): Promise<Contained<string>> {
  try {
    const real = await realpath(join(root, path));
    if (!confined) return real;
    const base = await realpath(root);
    return real === base || real.startsWith(base.endsWith(sep) ? base : `${base}${sep}`) ? real : leadsOut;
  } catch (error) {
    return refusalOf(error);
  }
}

function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/**
 * The bytes of a regular file below the root, by a path relative to it; nothing where there is none. The path is resolved before and
 * after it was opened, and opened without following a link, so that what was swapped in between is refused.
 */
export async function readContained(place: Place, path: string, maxBytes: number): Promise<Contained<Uint8Array>> {
  const real = await realOf(place, path);
  if (typeof real !== 'string') return real;
  try {
    // Asked before it is opened too: opening a device may do something.
    if (!(await lstat(real)).isFile()) return refusal('it is not a regular file');
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    await using handle = await open(real, flags);
    const stats = await handle.stat();
    if (!stats.isFile()) return refusal('it is not a regular file');
    if (stats.size > maxBytes) return tooLarge(maxBytes);
    const again = await realOf(place, path);
    if (isRefusal(again)) return again;
    if (again !== real || !isSame(stats, await lstat(real))) return refusal('it was replaced while it was read');
    const buffer = new Uint8Array(maxBytes + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) break;
      length += bytesRead;
      if (length > maxBytes) return tooLarge(maxBytes);
    }
    return buffer.slice(0, length);
  } catch (error) {
    return refusalOf(error);
  }
}

/** Whether something of this name lies there, without looking at where it leads. */
export async function liesThere({ root }: Place, path: string): Promise<boolean> {
  try {
    await lstat(join(root, path));
    return true;
  } catch {
    return false;
  }
}

export interface ListedName {
  readonly name: string;
  /** A link counts as what it may lead to: either. */
  readonly kind: 'file' | 'folder' | 'link';
}

/** Names in a folder below the root, sorted; nothing where there is no such folder. */
export async function listContained(place: Place, path: string): Promise<Contained<readonly ListedName[]>> {
  const real = await realOf(place, path);
  if (typeof real !== 'string') return real;
  try {
    const entries = await readdir(real, { withFileTypes: true });
    return entries
      .flatMap((entry): ListedName[] => {
        const kind = entry.isFile()
          ? 'file'
          : entry.isDirectory()
            ? 'folder'
            : entry.isSymbolicLink()
              ? 'link'
              : undefined;
        return kind === undefined ? [] : [{ name: entry.name, kind }];
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    return refusalOf(error);
  }
}

import { NootropicError } from '@nootropic/contracts';

/** How a system reads paths. An argument, so that every system's rules are tested on every system. */
export interface PathFlavour {
  readonly style: 'posix' | 'win32';
  /** Whether `A` and `a` name the same file. */
  readonly caseInsensitive: boolean;
  /** Whether the composed and the decomposed form of a character name the same file. */
  readonly normalizing: boolean;
}

export const linuxPaths: PathFlavour = { style: 'posix', caseInsensitive: false, normalizing: false };
export const macPaths: PathFlavour = { style: 'posix', caseInsensitive: true, normalizing: true };
export const windowsPaths: PathFlavour = { style: 'win32', caseInsensitive: true, normalizing: false };

/** The flavour of a system by Node's name for it. */
export function pathFlavourOf(platform: string): PathFlavour {
  if (platform === 'win32') return windowsPaths;
  return platform === 'darwin' ? macPaths : linuxPaths;
}

function outside(path: string): NootropicError {
  return new NootropicError('PATH_OUTSIDE_ROOT', `${JSON.stringify(path)} leads out of the workspace.`);
}

function invalid(path: string, why: string): NootropicError {
  return new NootropicError('INPUT_INVALID', `${JSON.stringify(path)} is not a path that is taken: ${why}.`);
}

function comparable(name: string, flavour: PathFlavour): string {
  const composed = flavour.normalizing ? name.normalize('NFC') : name;
  return flavour.caseInsensitive ? composed.toLowerCase() : composed;
}

function split(path: string, flavour: PathFlavour): string[] {
  return path.split(flavour.style === 'win32' ? /[/\\]+/u : /\/+/u).filter((part) => part !== '' && part !== '.');
}

/** Removes `..` by name alone. `undefined` when the path leaves its start, be it only on the way. */
function normalized(parts: readonly string[]): string[] | undefined {
  const kept: string[] = [];
  for (const part of parts) {
    if (part !== '..') kept.push(part);
    else if (kept.pop() === undefined) return undefined;
  }
  return kept;
}

function isAbsolute(path: string, flavour: PathFlavour): boolean {
  return flavour.style === 'posix' ? path.startsWith('/') : /^(?:[/\\]|[a-z]:)/iu.test(path);
}

/**
 * The parts of an absolute path below an absolute root, or `undefined` when it is not below it. Compared part by
 * part, so `/ws-evil` is not below `/ws`. The root itself gives no parts.
 */
export function partsBelow(root: string, path: string, flavour: PathFlavour): string[] | undefined {
  // A share (`\\server\share`) and a device (`\\?\`, `\\.\`) begin with two separators, a path on a drive does not.
  const network = (text: string): boolean => flavour.style === 'win32' && /^[/\\]{2}/u.test(text);
  if (!isAbsolute(path, flavour) || network(root) !== network(path)) return undefined;
  if (flavour.style === 'win32' && !network(path) && !/^[a-z]:[/\\]/iu.test(path)) return undefined;
  const base = normalized(split(root, flavour));
  const parts = normalized(split(path, flavour));
  if (!base || !parts || parts.length < base.length) return undefined;
  const same = base.every((part, index) => comparable(part, flavour) === comparable(parts[index] ?? '', flavour));
  return same ? parts.slice(base.length) : undefined;
}

const windowsDevice = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?$/iu;
const windowsShortName = /^[^.~]{1,6}~\d{1,6}(?:\.[^.]{0,3})?$/u;

function refuseWindowsName(path: string, part: string): void {
  // A colon names a stream of the file, or a drive.
  if (part.includes(':')) throw outside(path);
  if (/[<>"|?*]/u.test(part) || [...part].some((character) => character < ' '))
    throw invalid(path, 'Windows does not allow these characters');
  // Windows drops them, so the name would mean another one.
  if (/[. ]$/u.test(part)) throw invalid(path, 'a name ends in a dot or a space');
  if (windowsDevice.test(part)) throw invalid(path, `${part} is a device`);
  if (windowsShortName.test(part)) throw invalid(path, `${part} has the form of a short name; give the long one`);
}

/** Refuses what would leave the root if a backslash were a separator. */
function refuseForeignForm(path: string, below: string): void {
  if (/^(?:[a-z]:[/\\]|\\)/iu.test(below)) throw outside(path);
  if (!normalized(split(below, windowsPaths))) throw outside(path);
}

/**
 * The parts of a path relative to the root: no `..`, no `.`, none for the root itself. Reads no disk, so it knows
 * nothing of symbolic links.
 *
 * An absolute path is taken only below `root`. With the `posix` style a backslash is a character of a name, but a path
 * that would leave the root if it were a separator (`..\..\x`, `C:\x`, `\\server`) is refused too: the text
 * may come from a model that writes for another system. With the `win32` style streams, devices, short names and
 * names that Windows would change are refused.
 *
 * @throws `PATH_OUTSIDE_ROOT` for a path that leads out; `INPUT_INVALID` for one that is no path.
 */
export function workspaceParts(path: string, root: string, flavour: PathFlavour): string[] {
  if (path.includes('\0')) throw invalid(path, 'it holds a NUL character');
  const below = isAbsolute(path, flavour) ? partsBelow(root, path, flavour) : normalized(split(path, flavour));
  if (!below) throw outside(path);
  if (flavour.style === 'win32') for (const part of below) refuseWindowsName(path, part);
  else refuseForeignForm(path, below.join('/'));
  return below;
}

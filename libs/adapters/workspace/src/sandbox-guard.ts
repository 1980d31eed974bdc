import { lstat, mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import type { Confinement } from './confined-place.ts';
import { placeOf } from './confined-place.ts';
import { isWithin, withKind } from './sandbox-places.ts';
import { foldersOf, namedByConfig, scanFolder, type Repository, type Scan } from './sandbox-scan.ts';

/** Made and kept empty for the time of a run where they do not exist: what lies in them is run by git, by editors and by this program. */
export const keptAway = ['.git', '.nootropic', '.vscode', '.idea'] as const;

/** Not written where they exist, and moved aside where a program made them: what shells, hooks and other assistants run unasked, and instructions of later sessions. */
export const watched = [
  ...[
    'AGENTS.md',
    'CLAUDE.md',
    'GEMINI.md',
    '.husky',
    '.githooks',
    '.claude',
    '.cursor',
    '.zed',
    '.devcontainer',
    '.mcp.json',
    '.envrc',
    '.gitmodules',
  ],
  ...['.bashrc', '.bash_profile', '.bash_login', '.bash_logout', '.bash_aliases', '.profile', '.zshrc', '.zprofile'],
  ...['.zshenv', '.zlogin', '.zlogout', '.kshrc', '.cshrc', '.tcshrc', '.login', '.logout', '.xprofile', '.xinitrc'],
  ...[
    '.xsession',
    '.inputrc',
    '.gitconfig',
    '.config/fish',
    '.config/git',
    '.config/autostart',
    '.config/systemd',
    '.ssh',
  ],
] as const;

/** How what was made against the rules is named afterwards. */
const asideName = 'from-sandbox';

export interface Guard {
  /** May not be written; each exists, with symbolic links resolved, below the root. */
  readonly readOnly: readonly string[];
  /** Folders on the way to those, which may not be renamed either: what lies below would come with them. */
  readonly held: readonly string[];
  /** Repositories' own folders outside of the root. */
  readonly repositories: readonly string[];
  /** Files with keys. */
  readonly secrets: readonly string[];
  /** To be called when every process has ended. Says what was moved aside. */
  release(): Promise<readonly string[]>;
}

export interface GuardOptions {
  readonly confinement: Confinement;
  readonly readOnly: readonly string[];
  readonly writes: boolean;
  /** Whether places that do not exist have to be held free; not where a path can be refused by what it is called. */
  readonly holdFree: boolean;
  /** The program `find`. */
  readonly find: string;
  /** Folders that several runs at once keep empty, with how many need them. */
  readonly kept: Map<string, number>;
  readonly signal?: AbortSignal;
}

/** Finds what a program may not write below a root, holds places free that do not exist yet, and looks afterwards at what it made. */
export async function guardRoot(options: GuardOptions): Promise<Guard> {
  const { confinement, writes, holdFree, find, kept, signal } = options;
  const { root } = confinement;
  const before = await scanFolder(root, find, signal);
  const folders = await Promise.all(before.repositories.map((found) => foldersOf(found, root)));
  const inside = folders.flat().filter((folder) => isWithin(folder, root));
  const outside = folders.flat().filter((folder) => !isWithin(folder, root));
  const named = await Promise.all(
    before.repositories.map(async (found, index) =>
      Promise.all((folders[index] ?? []).map((folder) => namedByConfig(folder, dirname(found.path)))),
    ),
  );
  const wanted = [
    ...[...keptAway, ...watched, ...options.readOnly],
    ...named
      .flat(2)
      .filter((path) => isWithin(path, root) && path !== root)
      .map((path) => relative(root, path)),
  ];
  const entries = await entriesOf(root);
  const existing = await placesOf(
    confinement,
    wanted.filter((name) => entries.has(name.split('/')[0] ?? '') || !isPlain(name)),
  );
  const missing = writes && holdFree ? await keepFree(confinement, [...keptAway, ...options.readOnly], kept) : [];
  const places = [
    ...existing,
    ...inside,
    ...missing,
    ...(await Promise.all(before.repositories.map((found) => partsOf(found, root)))).flat(),
  ];
  const readOnly = outermost(places.filter((path) => path !== root));
  const links = [...keptAway, ...watched]
    .filter((name) => entries.get(name) === 'link')
    .map((name) => join(root, name));
  return {
    readOnly,
    held: heldFor(readOnly, root),
    repositories: [...new Set(outside)],
    secrets: before.secrets,
    async release() {
      for (const path of missing) await letGo(path, kept);
      if (!writes) return [];
      const after = await scanFolder(root, find);
      return [
        ...(await setAside(before, after, { root, kept })),
        ...(await setWatchedAside(root, [...existing, ...links], kept)),
      ];
    },
  };
}

/** A link is not bound, but where it leads is. A root that is a repository itself stays writable beside the repository's own files. */
async function partsOf({ path, kind }: Repository, root: string): Promise<string[]> {
  if (kind === 'link') return [];
  if (path !== root) return [path];
  return (await withKind(['config', 'hooks', 'HEAD', 'objects', 'refs', 'info'].map((name) => join(path, name)))).map(
    (part) => part.path,
  );
}

/** Without those that lie below another. */
function outermost(paths: readonly string[]): string[] {
  const all = [...new Set(paths)].sort((one, other) => one.length - other.length);
  const seen = new Set<string>();
  return all.filter((path) => {
    for (let at = dirname(path); at !== dirname(at); at = dirname(at)) if (seen.has(at)) return false;
    seen.add(path);
    return true;
  });
}

/** What lies in the root itself: most names that are looked for are not there, and one list says so. */
async function entriesOf(root: string): Promise<Map<string, 'link' | 'other'>> {
  const entries = await readdir(root, { withFileTypes: true });
  return new Map(entries.map((entry) => [entry.name, entry.isSymbolicLink() ? 'link' : 'other']));
}

/** Whether a path begins with a name, and not with a step. */
function isPlain(path: string): boolean {
  return !path.split('/').some((part) => part === '' || part === '.' || part === '..');
}

/** Of the names those that exist, where they really are. What leads out of the root is not writable anyway. */
async function placesOf(confinement: Confinement, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map(async (name) => {
      try {
        const { absolute } = await placeOf(confinement, name);
        return (await lstat(absolute)) && absolute;
      } catch (error) {
        if (NootropicError.is(error) && error.code === 'INPUT_INVALID') throw error;
        return undefined;
      }
    }),
  );
  return found.filter((path) => path !== undefined && path !== confinement.root) as string[];
}

/** Makes an empty folder in the place of the first name of a path that does not exist; gives the folders. */
async function keepFree({ root }: Confinement, names: readonly string[], kept: Map<string, number>): Promise<string[]> {
  const free: string[] = [];
  for (const name of names) {
    let at = root;
    for (const part of name.split('/').filter((each) => each !== '' && each !== '.')) {
      at = join(at, part);
      const state = await lstat(at).catch(() => undefined);
      if (state && !kept.has(at)) {
        if (state.isDirectory()) continue;
        break;
      }
      // Counted before it is made: another run that ends now must not take it away.
      kept.set(at, (kept.get(at) ?? 0) + 1);
      const made = await mkdir(at).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === 'EEXIST',
      );
      if (made) free.push(at);
      else await letGo(at, kept);
      break;
    }
  }
  return free;
}

/** Takes away a folder that was kept free, when nobody needs it any more. One that is not empty is somebody else's. */
async function letGo(path: string, kept: Map<string, number>): Promise<void> {
  const left = (kept.get(path) ?? 1) - 1;
  if (left > 0) {
    kept.set(path, left);
    return;
  }
  await rmdir(path).catch(() => undefined);
  kept.delete(path);
}

function heldFor(paths: readonly string[], root: string): string[] {
  const held = new Set<string>();
  for (const path of paths)
    for (let at = dirname(path); at !== root && isWithin(at, root); at = dirname(at)) held.add(at);
  // What is bound first may not cover what is bound later.
  return [...held].sort((one, other) => one.length - other.length);
}

async function isEmpty(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [''])).length === 0;
}

const keyOf = ({ path, kind, mark }: Repository): string => JSON.stringify([path, kind, mark]);

/** A repository that a program made could make git run its programs, as whoever comes by. */
async function setAside(
  before: Scan,
  after: Scan,
  { root, kept }: { readonly root: string; readonly kept: ReadonlyMap<string, number> },
): Promise<string[]> {
  const known = new Set(before.repositories.map(keyOf));
  const made = after.repositories.filter((found) => !known.has(keyOf(found)) && !kept.has(found.path));
  const notes: string[] = [];
  for (const found of made) {
    // Kept empty by another run, or of no use to git.
    if (found.kind === 'folder' && (await isEmpty(found.path))) continue;
    const parts = found.kind === 'bare' ? ['config', 'hooks'].map((name) => join(found.path, name)) : [found.path];
    for (const part of parts) {
      const moved = await moveAside(part);
      if (moved)
        notes.push(
          `${relative(root, part)} was made by the command and is a repository that could run programs: it is now ${relative(root, moved)}.`,
        );
    }
  }
  return notes;
}

async function setWatchedAside(
  root: string,
  existing: readonly string[],
  kept: Map<string, number>,
): Promise<string[]> {
  const notes: string[] = [];
  const entries = await entriesOf(root);
  for (const name of [...keptAway, ...watched]) {
    if (!entries.has(name.split('/')[0] ?? '')) continue;
    const path = join(root, name);
    const state = await lstat(path).catch(() => undefined);
    if (!state || existing.includes(path) || kept.has(path)) continue;
    // An empty folder runs nothing.
    if (state.isDirectory() && (await isEmpty(path))) continue;
    const moved = await moveAside(path);
    if (moved)
      notes.push(`${name} was made by the command and could run programs unasked: it is now ${basename(moved)}.`);
  }
  return notes;
}

/** Every process of the command has ended, so nobody changes the way to it meanwhile. */
async function moveAside(path: string): Promise<string | undefined> {
  for (let turn = 0; turn < 1000; turn += 1) {
    const to = `${path}.${asideName}${turn === 0 ? '' : `-${turn}`}`;
    if (await lstat(to).catch(() => undefined)) continue;
    return rename(path, to).then(
      () => to,
      () => undefined,
    );
  }
  return undefined;
}

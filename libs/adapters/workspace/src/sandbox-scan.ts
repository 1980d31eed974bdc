import { execFile } from 'node:child_process';
import { lstat, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { isWithin } from './sandbox-places.ts';

/** A repository's entry: a `.git` of any kind, or a folder that is a repository itself. */
export interface Repository {
  /** Of the `.git`, or of the bare folder. */
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link' | 'bare';
  /** What tells it from another at the same place: the content of a file, the target of a link. */
  readonly mark: string;
}

export interface Scan {
  readonly repositories: readonly Repository[];
  /** Files with keys: `.env` and its kin. */
  readonly secrets: readonly string[];
}

/** Kin of `.env` that are made to be read by everybody. */
const harmless = /^\.env(?:\.[\w-]+)*\.(?:example|sample|template|test|testing|ci|defaults?|dist|schema|vault)$/u;

/**
 * Finds repositories and files with keys at any depth, `node_modules` included, through the program `find`: it needs a third of the time that Node
 * does, and takes none of the host's. Symbolic links are not followed, other file systems not entered.
 */
export async function scanFolder(folder: string, find: string, signal?: AbortSignal): Promise<Scan> {
  const expression = ['-name', '.git', '-print0', '-prune', '-o', '-name', '.env*', '-print0', '-o', '-name', 'HEAD'];
  const out = await output(find, ['-P', folder, '-xdev', ...expression, '-print0'], signal);
  const paths = out.split('\0').filter((path) => path !== '');
  const repositories = await Promise.all(paths.map((path) => repositoryAt(path)));
  const secrets = await Promise.all(
    paths
      .filter((path) => /^\.env(?:\.|$)/u.test(basename(path)) && !harmless.test(basename(path)))
      .map(async (path) => ((await isFile(path)) ? path : undefined)),
  );
  return {
    repositories: repositories.filter((found) => found !== undefined),
    secrets: secrets.filter((path) => path !== undefined),
  };
}

function output(program: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  return new Promise((give, reject) => {
    const options = { maxBuffer: 512 * 1024 * 1024, env: { LC_ALL: 'C' }, ...(signal && { signal }) };
    execFile(program, [...args], options, (error, stdout) => {
      // A folder that may not be read ends it with a code; what was found is there all the same.
      if (error && (signal?.aborted || typeof error.code !== 'number'))
        reject(NootropicError.from(error, 'COMMAND_FAILED'));
      else give(stdout);
    });
  });
}

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === true;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}

/** What lies at a place named `.git` or `HEAD`, if it makes a repository. */
export async function repositoryAt(path: string): Promise<Repository | undefined> {
  if (basename(path) === 'HEAD') {
    const folder = dirname(path);
    const isBare = (await isFolder(join(folder, 'objects'))) && (await isFolder(join(folder, 'refs')));
    return isBare ? { path: folder, kind: 'bare', mark: '' } : undefined;
  }
  if (basename(path) !== '.git') return undefined;
  const state = await lstat(path).catch(() => undefined);
  if (!state) return undefined;
  if (state.isSymbolicLink()) return { path, kind: 'link', mark: await readlink(path).catch(() => '') };
  if (state.isDirectory()) return { path, kind: 'folder', mark: '' };
  return { path, kind: 'file', mark: state.isFile() && state.size < 65_536 ? await readFile(path, 'utf8') : '' };
}

/**
 * The folders that a repository really lives in: its own, that of its work tree, that of the repository the work tree belongs to.
 *
 * A file `.git` may name any folder, also one that somebody else wrote there: beyond `within` it counts only where that folder names the file in
 * turn, as git's own work trees do.
 */
export async function foldersOf(repository: Repository, within: string): Promise<string[]> {
  const { path, kind, mark } = repository;
  if (kind === 'bare') return [];
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return [];
  if (kind === 'folder' || kind === 'link') return (await isFolder(real)) ? [real] : [];
  const named = /^gitdir: (.+)$/mu.exec(mark)?.[1]?.trim();
  const folder = named && (await realpath(resolve(dirname(real), named)).catch(() => undefined));
  if (!folder || !(await isFile(join(folder, 'HEAD')))) return [];
  if (!isWithin(folder, within)) {
    const back = await readFile(join(folder, 'gitdir'), 'utf8').catch(() => '');
    const target = await realpath(back.trim() || '/').catch(() => undefined);
    if (target !== real) return [];
  }
  const shared = await readFile(join(folder, 'commondir'), 'utf8').catch(() => undefined);
  const common = shared && (await realpath(resolve(folder, shared.trim())).catch(() => undefined));
  return common && (await isFolder(join(common, 'objects'))) ? [folder, common] : [folder];
}

/** Programs and files that a repository's own configuration names: hooks, and further configuration. */
export async function namedByConfig(folder: string, workTree: string): Promise<string[]> {
  const named: string[] = [];
  for (const file of ['config', 'config.worktree']) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => '');
    for (const [, key = '', value = ''] of text.matchAll(/^\s*(hooksPath|path)\s*=\s*"?([^"\n#;]+)"?/gimu)) {
      if (value.startsWith('~')) continue;
      named.push(resolve(key.toLowerCase() === 'path' ? folder : workTree, value.trim()));
    }
  }
  return named;
}

/** The folder of the nearest repository above `root`, not as high as `home`. */
export async function repositoryAbove(root: string, home: string): Promise<string | undefined> {
  for (let at = root; at !== dirname(at) && !isWithin(home, at); at = dirname(at)) {
    if (await lstat(join(at, '.git')).catch(() => undefined)) return at === root ? undefined : at;
  }
  return undefined;
}

/** Sockets with a path that programs listen on, as the kernel lists them. */
export async function listeningSockets(): Promise<string[]> {
  const table = await readFile('/proc/net/unix', 'utf8').catch(() => '');
  const paths = table.split('\n').map((line) => /^(?:\S+\s+){7}(\/.*)$/u.exec(line)?.[1]);
  return [...new Set(paths.filter((path) => path !== undefined))];
}

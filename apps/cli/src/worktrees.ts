import { createHash } from 'node:crypto';
import { mkdir, realpath } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Cli } from './cli.ts';
import { mustRunOwnGit, runOwnGit, type OwnGitOptions } from './own-git.ts';

/** A worktree that this program made for a run of the agent. */
export interface Worktree {
  readonly name: string;
  /** Real path of its top. */
  readonly path: string;
}

export interface WorktreePlace {
  /** A folder of the user's repository. */
  readonly workspace: string;
  /** Where this program keeps its worktrees, outside of every repository. */
  readonly folder: string;
}

const names = /^[a-z0-9][a-z0-9._-]{0,63}$/iu;

/** The worktrees that this program made of a repository. Git itself is the list: nothing else has to be kept in step. */
export async function listWorktrees(cli: Cli, { workspace, folder }: WorktreePlace): Promise<Worktree[]> {
  const text = await mustRunOwnGit(['worktree', 'list', '--porcelain', '-z'], at(cli, workspace));
  const own = await realpath(folder).catch(() => undefined);
  if (own === undefined) return [];
  const found = await Promise.all(
    text
      .split('\0')
      .filter((field) => field.startsWith('worktree '))
      .map((field) => realpath(field.slice('worktree '.length)).catch(() => undefined)),
  );
  return found
    .filter((path) => path !== undefined && isBelow(path, own))
    .map((path) => ({ name: basename(path ?? ''), path: path ?? '' }));
}

export async function worktreeNamed(cli: Cli, place: WorktreePlace, name: string): Promise<Worktree> {
  const found = (await listWorktrees(cli, place)).find((worktree) => worktree.name === name);
  if (found) return found;
  throw new NootropicError('NOT_FOUND', `There is no worktree ${name} of this repository.`, {
    hint: 'Run `nootropic worktree list` for those there are.',
  });
}

/**
 * Makes a worktree of the last commit, without running a hook, and gives the folder in it that the workspace is in the repository. It is trusted as the
 * workspace is, under its own real path: since this program made it, not since a file in it says where it belongs.
 *
 * Rejects with `DENIED` where the workspace is not trusted: a checkout runs the filters that its repository names.
 */
export async function makeWorktree(
  cli: Cli,
  assistant: Assistant,
  { place, name, task }: { readonly place: WorktreePlace; readonly name: string | undefined; readonly task: string },
): Promise<Worktree & { readonly workspace: string }> {
  const { workspace, folder } = place;
  const { trusted, unattended } = await assistant.trust.show({ workspace });
  if (!trusted)
    throw new NootropicError(
      'DENIED',
      'A worktree is made of trusted folders only: checking files out runs what the repository names.',
      { hint: 'Look at what the folder holds, then run `nootropic trust` in it.' },
    );
  const top = (await mustRunOwnGit(['rev-parse', '--show-toplevel'], at(cli, workspace))).trim();
  const known = await listWorktrees(cli, place);
  const chosen = name ?? freeName(task, known);
  if (!names.test(chosen))
    throw new NootropicError('USAGE', `${JSON.stringify(chosen)} is no name for a worktree.`, {
      hint: 'Letters, digits, dots, dashes and underlines, beginning with a letter or a digit.',
    });
  if (known.some((worktree) => worktree.name === chosen))
    throw new NootropicError('INPUT_INVALID', `There is a worktree ${chosen} already.`, {
      hint: `Take another name, or remove it: nootropic worktree rm ${chosen}`,
    });
  const parent = join(
    folder,
    `${basename(top)}-${createHash('sha256')
      .update(await realpath(top))
      .digest('hex')
      .slice(0, 8)}`,
  );
  await mkdir(parent, { recursive: true, mode: 0o700 });
  await mustRunOwnGit(
    ['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach', join(parent, chosen), 'HEAD'],
    at(cli, workspace),
  );
  const path = await realpath(join(parent, chosen));
  await assistant.trust.set({ workspace: path, trusted, unattended });
  return { name: chosen, path, workspace: join(path, relative(await realpath(top), workspace)) };
}

/** All that was changed in a worktree since it was made, new files too, as a patch that `git apply` takes. */
export async function worktreePatch(cli: Cli, { path }: Worktree): Promise<string> {
  const options = at(cli, path);
  // Its index is its own: the user's is not touched.
  await mustRunOwnGit(['-c', 'core.hooksPath=/dev/null', 'add', '--all'], options);
  return mustRunOwnGit(
    ['diff', '--cached', '--binary', '--no-ext-diff', '--no-textconv', '--no-color', 'HEAD'],
    options,
  );
}

/** Puts a patch into the user's files, whole or not at all; `reverse` takes it out. Nothing is staged and nothing is committed. */
export async function applyPatch(
  cli: Cli,
  { workspace }: Pick<WorktreePlace, 'workspace'>,
  { patch, reverse }: { readonly patch: string; readonly reverse: boolean },
): Promise<void> {
  const top = (await mustRunOwnGit(['rev-parse', '--show-toplevel'], at(cli, workspace))).trim();
  const args = ['apply', '--whitespace=nowarn', ...(reverse ? ['--reverse'] : []), '-'];
  const { code, err } = await runOwnGit(args, { ...at(cli, top), stdin: patch });
  if (code === 0) return;
  throw new NootropicError(
    'COMMAND_FAILED',
    `It does not fit your files as they are now, and nothing was changed.\n${err.trim()}`,
    {
      hint: reverse
        ? 'What it changed was changed since.'
        : 'Commit or put aside what you changed in the same places, then try again.',
    },
  );
}

/** Removes a worktree with all that is in it, and forgets that it was trusted. */
export async function removeWorktree(
  cli: Cli,
  assistant: Assistant,
  { place, worktree }: { readonly place: WorktreePlace; readonly worktree: Worktree },
): Promise<void> {
  await assistant.trust.set({ workspace: worktree.path, trusted: false, unattended: false });
  await mustRunOwnGit(['worktree', 'remove', '--force', worktree.path], at(cli, place.workspace));
}

function at(cli: Cli, cwd: string): OwnGitOptions {
  return { cwd, env: cli.surroundings.env };
}

function isBelow(path: string, folder: string): boolean {
  const inside = relative(folder, path);
  return inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..';
}

function freeName(task: string, known: readonly Worktree[]): string {
  const words =
    task
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/gu) ?? [];
  const base = words.slice(0, 4).join('-').slice(0, 40) || 'run';
  const taken = new Set(known.map(({ name }) => name));
  for (let at = 1; ; at += 1) {
    const name = at === 1 ? base : `${base}-${at}`;
    if (!taken.has(name)) return name;
  }
}

/** Whether files of the user's own tree differ from the last commit. */
export async function hasUncommitted(cli: Cli, workspace: string): Promise<boolean> {
  return (await mustRunOwnGit(['status', '--porcelain'], at(cli, workspace))).trim() !== '';
}

import { withAssistant, workspaceOf, type Cli, type CommonOptions } from './cli.ts';
import { confirm } from './confirm.ts';
import { count } from './sizes.ts';
import {
  applyPatch,
  listWorktrees,
  removeWorktree,
  worktreeNamed,
  worktreePatch,
  type WorktreePlace,
} from './worktrees.ts';

async function placeOf(cli: Cli, options: CommonOptions): Promise<WorktreePlace> {
  const host = await cli.loadHost();
  return { workspace: await workspaceOf(cli, options), folder: host.paths().worktrees };
}

/** Files that a patch changes. */
function filesIn(patch: string): string[] {
  return [...patch.matchAll(/^diff --git .*$/gmu)].map(([line]) =>
    line.replace(/^diff --git "?a\/.* "?b\//u, '').replace(/"$/u, ''),
  );
}

export async function showWorktrees(cli: Cli, options: CommonOptions): Promise<void> {
  const found = await listWorktrees(cli, await placeOf(cli, options));
  const rows = await Promise.all(
    found.map(async (worktree) => ({ ...worktree, files: filesIn(await worktreePatch(cli, worktree)) })),
  );
  if (options.json === true) return cli.json(rows);
  if (rows.length === 0) return cli.talk('There are none. `nootropic run --worktree "TASK"` makes one.\n');
  const width = Math.max(...rows.map(({ name }) => name.length));
  for (const { name, path, files } of rows)
    await cli.out(
      `${cli.style.cyan(name.padEnd(width))}  ${count(files.length, 'file')} changed  ${cli.style.dim(cli.cell(path))}\n`,
    );
}

export async function diffWorktree(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const diff = await worktreePatch(cli, await worktreeNamed(cli, await placeOf(cli, options), name));
  if (options.json === true) return cli.json({ name, diff });
  return diff === '' ? cli.talk('Nothing was changed in it.\n') : cli.out(cli.clean(diff));
}

export async function applyWorktree(
  cli: Cli,
  name: string,
  options: CommonOptions & { readonly reverse?: boolean },
): Promise<void> {
  const place = await placeOf(cli, options);
  const patch = await worktreePatch(cli, await worktreeNamed(cli, place, name));
  const reverse = options.reverse === true;
  const files = filesIn(patch);
  if (patch !== '') await applyPatch(cli, place, { patch, reverse });
  if (options.json === true) return cli.json({ name, reverse, files });
  if (patch === '') return cli.talk('Nothing was changed in it.\n');
  return cli.talk(
    reverse
      ? `Taken out again: ${count(files.length, 'file')}.\n`
      : `Put into your files: ${count(files.length, 'file')}. Take it out again: nootropic worktree apply ${name} --reverse\n`,
  );
}

export async function dropWorktree(
  cli: Cli,
  name: string,
  options: CommonOptions & { readonly yes?: boolean },
): Promise<void> {
  const place = await placeOf(cli, options);
  const worktree = await worktreeNamed(cli, place, name);
  const files = filesIn(await worktreePatch(cli, worktree));
  const question = `Remove ${name} with ${count(files.length, 'changed file')}?`;
  if (files.length > 0 && !(await confirm(cli, question, options.yes === true)))
    return cli.talk('Nothing was removed.\n');
  await withAssistant(cli, (assistant) => removeWorktree(cli, assistant, { place, worktree }));
  return options.json === true ? cli.json({ name, removed: true }) : cli.talk(`Removed ${name}.\n`);
}

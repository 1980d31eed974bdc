import { withAssistant, workspaceOf, type Cli } from './cli.ts';
import { runTask, type RunOptions } from './run-task.ts';
import { makeWorktree, hasUncommitted, worktreePatch } from './worktrees.ts';
import { diffLines } from './chat/diff-lines.ts';
import { paintLine } from './chat/styled-line.ts';

/** Lines of the diff that are shown at the end. */
const mostLines = 200;

/** Does a task in a worktree of its own, and says how to take over what came of it. Gives the exit code. */
export async function runInWorktree(
  cli: Cli,
  words: string,
  options: RunOptions & { readonly worktree: string | true },
): Promise<number> {
  const workspace = await workspaceOf(cli, options);
  const json = options.json === true;
  const made = await withAssistant(cli, async (assistant, host) => {
    const place = { workspace, folder: host.paths().worktrees };
    const name = options.worktree === true ? undefined : options.worktree;
    return makeWorktree(cli, assistant, { place, name, task: words });
  });
  if (!json) {
    await cli.talk(`Works in the worktree ${made.name}: ${cli.cleanTalk(made.path)}\n`);
    if (await hasUncommitted(cli, workspace)) await cli.talk('What is not committed here is not in it.\n');
  }
  const code = await runTask(cli, words, { ...options, cwd: made.workspace });
  const diff = await worktreePatch(cli, made);
  if (json) {
    await cli.json({ type: 'worktree', name: made.name, path: made.path, diff });
    return code;
  }
  if (diff === '') {
    await cli.talk(`Nothing was changed in it. Remove it: nootropic worktree rm ${made.name}\n`);
    return code;
  }
  const width = cli.surroundings.stderr.isTTY ? cli.surroundings.stderr.columns : 100;
  const lines = diffLines(cli.cleanTalk(diff), width);
  await cli.talk(
    lines
      .slice(0, mostLines)
      .map((line) => `${paintLine(line, cli.errorStyle)}\n`)
      .join(''),
  );
  if (lines.length > mostLines)
    await cli.talk(`… ${lines.length - mostLines} more lines: nootropic worktree diff ${made.name}\n`);
  await cli.talk(
    `Take it over: nootropic worktree apply ${made.name}\nThrow it away: nootropic worktree rm ${made.name}\n`,
  );
  return code;
}

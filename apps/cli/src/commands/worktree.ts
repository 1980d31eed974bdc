import type { Command } from 'commander';
import { withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

export function addWorktree(parent: Command, cli: Cli, finish: Finish): void {
  const group = parent
    .command('worktree')
    .summary('what the agent did in worktrees of its own: list, diff, apply, rm')
    .description(
      'Shows, takes over and removes what `nootropic run --worktree` made. Your own files are not touched before `apply`.',
    )
    .helpCommand(false);
  const late = () => import('../worktree-commands.ts');

  withCommonOptions(
    group
      .command('list')
      .summary('the worktrees of this repository')
      .description('Lists the worktrees that the agent has of this repository.'),
    [['nootropic worktree list', 'name, files changed, place']],
  ).action((options: CommonOptions) => finish(async () => (await late()).showWorktrees(cli, options)));

  withCommonOptions(
    group
      .command('diff')
      .summary('what was changed in one')
      .description('Prints what was changed in a worktree since it was made, as a patch.')
      .argument('<name>', 'the worktree'),
    [['nootropic worktree diff fix-parser', 'as a patch']],
  ).action((name: string, options: CommonOptions) =>
    finish(async () => (await late()).diffWorktree(cli, name, options)),
  );

  withCommonOptions(
    group
      .command('apply')
      .summary('put what was changed in one into your files')
      .description(
        'Puts all that was changed in a worktree into your files, or nothing where it does not fit. Nothing is staged or committed.',
      )
      .argument('<name>', 'the worktree')
      .option('--reverse', 'take it out of your files again'),
    [
      ['nootropic worktree apply fix-parser', 'into your files'],
      ['nootropic worktree apply fix-parser --reverse', 'out of them again'],
    ],
  ).action((name: string, options: CommonOptions & { readonly reverse?: boolean }) =>
    finish(async () => (await late()).applyWorktree(cli, name, options)),
  );

  withCommonOptions(
    group
      .command('rm')
      .summary('remove one with all that is in it')
      .description('Removes a worktree with all that is in it; asks where it holds changes.')
      .argument('<name>', 'the worktree')
      .option('-y, --yes', 'without asking'),
    [['nootropic worktree rm fix-parser', 'asks where it holds changes']],
  ).action((name: string, options: CommonOptions & { readonly yes?: boolean }) =>
    finish(async () => (await late()).dropWorktree(cli, name, options)),
  );
}

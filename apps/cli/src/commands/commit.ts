import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import type { CommitOptions } from '../make-commit.ts';
import type { Finish } from '../program.ts';

export function addCommit(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('commit')
    .summary('write the message of a commit from what is staged, then commit')
    .description(
      'Writes a message from what is staged, shows it, and commits with one key: your own git does it, with your hooks. Files that may hold secrets and\nwhat has no room in the model are not read, and it says which. Without a terminal it only prints the message, unless there is --yes.',
    )
    .option('-a, --all', 'commit every change of files that git knows, staged or not')
    .option('-m, --message <hint>', 'what to say in it, in your own words')
    .option('--dry-run', 'only print the message')
    .option('-y, --yes', 'commit without asking')
    .option('--model <ref>', 'write it with this model; `none`: by rule, from the names of files and symbols');
  withCommonOptions(command, [
    ['nootropic commit', 'Enter commits, e edits, n leaves it'],
    ['nootropic commit -a -m "for issue 12"', 'with a hint'],
    ['git commit -e -m "$(nootropic commit --dry-run)"', 'the message alone'],
  ]).action((options: CommitOptions) =>
    finish(async () => {
      const { makeCommit } = await import('../make-commit.ts');
      return makeCommit(cli, options);
    }),
  );
}

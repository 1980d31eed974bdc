import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import { reverse, withReversalOptions, type ReversalOptions } from '../step-reversal.ts';

export function addUndo(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('undo')
    .summary('take back what the agent changed')
    .description(
      'Takes back what the agent or its commands changed in this folder, and nothing else.\nWhat you changed since is left alone and named. No version control is needed, and none is touched.',
    );
  withReversalOptions(command, 'take back').action((step: string | undefined, options: ReversalOptions) =>
    finish(() => reverse(cli, 'undo', { ...options, step })),
  );
  withCommonOptions(command, [
    ['nootropic undo', 'the newest step'],
    ['nootropic undo 12', 'one step, as `history` shows it'],
    ['nootropic undo --session latest --dry-run', 'what a whole session comes to'],
  ]);
}

import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import { reverse, withReversalOptions, type ReversalOptions } from '../step-reversal.ts';

export function addRedo(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('redo')
    .summary('make again what was undone')
    .description('Makes changes again that `undo` took back. What you changed since is left alone and named.');
  withReversalOptions(command, 'make again').action((step: string | undefined, options: ReversalOptions) =>
    finish(() => reverse(cli, 'redo', { ...options, step })),
  );
  withCommonOptions(command, [
    ['nootropic redo', 'what was undone last'],
    ['nootropic redo 12', 'one step, as `history` shows it'],
  ]);
}

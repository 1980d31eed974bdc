import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import { modeOption } from '../mode-option.ts';
import type { Finish } from '../program.ts';
import type { CodeTaskOptions } from '../code-task.ts';

export function addTest(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('test')
    .summary('write tests for a file or a symbol, and run them')
    .description(
      'Lets the agent write tests and run them. It is a task like that of `run`: it asks for what its mode does not allow, and `nootropic undo` takes it back.',
    )
    .argument('<what>', 'a path, PATH:LINE, or the name of a symbol')
    .addOption(modeOption())
    .option('-m, --model <ref>', 'work with this model')
    .option('--verbose', 'say which model worked and why, and the tokens, the time and the cost');
  withCommonOptions(command, [
    ['nootropic test src/parse-body.ts', 'for a file'],
    ['nootropic test --mode auto-edit parseBody', 'for a symbol; it writes files by itself'],
  ]).action((what: string, options: CodeTaskOptions) =>
    finish(async () => {
      const { writeTests } = await import('../code-task.ts');
      return writeTests(cli, what, options);
    }),
  );
}

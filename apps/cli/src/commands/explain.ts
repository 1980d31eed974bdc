import type { Command } from 'commander';
import { withCommonOptions, type Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import type { CodeTaskOptions } from '../code-task.ts';

export function addExplain(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('explain')
    .summary('explain a file, a place in it, or a symbol')
    .description('Explains code: what it is for, how it works, what to watch out for. It reads, and changes nothing.')
    .argument('<what>', 'a path, PATH:LINE, or the name of a symbol')
    .option('-m, --model <ref>', 'ask this model')
    .option('--verbose', 'say which model worked and why, and the tokens, the time and the cost');
  withCommonOptions(command, [
    ['nootropic explain src/server.ts', 'a file'],
    ['nootropic explain src/server.ts:120', 'the code around a line'],
    ['nootropic explain SessionStore.append', 'a symbol'],
  ]).action((what: string, options: CodeTaskOptions) =>
    finish(async () => {
      const { explainCode } = await import('../code-task.ts');
      return explainCode(cli, what, options);
    }),
  );
}

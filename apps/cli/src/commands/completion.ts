import { Argument, type Command } from 'commander';
import { withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { completionScript, shells, type Shell } from '../completion-script.ts';
import type { Finish } from '../program.ts';

export function addCompletion(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('completion')
    .summary('print a completion script for your shell')
    .description('Prints a script that makes your shell complete commands, options and files.')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells));
  withCommonOptions(command, [
    ['source <(nootropic completion bash)', 'in ~/.bashrc'],
    ['source <(nootropic completion zsh)', 'in ~/.zshrc, after compinit'],
    ['nootropic completion fish | source', 'in ~/.config/fish/config.fish'],
  ]).action((shell: Shell, options: CommonOptions) =>
    finish(async () => {
      const script = completionScript(parent, shell);
      await (options.json === true ? cli.json({ shell, script }) : cli.out(script));
    }),
  );
}

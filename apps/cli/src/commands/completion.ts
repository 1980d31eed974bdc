import { Argument, type Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { askedWords, completionScript, shells, type AskedWords, type Shell } from '../completion-script.ts';
import { installedNames } from '../model-names.ts';
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

  // The scripts ask this at each press of the key; nobody types it.
  parent
    .command('completion-words', { hidden: true })
    .description('Prints words that a shell can offer, one per line.')
    .addArgument(new Argument('<kind>', 'what of').choices(askedWords))
    .action((kind: AskedWords) =>
      finish(async () => {
        for (const word of await wordsOf(cli, kind)) if (plainWord.test(word)) await cli.out(`${word}\n`);
      }),
    );
}

/** What needs no quotes in any shell. A name that does is not offered. */
const plainWord = /^[\w.@/+,-]+$/u;

async function wordsOf(cli: Cli, kind: AskedWords): Promise<string[]> {
  if (kind === 'settings') return (await cli.loadHost()).settings().map(({ key }) => key);
  return withAssistant(cli, async (assistant) => {
    const call = { signal: cli.signal };
    switch (kind) {
      case 'models':
        return installedNames(cli, assistant);
      case 'running':
        return (await assistant.models.ps(undefined, call)).models.map(({ name }) => name);
      case 'sessions':
        return ['latest', ...(await assistant.sessions.list(undefined, call)).map(({ id }) => id)];
      case 'providers':
        return (await assistant.keys.list(undefined, call)).map(({ provider }) => provider);
    }
  });
}

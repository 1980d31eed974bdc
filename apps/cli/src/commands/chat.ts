import { exitCodes, NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { ChatCommandOptions } from '../chat/open-chat.ts';
import { modeOption } from '../mode-option.ts';
import { nearestName } from '../nearest-name.ts';
import type { Finish } from '../program.ts';

/** The chat: what the program does when it is called alone at a terminal. */
export function addChat(parent: Command, cli: Cli, finish: Finish): void {
  parent
    .command('chat', { isDefault: true })
    .summary('talk to the agent in the terminal; the same as no command at all')
    .description(
      'Opens a chat with the agent about this folder. It may read files by itself; it asks before it changes a file or runs a command, unless the mode says otherwise. What it changes in files can be undone.',
    )
    // A word that is no command comes here, to be told so.
    .allowExcessArguments(true)
    .option('-c, --continue', 'go on with the newest conversation about this folder')
    .option('-r, --resume <id>', 'go on with this conversation: an id, a unique start of one, or `latest`')
    .addOption(modeOption())
    .option(
      '-m, --model <ref>',
      'the model that answers: file:PATH, the name of an installed one, ollama:NAME[@URL], openai:NAME@URL',
    )
    .option('--agent <name>', 'a persona, such as review')
    .option('--screen-reader', 'plain lines, one after another, with nothing drawn twice')
    .option('--cwd <dir>', 'work in this folder instead of the current one')
    .addHelpText('after', examples)
    .action((options: ChatCommandOptions, command: Command) =>
      finish(() => chat(parent, { cli, words: command.args, options })),
    );
}

const examples = `
Examples:
  nootropic                         # the chat
  nootropic --continue              # the last conversation goes on
  nootropic --mode plan             # it only reads and plans`;

interface Call {
  readonly cli: Cli;
  readonly words: readonly string[];
  readonly options: ChatCommandOptions;
}

async function chat(parent: Command, { cli, words, options }: Call): Promise<number> {
  const [word] = words;
  if (word !== undefined) throw unknownCommand(parent, word);
  const { stdin, stdout } = cli.surroundings;
  // The plain lines of a screen reader can go through a pipe; nothing else can.
  if (options.screenReader !== true && (stdin.kind !== 'terminal' || !stdout.isTTY)) {
    if (Object.keys(options).length > 0)
      throw new NootropicError('USAGE', 'The chat needs a terminal.', {
        hint: 'In a script use `nootropic run "TASK"` or `nootropic ask "QUESTION"`.',
      });
    parent.outputHelp();
    return exitCodes.ok;
  }
  const { openChat } = await import('../chat/open-chat.ts');
  return openChat(cli, options);
}

function unknownCommand(parent: Command, word: string): NootropicError {
  const near = nearestName(
    word,
    parent.commands.map((command) => command.name()),
  );
  return new NootropicError('USAGE', `unknown command '${word}'`, {
    hint: near === undefined ? 'Run `nootropic --help`.' : `Did you mean ${near}?`,
  });
}

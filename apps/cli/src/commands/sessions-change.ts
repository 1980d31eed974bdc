import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { sessionIdHelp } from '../session-id-help.ts';

interface ForkOptions extends CommonOptions {
  readonly turn?: string;
}

export function addSessionsRename(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('rename')
    .description('Gives a session another title.')
    .argument('<id>', sessionIdHelp)
    .argument('<title...>', 'what to call it');
  withCommonOptions(command, [['nootropic sessions rename latest "The parser, and why it is slow"', '']]).action(
    (id: string, words: string[], options: CommonOptions) =>
      finish(async () => {
        const title = words.join(' ');
        const session = await withAssistant(cli, (assistant) =>
          assistant.sessions.rename({ id, title }, { signal: cli.signal }),
        );
        if (options.json === true) await cli.json(session);
        else await cli.talk(`Renamed: ${cli.cleanTalk(session.title)}\n`);
      }),
  );
}

export function addSessionsFork(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('fork')
    .description(
      'Makes a new session that begins with the turns of this one. What was changed on the disk stays as it is, and is taken back by the first one alone.',
    )
    .argument('<id>', sessionIdHelp)
    .option('--turn <id>', 'the last turn that it has (default: the last one)');
  withCommonOptions(command, [
    ['nootropic sessions fork latest', 'try another way from here'],
    ['nootropic sessions fork 0198a2 --turn 5c1e', 'from an earlier turn'],
  ]).action((id: string, options: ForkOptions) =>
    finish(async () => {
      const { turn, json } = options;
      const session = await withAssistant(cli, (assistant) =>
        assistant.sessions.fork({ id, ...(turn !== undefined && { turnId: turn }) }, { signal: cli.signal }),
      );
      if (json === true) return cli.json(session);
      await cli.out(`${session.id}\n`);
      await cli.talk(`Go on with: nootropic chat --session ${session.id.slice(0, 8)}\n`);
    }),
  );
}

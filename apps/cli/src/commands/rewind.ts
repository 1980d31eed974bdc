import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { NootropicError } from '@nootropic/contracts';

interface RewindOptions extends CommonOptions {
  readonly conversation?: boolean;
  readonly code?: boolean;
  readonly both?: boolean;
  readonly force?: boolean;
}

export function addRewind(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('rewind')
    .summary('go back to before a turn: in the conversation, in the code, or in both')
    .description(
      'Goes back to before a turn. The conversation goes on from there, and the changes of that turn and of all after it are taken back.\nNothing is lost: `nootropic redo` makes the changes again, and the session keeps its events.',
    )
    .argument('<session>', 'an id, a unique start of one, or `latest`')
    .argument('<turn>', 'the first turn that is to be gone: its id or a unique start of it')
    .option('--conversation', 'only the conversation')
    .option('--code', 'only the code')
    .option('--both', 'both; the default')
    .option('--force', 'also over files that were changed by somebody else since');
  withCommonOptions(command, [
    ['nootropic sessions show latest --json', 'the ids of turns'],
    ['nootropic rewind latest 0199a2', 'conversation and code'],
    ['nootropic rewind latest 0199a2 --code', 'only what was changed'],
  ]).action((session: string, turn: string, options: RewindOptions) =>
    finish(() => rewind(cli, { session, turn, options })),
  );
}

interface Call {
  readonly session: string;
  readonly turn: string;
  readonly options: RewindOptions;
}

async function rewind(cli: Cli, { session: id, turn: turnId, options }: Call): Promise<number | void> {
  const what = wanted(options);
  await withAssistant(cli, async (assistant) => {
    const outcome = await assistant.sessions.rewind(
      { id, turnId, what, force: options.force === true },
      { signal: cli.signal },
    );
    if (options.json === true) return cli.json(outcome);
    const { style } = cli;
    await cli.out(
      `Back to before turn ${cli.clean(turnId)} of “${cli.clean(outcome.session.title)}”: ${what === 'both' ? 'conversation and code' : what}.\n`,
    );
    const { restored = [], conflicts = [], lost = [] } = outcome.code ?? {};
    for (const { path, change } of restored) await cli.out(`  ${style.green(change)} ${cli.clean(path)}\n`);
    for (const { path, reason } of conflicts)
      await cli.out(`  ${style.yellow('left as it is')} ${cli.clean(path)}: ${cli.clean(reason)}\n`);
    for (const path of lost) await cli.out(`  ${style.red('kept no more')} ${cli.clean(path)}\n`);
    if (conflicts.length > 0) await cli.talk('Files with changes of yours were left alone; --force overwrites them.\n');
  });
}

function wanted({ conversation, code, both }: RewindOptions): 'conversation' | 'code' | 'both' {
  if ([conversation, code, both].filter((each) => each === true).length > 1)
    throw new NootropicError('USAGE', 'Only one of --conversation, --code and --both can be given.');
  return conversation === true ? 'conversation' : code === true ? 'code' : 'both';
}

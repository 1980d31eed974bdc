import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { eventJson } from '../event-json.ts';
import { confirm } from '../confirm.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';
import { sessionIdHelp } from '../session-id-help.ts';
import { shortIds } from '../short-ids.ts';
import { place, transcriptOf, type TranscriptTurn } from '../transcript.ts';
import { ask, type AskOptions } from './ask.ts';
import { addSessionsFork, addSessionsRename } from './sessions-change.ts';
import { addSessionsExport } from './sessions-export.ts';
import { addSessionsSearch } from './sessions-search.ts';

type Session = Awaited<ReturnType<Assistant['sessions']['list']>>[number];

interface RemoveOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function addSessions(parent: Command, cli: Cli, finish: Finish): void {
  const sessions = parent
    .command('sessions')
    .helpCommand(false)
    .summary('list, search, read, continue, fork, export and remove conversations')
    .description('Conversations that are kept on this machine.');

  withCommonOptions(sessions.command('list').description('Lists the sessions, newest first.'), [
    ['nootropic sessions list', 'a table'],
    ['nootropic sessions list --json', 'one JSON object per line'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));

  withCommonOptions(
    sessions
      .command('show')
      .description('Prints a session: questions, answers and sources.')
      .argument('<id>', sessionIdHelp),
    [
      ['nootropic sessions show latest', 'the last conversation'],
      ['nootropic sessions show 0198 --json', 'every event as a JSON line'],
    ],
  ).action((id: string, options: CommonOptions) => finish(() => show(cli, id, options)));

  const resume = sessions
    .command('resume')
    .description('Goes on with a session: the same as `ask --session ID`.')
    .argument('<id>', sessionIdHelp)
    .argument('[question...]', 'what to ask; without it, it is read from a pipe')
    .option('-m, --model <ref>', 'answer with this model')
    .option('--verbose', 'say which model answered and why, and the tokens, the time and the cost');
  withCommonOptions(resume, [
    ['nootropic sessions resume latest "and where is it read?"', 'a further question'],
  ]).action((id: string, words: string[], options: AskOptions) =>
    finish(() => ask(cli, words.join(' '), { ...options, session: id })),
  );

  addSessionsSearch(sessions, cli, finish);
  addSessionsRename(sessions, cli, finish);
  addSessionsFork(sessions, cli, finish);
  addSessionsExport(sessions, cli, finish);

  const rm = sessions
    .command('rm')
    .description('Removes a session for good.')
    .argument('<id>', sessionIdHelp)
    .option('-y, --yes', 'do not ask');
  withCommonOptions(rm, [['nootropic sessions rm 0198a2 --yes', 'without asking']]).action(
    (id: string, options: RemoveOptions) => finish(() => remove(cli, id, options)),
  );
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const sessions = await withAssistant(cli, (assistant) => assistant.sessions.list(undefined, { signal: cli.signal }));
  if (options.json === true) {
    for (const session of sessions) await cli.json(session);
    return;
  }
  if (sessions.length === 0) await cli.talk('No sessions yet. Start one with: nootropic ask "…"\n');
  const ids = shortIds(sessions.map(({ id }) => id));
  for (const session of sessions) await cli.out(sessionLine(cli, session, ids.get(session.id) ?? session.id));
}

function sessionLine(cli: Cli, session: Session, id: string): string {
  const { style } = cli;
  const when = new Date(session.updatedAt).toISOString().slice(0, 16).replace('T', ' ');
  return `${style.cyan(id)}  ${style.dim(when)}  ${cli.clean(session.title)}  ${style.dim(cli.clean(session.workspace))}\n`;
}

async function show(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const { session, events } = await withAssistant(cli, (assistant) =>
    assistant.sessions.show({ id }, { signal: cli.signal }),
  );
  if (options.json === true) {
    for (const event of events) await cli.json(eventJson(event));
    return;
  }
  const { style } = cli;
  await cli.out(`${style.dim(`${session.id} · ${cli.clean(session.workspace)}`)}\n`);
  for (const turn of transcriptOf(events)) await cli.out(turnText(cli, turn));
}

function turnText(cli: Cli, turn: TranscriptTurn): string {
  const { style } = cli;
  const sources = turn.citations.map(
    (citation) =>
      `  ${style.cyan(cli.clean(place(citation)))}${citation.symbol ? ` ${cli.clean(citation.symbol)}` : ''}\n`,
  );
  return [
    `\n${style.bold(`> ${cli.clean(turn.question).replaceAll('\n', '\n> ')}`)}\n`,
    turn.answer === '' ? '' : `\n${cli.clean(turn.answer).trimEnd()}\n`,
    turn.outcome === '' ? '' : `${style.yellow(`[${cli.clean(turn.outcome)}]`)}\n`,
    sources.length === 0 ? '' : `\n${style.bold('Sources')}\n${sources.join('')}`,
  ].join('');
}

async function remove(cli: Cli, id: string, options: RemoveOptions): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    const { session } = await assistant.sessions.show({ id }, { signal: cli.signal });
    const question = `Remove “${cli.cleanTalk(session.title)}” (${count(session.events, 'event')}) for good?`;
    if (!(await confirm(cli, question, options.yes === true)))
      throw new NootropicError('DENIED', 'Nothing was removed.', { hint: '' });
    const removed = await assistant.sessions.remove({ id: session.id }, { signal: cli.signal });
    if (options.json === true) await cli.json(removed);
    else await cli.talk(`Removed: ${removed.id}\n`);
  });
}

import { writeFile } from 'node:fs/promises';
import { NootropicError, type Assistant } from '@nootropic/contracts';
import { Option, type Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { confirm } from '../confirm.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';
import { place, transcriptMarkdown, transcriptOf, type TranscriptTurn } from '../transcript.ts';
import { ask, type AskOptions } from './ask.ts';

type Session = Awaited<ReturnType<Assistant['sessions']['list']>>[number];

interface ExportOptions extends CommonOptions {
  readonly format: 'md' | 'json';
  readonly out?: string;
}

interface RemoveOptions extends CommonOptions {
  readonly yes?: boolean;
}

const idHelp = 'an id, a unique start of one, or `latest`';

export function addSessions(parent: Command, cli: Cli, finish: Finish): void {
  const sessions = parent
    .command('sessions')
    .helpCommand(false)
    .summary('list, read, continue, export and remove conversations')
    .description('Conversations that are kept on this machine.');

  withCommonOptions(sessions.command('list').description('Lists the sessions, newest first.'), [
    ['nootropic sessions list', 'a table'],
    ['nootropic sessions list --json', 'one JSON object per line'],
  ]).action((options: CommonOptions) => finish(() => list(cli, options)));

  withCommonOptions(
    sessions.command('show').description('Prints a session: questions, answers and sources.').argument('<id>', idHelp),
    [
      ['nootropic sessions show latest', 'the last conversation'],
      ['nootropic sessions show 0198 --json', 'every event as a JSON line'],
    ],
  ).action((id: string, options: CommonOptions) => finish(() => show(cli, id, options)));

  const resume = sessions
    .command('resume')
    .description('Goes on with a session: the same as `ask --session ID`.')
    .argument('<id>', idHelp)
    .argument('[question...]', 'what to ask; without it, it is read from a pipe')
    .option('-m, --model <ref>', 'answer with this model')
    .option('--verbose', 'say which model answered and why, and the tokens, the time and the cost');
  withCommonOptions(resume, [
    ['nootropic sessions resume latest "and where is it read?"', 'a further question'],
  ]).action((id: string, words: string[], options: AskOptions) =>
    finish(() => ask(cli, words.join(' '), { ...options, session: id })),
  );

  const exporting = sessions
    .command('export')
    .description('Writes a session to standard output or to a file.')
    .argument('<id>', idHelp)
    .addOption(new Option('--format <format>', 'md to read, json for everything').choices(['md', 'json']).default('md'))
    .option('--out <file>', 'write to this file instead of standard output');
  withCommonOptions(exporting, [
    ['nootropic sessions export latest --out talk.md', 'a Markdown file'],
    ['nootropic sessions export latest --format json', 'the session and all its events'],
  ]).action((id: string, options: ExportOptions) => finish(() => exportSession(cli, id, options)));

  const rm = sessions
    .command('rm')
    .description('Removes a session for good.')
    .argument('<id>', idHelp)
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

/** For every id the shortest start, of at least 8 characters, that no other id here shares. */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const length = (id: string): number => {
    const shared = ids.filter((other) => other !== id).map((other) => sharedStart(id, other));
    return Math.max(8, 1 + Math.max(0, ...shared));
  };
  return new Map(ids.map((id) => [id, id.slice(0, length(id))]));
}

function sharedStart(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

async function show(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const { session, events } = await withAssistant(cli, (assistant) =>
    assistant.sessions.show({ id }, { signal: cli.signal }),
  );
  if (options.json === true) {
    for (const event of events) await cli.json(event);
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

async function exportSession(cli: Cli, id: string, options: ExportOptions): Promise<void> {
  const found = await withAssistant(cli, (assistant) => assistant.sessions.show({ id }, { signal: cli.signal }));
  // What is exported is meant to be passed on.
  const { redactValue } = await import('@nootropic/server/redact');
  const { session, events } = redactValue(found);
  const text =
    options.json === true
      ? `${JSON.stringify({ session, events })}\n`
      : options.format === 'json'
        ? `${JSON.stringify({ session, events }, null, 2)}\n`
        : transcriptMarkdown(session.title, transcriptOf(events));
  if (options.out === undefined) return cli.out(options.format === 'json' ? text : cli.clean(text));
  const file = userPath(cli, options.out);
  await writeFile(file, text, { mode: 0o600 }).catch((error: unknown) => {
    throw new NootropicError('PATH_NOT_FOUND', `${file} cannot be written.`, {
      cause: error,
      hint: 'Check that its folder exists and can be written to.',
    });
  });
  await cli.talk(`Written: ${file}\n`);
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

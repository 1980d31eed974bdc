import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge } from '../durations.ts';
import type { Finish } from '../program.ts';

type Lessons = Awaited<ReturnType<Assistant['lessons']['list']>>;

/** Characters of an id that are shown; `rm` takes any start that is unique. */
const shortId = 8;

export function addLessons(parent: Command, cli: Cli, finish: Finish): void {
  const lessons = parent
    .command('lessons')
    .helpCommand(false)
    .summary('what the agent learnt from attempts that failed here')
    .description(
      'When a change fails its checks for the last time it is taken back, and what was learnt is kept for later attempts in this folder.',
    );
  const list = lessons.command('list').description('Lists what was learnt in this folder, newest first.');
  withCommonOptions(list, [
    ['nootropic lessons list', 'what the agent is told when it fits the task'],
    ['nootropic lessons list --json | jq -r .text', 'one JSON object per line'],
  ]).action((options: CommonOptions) => finish(() => show(cli, options)));
  const remove = lessons
    .command('remove')
    .alias('rm')
    .description('Forgets a lesson that is wrong.')
    .argument('<id>', 'as `lessons list` shows it, or a unique start of it');
  withCommonOptions(remove, [['nootropic lessons rm 0198a2', 'the agent is not told of it any more']]).action(
    (id: string, options: CommonOptions) => finish(() => forget(cli, id, options)),
  );
}

async function show(cli: Cli, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const lessons = await withAssistant(cli, (assistant) =>
    assistant.lessons.list({ workspace }, { signal: cli.signal }),
  );
  if (options.json === true) {
    for (const lesson of lessons) await cli.json(lesson);
    return;
  }
  if (lessons.length === 0) await cli.talk('Nothing was learnt in this folder yet.\n');
  const now = cli.surroundings.now();
  for (const { id, text, paths, at } of lessons) {
    const head = `${cli.style.bold(cli.cell(id).slice(0, shortId))}  ${formatAge(now - at)}  ${paths.map(cli.cell).join(', ')}`;
    const body = cli.clean(text).trim().split('\n');
    await cli.out(`${head.trimEnd()}\n${body.map((line) => `  ${line}\n`).join('')}`);
  }
}

async function forget(cli: Cli, start: string, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const { id } = await withAssistant(cli, async (assistant) => {
    const { signal } = cli;
    const known = await assistant.lessons.list({ workspace }, { signal });
    return assistant.lessons.remove({ workspace, id: meant(known, start) }, { signal });
  });
  if (options.json === true) await cli.json({ id });
  else await cli.talk(`Forgotten: ${cli.cleanTalk(id)}\n`);
}

function meant(known: Lessons, start: string): string {
  const fitting = known.filter(({ id }) => start !== '' && id.startsWith(start)).map(({ id }) => id);
  const [only] = fitting.includes(start) ? [start] : fitting;
  if (only !== undefined && (fitting.length === 1 || only === start)) return only;
  const why =
    fitting.length > 1 ? `${String(fitting.length)} lessons begin with ${start}.` : `There is no lesson ${start}.`;
  throw new NootropicError('NOT_FOUND', why, { hint: 'Run `nootropic lessons list`.' });
}

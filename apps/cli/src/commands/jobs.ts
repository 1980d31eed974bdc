import type { Assistant, Job, JobState } from '@nootropic/contracts';
import { Option, type Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge } from '../durations.ts';
import { jobFacts, jobNote, shortJobId } from '../job-lines.ts';
import type { Finish } from '../program.ts';
import { tableLines, type Column } from '../table.ts';
import { addJobsAdd } from './jobs-add.ts';
import { watchJob } from './jobs-watch.ts';

interface ListOptions extends CommonOptions {
  readonly state?: JobState;
  readonly kind?: string;
  readonly limit: number;
}

type Change = Parameters<Assistant['jobs']['change']>[0]['what'];

const idHelp = 'an id, or a unique start of one';
/** Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyState: Record<JobState, true> = { waiting: true, running: true, done: true, dead: true, cancelled: true };

export function addJobs(parent: Command, cli: Cli, finish: Finish): void {
  const jobs = parent
    .command('jobs')
    .helpCommand(false)
    .summary('work for later: add, list, watch, cancel and retry')
    .description(
      'Work that goes on without you: tasks for the agent, chains of models, batches of requests, programs in the sandbox, an index. Jobs survive a restart, and never delay what people wait for.',
    );
  addJobsAdd(jobs, cli, finish);

  withCommonOptions(jobs.command('list').description('Lists jobs, newest first.'), [
    ['nootropic jobs list', 'a table'],
    ['nootropic jobs list --state dead', 'those that failed as often as they may'],
    ['nootropic jobs list --json | jq .result', 'one JSON object per line'],
  ])
    .addOption(new Option('--state <state>', 'only those in this state').choices(Object.keys(everyState)))
    .option('--kind <kind>', 'only those of this kind')
    .option('--limit <n>', 'at most this many', numberOption('--limit', 1, 10_000), 100)
    .action((options: ListOptions) => finish(() => list(cli, options)));

  withCommonOptions(jobs.command('show').description('Shows one job and its result.').argument('<id>', idHelp), [
    ['nootropic jobs show 3f2a', 'what became of it'],
  ]).action((id: string, options: CommonOptions) => finish(() => show(cli, id, options)));

  withCommonOptions(
    jobs
      .command('watch')
      .description('Follows a job until it has ended. Ctrl-C ends the watching, not the job.')
      .argument('<id>', idHelp),
    [
      ['nootropic jobs watch 3f2a', 'a bar, then the result'],
      ['nootropic jobs watch 3f2a --json', 'the job as a JSON line each time it changes'],
    ],
  ).action((id: string, options: CommonOptions) =>
    finish(() => withAssistant(cli, (assistant) => watchJob(cli, assistant, { id, options }))),
  );

  const change = (what: Change, description: string, done: string): void => {
    const command = jobs.command(what).description(description).argument('<id...>', `${idHelp}; several may be given`);
    withCommonOptions(command, [[`nootropic jobs ${what} 3f2a`, done]]).action(
      (ids: string[], options: CommonOptions) =>
        finish(() => changeAll(cli, ids, { what, done, json: options.json === true })),
    );
  };
  change('cancel', 'Cancels a job: it never runs again, and a run of it ends.', 'Cancelled');
  change('retry', 'Lets a dead or cancelled job wait again, with its runs counted anew.', 'Waits again');
  change('remove', 'Forgets a job and its result; not while it runs.', 'Forgotten');
}

const columns: readonly Column[] = [
  { title: 'ID', least: 8 },
  { title: 'STATE' },
  { title: 'KIND', spare: 1 },
  { title: 'RUNS', align: 'right', spare: 2 },
  { title: 'WHEN', align: 'right' },
  { title: 'LABEL', least: 10 },
  { title: 'NOTE', least: 10 },
];

async function list(cli: Cli, { state, kind, limit, json }: ListOptions): Promise<void> {
  const query = { limit, ...(state && { state }), ...(kind !== undefined && { kind }) };
  const found = await withAssistant(cli, (assistant) => assistant.jobs.list(query, { signal: cli.signal }));
  if (json === true) {
    for (const job of found) await cli.json(job);
    return;
  }
  if (found.length === 0) return cli.talk('There are no jobs. `nootropic jobs add --help` says how to add one.\n');
  const now = cli.surroundings.now();
  const rows = found.map((job) => ({
    cells: [
      shortJobId(job),
      job.state,
      job.kind,
      `${String(job.attempts)}/${job.cron === undefined ? String(job.retry.attempts) : '∞'}`,
      whenOf(job, now),
      cli.cell(job.label),
      cli.cell(jobNote(job)),
    ],
  }));
  await cli.out(`${tableLines(columns, rows, cli).join('\n')}\n`);
}

/** How long ago it ended or began, or in how long it may run. */
function whenOf({ state, runAt, startedAt, endedAt, createdAt }: Job, now: number): string {
  if (state === 'waiting') return runAt > now ? `in ${formatAge(runAt - now)}` : 'now';
  return formatAge(now - ((state === 'running' ? startedAt : endedAt) ?? createdAt));
}

async function show(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const job = await withAssistant(cli, (assistant) => assistant.jobs.show({ id }, { signal: cli.signal }));
  await (options.json === true ? cli.json(job) : cli.out(jobFacts(cli, job)));
}

async function changeAll(
  cli: Cli,
  ids: readonly string[],
  { what, done, json }: { what: Change; done: string; json: boolean },
): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    for (const id of ids) {
      const job = await assistant.jobs.change({ id, what }, { signal: cli.signal });
      await (json
        ? cli.json(job)
        : cli.talk(`${done}: ${shortJobId(job)} (${cli.cleanTalk(job.label || job.kind)})\n`));
    }
  });
}

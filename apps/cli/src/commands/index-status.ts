import type { IndexStatus } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { formatAge, formatDuration } from '../durations.ts';
import { factLines } from '../fact-lines.ts';
import type { Finish } from '../program.ts';
import { count, formatBytes, formatNumber, formatShare } from '../sizes.ts';

interface StatusOptions extends CommonOptions {
  readonly skipped?: boolean;
}

export function addIndexStatus(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('status')
    .summary('what the index of this folder holds, left out and waits for')
    .description(
      'Says what the index of this folder holds, when it was last brought up to date, what was left out and why, and what it waits for.',
    )
    .option('--skipped', 'list every file that was left out, and why');
  withCommonOptions(command, [
    ['nootropic index status', ''],
    ['nootropic index status --skipped', 'and every file that was left out'],
  ]).action((_options: StatusOptions, self: Command) =>
    finish(async () => {
      // `--json` and `--cwd` are options of `index` too, and commander gives them to it wherever they stand.
      const options = self.optsWithGlobals<StatusOptions>();
      const workspace = await workspaceOf(cli, options);
      await withAssistant(cli, async (assistant) => {
        const status = await assistant.index.status({ workspace, skippedFiles: options.skipped === true });
        if (options.json === true) await cli.json(status);
        else await cli.out(statusText(cli, status, cli.surroundings.now()));
      });
    }),
  );
}

function statusText(cli: Cli, status: IndexStatus, now: number): string {
  const { vectors, chunksWithoutVector: missing, running, lastRun, skippedFiles } = status;
  const facts = factLines(cli, [
    ['files', formatNumber(status.files)],
    ['chunks', formatNumber(status.chunks)],
    ['symbols', formatNumber(status.symbols)],
    [
      'vectors',
      `${formatNumber(vectors)} by ${status.embedder}, ${missing === 0 ? 'whole' : `${count(missing, 'chunk')} still without`} (${status.vectorStore})`,
    ],
    ['on disk', formatBytes(status.bytes)],
    ['last run', lastRun === undefined ? 'never' : runText(lastRun, now)],
    [
      'now',
      running === undefined
        ? ''
        : running.phase === 'scan'
          ? 'looking for changes'
          : `indexing, ${formatShare(running.total === 0 ? 1 : running.done / running.total)} of ${count(running.total, 'file')}`,
    ],
    ['waits for', status.paused === true ? 'you: it rests until `nootropic index resume`' : status.waitsFor],
    [
      'watching',
      {
        on: 'yes: a saved file is found at once',
        failed: 'no: the system refuses; the tree is looked through instead',
        off: '',
      }[status.watch],
    ],
  ]);
  const reasons = status.skipped.map(
    ({ reason, count: files, examples }) =>
      `  ${cli.style.dim(formatNumber(files).padStart(6))}  ${cli.cell(reason)}  ${cli.style.dim(cli.cell(examples.slice(0, 3).join(', ')))}\n`,
  );
  const every = skippedFiles.map(({ path, reason }) => `  ${cli.cell(path)}  ${cli.style.dim(cli.cell(reason))}\n`);
  const leftOut = every.length > 0 ? every : reasons;
  return `${facts}${leftOut.length > 0 ? `${cli.style.bold('Left out')}\n` : ''}${leftOut.join('')}`;
}

function runText(
  { startedAt, tookMs, outcome, files, filesEmbedded, filesRemoved, problem }: NonNullable<IndexStatus['lastRun']>,
  now: number,
): string {
  const age = formatAge(now - startedAt);
  const when = age === 'now' ? 'just now' : `${age} ago`;
  const ended = { done: '', stopped: ', stopped before its end', failed: `, failed: ${problem ?? ''}` }[outcome];
  return `${when}, took ${formatDuration(tookMs)}${ended}; ${count(files, 'file')}, ${formatNumber(filesEmbedded)} embedded, ${formatNumber(filesRemoved)} removed`;
}

import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';
import { addIndexPause } from './index-pause.ts';
import { addIndexStatus } from './index-status.ts';

interface IndexOptions extends CommonOptions {
  readonly rebuild?: boolean;
  readonly verbose?: boolean;
}

type IndexProgress = Awaited<ReturnType<Assistant['index']['refresh']>> extends AsyncIterable<infer P> ? P : never;

export function addIndex(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('index')
    .summary('bring the index of this folder up to date')
    .description(
      'Brings the index of this folder up to date. Only what changed is read again; `ask` and `search` do this by themselves.',
    )
    .option('--rebuild', 'throw the index away and build it anew')
    .option('--verbose', 'list the files that were left out, and why');
  addIndexStatus(command, cli, finish);
  addIndexPause(command, cli, finish);
  withCommonOptions(command, [
    ['nootropic index', 'only what changed'],
    ['nootropic index --verbose', 'and the files that were left out'],
    ['nootropic index --rebuild --cwd ~/src/app', 'everything, in another folder'],
  ]).action((options: IndexOptions) =>
    finish(async () => {
      const workspace = await workspaceOf(cli, options);
      await withAssistant(cli, async (assistant) => {
        const each = options.json === true ? (progress: IndexProgress) => cli.json(progress) : undefined;
        const last = await refreshIndex(
          { cli, assistant, workspace },
          { rebuild: options.rebuild === true, json: options.json, each },
        );
        if (options.json !== true) await printSummary(cli, last, options.verbose === true);
      });
    }),
  );
}

interface RefreshOptions {
  readonly rebuild?: boolean;
  readonly json?: boolean | undefined;
  readonly each?: ((progress: IndexProgress) => Promise<void>) | undefined;
}

/** Brings an index up to date under a progress bar, and gives the last report. */
export async function refreshIndex(
  { cli, assistant, workspace }: { cli: Cli; assistant: Assistant; workspace: string },
  { rebuild = false, json, each }: RefreshOptions = {},
): Promise<IndexProgress> {
  const bar = cli.progress({ json });
  let last: IndexProgress | undefined;
  try {
    for await (const progress of await assistant.index.refresh({ workspace, rebuild }, { signal: cli.signal })) {
      last = progress;
      bar.update(progress.done, progress.total, progress.phase === 'scan' ? 'Looking for changes' : 'Indexing');
      await each?.(progress);
    }
  } finally {
    bar.clear();
  }
  cli.signal.throwIfAborted();
  if (last?.phase !== 'done') throw new NootropicError('INTERNAL', 'The index broke off without an end.');
  return last;
}

async function printSummary(cli: Cli, last: IndexProgress, verbose: boolean): Promise<void> {
  const seconds = (last.tookMs / 1000).toFixed(1);
  const facts = [`${last.filesEmbedded} embedded`, `${last.filesRemoved} removed`, `${last.skipped.length} skipped`];
  await cli.out(`${count(last.total, 'file')}: ${facts.join(', ')}, in ${seconds} s\n`);
  // What is said of the whole tree is of more weight than what is said of one file.
  for (const { path, reason } of last.skipped) if (path === '.') await cli.talk(`${cli.clean(reason)}\n`);
  if (!verbose) return;
  for (const { path, reason } of last.skipped)
    await cli.out(`  ${cli.clean(path)}  ${cli.style.dim(cli.clean(reason))}\n`);
}

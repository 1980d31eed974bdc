import type { SourceEvent } from '@nootropic/contracts';
import type { Cli, CommonOptions } from './cli.ts';
import { count, formatBytes } from './sizes.ts';

/** Files that are named when they were skipped; the rest are counted. */
const skippedShown = 5;

/** Follows adding or refreshing sources to the end, under a bar, and says what became of each. */
export async function followSources(
  cli: Cli,
  events: AsyncIterable<SourceEvent>,
  options: CommonOptions,
): Promise<void> {
  const bar = cli.progress(options);
  try {
    for await (const event of events) {
      if (options.json === true) await cli.json(event);
      if (event.type === 'progress') {
        const total = Math.max(event.total, event.done);
        bar.update(event.done, event.total === 0 ? 0 : total, `${event.source}: ${count(event.done, 'text')} read`);
        continue;
      }
      bar.clear();
      if (options.json !== true) await report(cli, event);
    }
  } catch (error) {
    bar.clear();
    if (cli.signal.aborted && options.json !== true)
      await cli.talk('Stopped. What was read is kept, and not read again.\n');
    throw error;
  } finally {
    bar.clear();
  }
  cli.signal.throwIfAborted();
}

async function report(
  cli: Cli,
  { source, added, changed, removed, skipped }: Extract<SourceEvent, { type: 'refreshed' }>,
): Promise<void> {
  const size = `${count(source.entries, 'text')}, ${formatBytes(source.bytes)}, about ${source.tokens.toLocaleString('en')} tokens`;
  const parts = [
    ...(added > 0 ? [`${added} new`] : []),
    ...(changed > 0 ? [`${changed} changed`] : []),
    ...(removed > 0 ? [`${removed} gone`] : []),
  ];
  const news = parts.length > 0 ? parts.join(', ') : 'nothing new';
  await cli.out(`${cli.cell(source.name)}: ${size} (${news})\n`);
  if (source.state !== 'fresh')
    await cli.talk(
      `${source.state === 'gone' ? 'Gone' : 'Not up to date'}: ${cli.cleanTalk(source.detail)} What was read of it is kept.\n`,
    );
  for (const { path, reason } of skipped.slice(0, skippedShown))
    await cli.talk(`Skipped ${cli.cleanTalk(path)}: ${cli.cleanTalk(reason)}\n`);
  if (skipped.length > skippedShown)
    await cli.talk(`and ${skipped.length - skippedShown} more; --json names them all\n`);
}

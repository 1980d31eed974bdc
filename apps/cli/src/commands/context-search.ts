import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { linesAround } from '../lines-around.ts';
import type { Finish } from '../program.ts';

interface SearchOptions extends CommonOptions {
  readonly in?: string[];
  readonly limit: number;
}

export function addContextSearch(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('search')
    .summary('search the texts in the store')
    .description('Searches the texts in the store by words, taken apart as in code, best first.')
    .argument('<query...>', 'what to look for')
    .option('--in <id>', 'only in this text; may be given again', (value, before: string[] = []) => [...before, value])
    .option('-n, --limit <number>', 'show at most this many passages, 1 to 100', numberOption('--limit', 1, 100), 10);
  withCommonOptions(command, [
    ['nootropic context search "out of memory"', 'in every text'],
    ['nootropic context search timeout --in boot -n 3', 'three passages of one'],
  ]).action((words: string[], options: SearchOptions) => finish(() => search(cli, words.join(' '), options)));
}

async function search(cli: Cli, query: string, options: SearchOptions): Promise<void> {
  if (query.trim() === '') throw new NootropicError('USAGE', 'There is nothing to search for.');
  const input = { query, limit: options.limit, ...(options.in !== undefined && { ids: options.in }) };
  const hits = await withAssistant(cli, (assistant) => assistant.contexts.search(input, { signal: cli.signal }));
  if (options.json === true) {
    for (const hit of hits) await cli.json(hit);
    return;
  }
  if (hits.length === 0) await cli.talk('Nothing found.\n');
  for (const { entry, startLine, text } of hits) {
    const shown = linesAround(text, query);
    const first = startLine + shown.first;
    const place = `${entry.name ?? entry.id}:${first}-${first + shown.lines.length - 1}`;
    const lines = shown.lines.map((line) => `  ${cli.style.dim(cli.clean(line))}\n`).join('');
    await cli.out(`${cli.style.cyan(cli.clean(place))}  ${cli.cell(entry.title)}\n${lines}\n`);
  }
}

import { NootropicError, type SearchHit } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { readPipedText } from '../stdin-text.ts';
import { place } from '../transcript.ts';
import { refreshIndex } from './index-command.ts';

interface SearchOptions extends CommonOptions {
  readonly limit: number;
  readonly lang?: string[];
  readonly path?: string[];
}

export function addSearch(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('search')
    .summary('search the code in this folder by words and by meaning')
    .description(
      'Searches the code in this folder by words and by meaning, best first. The index is brought up to date before.',
    )
    .argument('[query...]', 'what to look for; `-` reads it from standard input')
    .option('-n, --limit <number>', 'show at most this many places, 1 to 100', numberOption('--limit', 1, 100), 10)
    .option('--lang <language>', 'only this language, such as typescript or python; may be given again', collect)
    .option('--path <path>', 'only what lies below this path; may be given again', collect);
  withCommonOptions(command, [
    ['nootropic search "session storage"', 'the ten best places'],
    ['nootropic search -n 3 parse body --path src/', 'three places, in one folder'],
    ['nootropic search --json retry | jq -r .path', 'one JSON object per line'],
  ]).action((words: string[], options: SearchOptions) => finish(() => search(cli, words.join(' '), options)));
}

async function search(cli: Cli, words: string, options: SearchOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const given = words.trim();
  const query = given === '-' || given === '' ? ((await readPipedText(cli))?.trim() ?? '') : given;
  if (query === '')
    throw new NootropicError('USAGE', 'There is nothing to search for.', {
      hint: 'For example: nootropic search "session storage"',
    });
  await withAssistant(cli, async (assistant) => {
    // Searching brings the index up to date by itself; it is done before only where its progress can be seen.
    if (cli.showsProgress && options.json !== true) await refreshIndex({ cli, assistant, workspace });
    const filter = {
      ...(options.path ? { paths: options.path } : {}),
      ...(options.lang ? { languages: options.lang } : {}),
    };
    const hits = await assistant.search({ workspace, query, limit: options.limit, ...filter }, { signal: cli.signal });
    if (options.json === true) for (const hit of hits) await cli.json(jsonHit(hit));
    else if (hits.length === 0) await cli.talk('Nothing found.\n');
    else for (const hit of hits) await printHit(cli, hit);
  });
}

function jsonHit({ path, startLine, endLine, symbol, score, snippet }: SearchHit): SearchHit {
  return { path, startLine, endLine, symbol, score, snippet };
}

async function printHit(cli: Cli, hit: SearchHit): Promise<void> {
  const { style } = cli;
  const lines = cli.clean(hit.snippet).trimEnd().split('\n').slice(0, 6);
  const symbol = hit.symbol === '' ? '' : `  ${style.bold(cli.clean(hit.symbol))}`;
  await cli.out(
    `${style.cyan(cli.clean(place(hit)))}${symbol}\n${lines.map((line) => `  ${style.dim(line)}\n`).join('')}\n`,
  );
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

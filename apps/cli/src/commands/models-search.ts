import type { ModelListing } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes, shortNumber } from '../sizes.ts';
import { wrapped } from '../text-width.ts';

interface SearchOptions extends CommonOptions {
  readonly limit: number;
}

/** Places on this machine: what is found there is imported, not downloaded. */
const placesHere: Readonly<Record<string, string>> = {
  'ollama-files': 'a file of Ollama',
  'lm-studio': 'a file of LM Studio',
  'huggingface-files': 'in the cache of Hugging Face',
};
const placesElsewhere: Readonly<Record<string, string>> = {
  huggingface: 'Hugging Face',
  ollama: 'Ollama',
  catalogue: 'catalogue',
};

export function addModelsSearch(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('search')
    .summary('search the registries, and the files of other programs here')
    .description(
      'Searches Hugging Face, the catalogue, and the model files that Ollama, LM Studio and the Hugging Face tools left on this machine.',
    )
    .argument('[query...]', 'words of its name')
    .option('-n, --limit <number>', 'show at most this many, 1 to 100', numberOption('--limit', 1, 100), 20);
  withCommonOptions(command, [
    ['nootropic models search qwen coder', 'what there is of that name'],
    ['nootropic models search', 'what is on this machine, and the catalogue'],
  ]).action((words: string[], options: SearchOptions) => finish(() => search(cli, words.join(' ').trim(), options)));
}

async function search(cli: Cli, query: string, options: SearchOptions): Promise<void> {
  const found = await withAssistant(cli, (assistant) =>
    assistant.models.search({ query, limit: options.limit }, { signal: cli.signal }),
  );
  if (options.json === true) return cli.json(found);
  const here = found.listings.filter(({ source }) => source in placesHere);
  const elsewhere = found.listings.filter(({ source }) => !(source in placesHere));
  await section(cli, 'On this machine', here);
  if (here.length > 0 && elsewhere.length > 0) await cli.out('\n');
  await section(cli, 'To download', elsewhere);
  for (const notice of found.notices) await cli.talk(`note: ${cli.cleanTalk(notice)}\n`);
  if (found.listings.length === 0)
    return cli.talk('Nothing found. Try one word of its name, such as `qwen`, or `nootropic models recommend`.\n');
  const ways = [
    ...(here.length > 0 ? ['nootropic models import PATH   # take in what is here'] : []),
    ...(elsewhere.length > 0
      ? ['nootropic models plan REF      # does it fit?', 'nootropic models pull REF      # download it']
      : []),
  ];
  await cli.talk(`\n${ways.map((way) => `  ${way}\n`).join('')}`);
}

async function section(cli: Cli, title: string, listings: readonly ModelListing[]): Promise<void> {
  if (listings.length === 0) return;
  await cli.out(`${cli.style.bold(title)}\n`);
  for (const listing of listings) {
    // A reference is there to be copied, so it is never cut.
    await cli.out(`  ${cli.style.cyan(cli.cell(listing.ref.replace(/^file:/u, '')))}\n`);
    for (const line of wrapped(facts(cli, listing), cli.width - 4)) await cli.out(`    ${cli.style.dim(line)}\n`);
  }
}

function facts(cli: Cli, { name, ref, source, role, bytes, license, downloads, note }: ModelListing): string {
  const all = [
    ref.includes(name) ? '' : name,
    placesHere[source] ?? placesElsewhere[source] ?? source,
    bytes === undefined ? '' : formatBytes(bytes),
    role ?? '',
    license ?? '',
    downloads === undefined ? '' : `${shortNumber(downloads)} downloads`,
    note ?? '',
  ];
  return all
    .filter((fact) => fact !== '')
    .map((fact) => cli.cell(fact))
    .join(' · ');
}

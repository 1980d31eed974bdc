import { NootropicError, type SourceKind } from '@nootropic/contracts';
import type { Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { followSources } from '../source-events.ts';
import { readPipedText } from '../stdin-text.ts';

interface AddOptions extends CommonOptions {
  readonly name?: string;
}

const kinds: Readonly<Record<string, SourceKind>> = {
  docs: 'folder',
  page: 'page',
  history: 'history',
  notes: 'notes',
};

export function addSourcesAdd(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('add')
    .summary('add a source, or read one again')
    .description(
      'Adds a source: `docs` a folder of documents, `page` a saved page or the address of one, `history` the commits of this repository, `notes` one more note. Only the address of a page that you type here is ever fetched.',
    )
    .argument('<kind>', 'docs, page, history or notes')
    .argument('[place...]', 'a folder, a file or an address; of notes the text, or `-` for standard input')
    .option('--name <name>', 'what to call it; default: made from the place');
  withCommonOptions(command, [
    ['nootropic sources add docs ./docs --name guide', 'a folder of documents'],
    ['nootropic sources add page https://example.org/api.html', 'one page, fetched now'],
    ['nootropic sources add history', 'the commits of this repository'],
    ['nootropic sources add notes "The parser never throws."', 'a note'],
  ]).action((kind: string, place: string[], options: AddOptions) => finish(() => add(cli, { kind, place }, options)));
}

async function add(cli: Cli, given: { kind: string; place: readonly string[] }, options: AddOptions): Promise<void> {
  const kind = kinds[given.kind];
  if (kind === undefined)
    throw new NootropicError('USAGE', `There is no kind of source "${given.kind}".`, {
      hint: 'The kinds are docs, page, history and notes.',
    });
  const workspace = await workspaceOf(cli, options);
  const what =
    kind === 'notes' ? { text: await noteText(cli, given.place) } : { place: placeOf(cli, kind, given.place) };
  const input = {
    ...{ workspace, kind },
    ...('text' in what ? what : what.place !== undefined && { place: what.place }),
    ...(options.name !== undefined && { name: options.name }),
  };
  await withAssistant(cli, async (assistant) =>
    followSources(cli, await assistant.sources.add(input, { signal: cli.signal }), options),
  );
}

function placeOf(cli: Cli, kind: SourceKind, given: readonly string[]): string | undefined {
  const [place, ...rest] = given;
  if (kind === 'history') {
    if (place === undefined) return undefined;
    throw new NootropicError('USAGE', 'The history is that of this folder: it takes no place.', {
      hint: 'Choose another folder with --cwd.',
    });
  }
  if (place === undefined || place === '' || rest.length > 0)
    throw new NootropicError('USAGE', `Name one ${kind === 'folder' ? 'folder' : 'file or address'}.`, {
      hint: 'A path with spaces goes in quotes.',
    });
  return kind === 'page' && /^https?:\/\//iu.test(place) ? place : userPath(cli, place);
}

async function noteText(cli: Cli, words: readonly string[]): Promise<string> {
  const given = words.join(' ').trim();
  const text = given === '' || given === '-' ? ((await readPipedText(cli))?.trim() ?? '') : given;
  if (text !== '') return text;
  throw new NootropicError('USAGE', 'A note needs a text.', {
    hint: 'For example: nootropic sources add notes "The parser never throws."',
  });
}

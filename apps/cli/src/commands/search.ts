import { NootropicError, type SearchHit, type SearchMode, type SymbolKind } from '@nootropic/contracts';
import type { Command } from 'commander';
import { numberOption, withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { nearestName } from '../nearest-name.ts';
import type { Finish } from '../program.ts';
import { readPipedText } from '../stdin-text.ts';
import { fitted, textWidth } from '../text-width.ts';
import { place } from '../transcript.ts';
import { refreshIndex } from './index-command.ts';

interface SearchOptions extends CommonOptions {
  readonly limit: number;
  readonly lang?: string[];
  readonly path?: string[];
  readonly kind?: SymbolKind[];
  readonly exact?: boolean;
  readonly regex?: boolean;
  readonly explain?: boolean;
  readonly source?: string[];
}

/** Every kind. Written down again, and checked against the contract's, because importing that would load its schemas for `--help`. */
const everyKind: Record<SymbolKind, true> = {
  function: true,
  method: true,
  class: true,
  interface: true,
  type: true,
  enum: true,
  constant: true,
  variable: true,
  module: true,
  field: true,
  macro: true,
  section: true,
  key: true,
  cell: true,
  rule: true,
  table: true,
};

const operators = `
In the query itself path:src/, lang:ts, symbol:Session and kind:class narrow the
search, -path:test excludes, and several of one name are alternatives. --exact
and --regex look at the files as they are now and print every line that matches,
source first; a regular expression without capitals ignores case.`;

export function addSearch(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('search')
    .summary('search the code in this folder by words and by meaning')
    .description(
      'Searches the code in this folder by words and by meaning, best first. The index is brought up to date before.',
    )
    .argument('[query...]', 'what to look for; `-` reads it from standard input')
    .option('-n, --limit <number>', 'show at most this many places, 1 to 1000', numberOption('--limit', 1, 1000), 10)
    .option('--path <path>', 'only what lies below this path, or has one like `*.test.ts`; may be given again', collect)
    .option('--lang <language>', 'only this language, such as typescript or python; may be given again', collect)
    .option('--kind <kind>', 'only symbols of this kind, such as function or class; may be given again', collectKind)
    .option('--exact', 'look for the query as it stands')
    .option('--regex', 'look for a regular expression, line by line')
    .option('--source <name>', 'in this source instead of the folder, see `sources list`; may be given again', collect)
    .option('--explain', 'show what each place owes its rank to')
    .addHelpText('after', operators);
  withCommonOptions(command, [
    ['nootropic search "session storage"', 'the ten best places'],
    ['nootropic search retry kind:function -path:test', 'functions outside of tests'],
    ['nootropic search --exact "catch (error) {" -n 50', 'fifty lines that hold it'],
    ['nootropic search --json retry | jq -r .path', 'one JSON object per line'],
  ]).action((words: string[], options: SearchOptions) => finish(() => search(cli, words.join(' '), options)));
}

async function search(cli: Cli, words: string, options: SearchOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const mode = modeOf(options);
  const given = mode === 'plain' ? words.trim() : words;
  const query = given.trim() === '-' || given === '' ? trimmed((await readPipedText(cli)) ?? '', mode) : given;
  if (query === '')
    throw new NootropicError('USAGE', 'There is nothing to search for.', {
      hint: 'For example: nootropic search "session storage"',
    });
  if (options.source !== undefined) return searchSources(cli, { workspace, query }, options);
  await withAssistant(cli, async (assistant) => {
    // Searching brings the index up to date by itself; it is done before only where its progress can be seen.
    if (mode === 'plain' && cli.showsProgress && options.json !== true)
      await refreshIndex({ cli, assistant, workspace });
    const { hits, notices } = await assistant.search(
      {
        workspace,
        query,
        mode,
        limit: options.limit,
        explain: options.explain === true,
        ...(options.path && { paths: options.path }),
        ...(options.lang && { languages: options.lang }),
        ...(options.kind && { kinds: options.kind }),
      },
      { signal: cli.signal },
    );
    if (options.json === true) for (const hit of hits) await cli.json(jsonHit(hit));
    else for (const [at, hit] of hits.entries()) await printHit(cli, hit, { mode, next: hits[at + 1] });
    if (options.json !== true && hits.length === 0) await cli.talk('Nothing found.\n');
    for (const notice of notices) await cli.talk(`note: ${cli.cleanTalk(notice)}\n`);
  });
}

async function searchSources(
  cli: Cli,
  asked: { readonly workspace: string; readonly query: string },
  { source = [], json, limit, ...others }: SearchOptions,
): Promise<void> {
  const given = (['path', 'lang', 'kind', 'exact', 'regex', 'explain'] as const).find((name) => others[name]);
  if (given !== undefined)
    throw new NootropicError('USAGE', `--${given} is for the files of the folder: it does not go with --source.`);
  const input = { ...asked, sources: source, limit: Math.min(limit, 100) };
  const hits = await withAssistant(cli, (assistant) => assistant.sources.search(input, { signal: cli.signal }));
  if (json === true) for (const hit of hits) await cli.json(jsonHit(hit));
  else for (const [at, hit] of hits.entries()) await printHit(cli, hit, { mode: 'plain', next: hits[at + 1] });
  if (json !== true && hits.length === 0) await cli.talk('Nothing found.\n');
}

function modeOf({ exact = false, regex = false }: SearchOptions): SearchMode {
  if (exact && regex) throw new NootropicError('USAGE', '--exact and --regex exclude each other.');
  return exact ? 'exact' : regex ? 'regex' : 'plain';
}

/** A line that a pipe ends in a line break is looked for without it. */
function trimmed(piped: string, mode: SearchMode): string {
  return mode === 'plain' ? piped.trim() : piped.replace(/\r?\n$/u, '');
}

function jsonHit({ path, startLine, endLine, symbol, score, snippet, signals }: SearchHit): SearchHit {
  return { path, startLine, endLine, symbol, score, snippet, ...(signals && { signals }) };
}

async function printHit(
  cli: Cli,
  hit: SearchHit,
  { mode, next }: { readonly mode: SearchMode; readonly next: SearchHit | undefined },
): Promise<void> {
  const { style } = cli;
  const at = cli.cell(place(hit));
  const symbol = cli.cell(hit.symbol);
  const room = cli.width - textWidth(at) - 2;
  const heading = symbol === '' || room < 4 ? style.cyan(at) : `${style.cyan(at)}  ${style.bold(fitted(symbol, room))}`;
  const snippet = cli.clean(hit.snippet).replaceAll('\t', '    ').trimEnd().split('\n').slice(0, 6);
  const lines = mode === 'plain' ? snippet : unindented(snippet);
  await cli.out(`${heading}\n${lines.map((line) => `${style.dim(fitted(`  ${line}`, cli.width))}\n`).join('')}`);
  for (const line of signalLines(cli, hit)) await cli.out(`  ${line}\n`);
  // Lines that were looked for stand close together, as those of one file do.
  if (mode === 'plain' || next?.path !== hit.path) await cli.out('\n');
}

function unindented(lines: readonly string[]): readonly string[] {
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/u)));
  return Number.isFinite(indent) ? lines.map((line) => line.slice(indent)) : lines;
}

/** `score 2.41 = text 0.50 (1.00) + vector …`: each part, with the value behind it, in lines that fit. */
function signalLines(cli: Cli, { score, signals }: SearchHit): string[] {
  if (signals === undefined) return [];
  const pieces = signals.map(
    ({ signal, value, part }) =>
      `${part < 0 ? '−' : '+'}${Math.abs(part).toFixed(3)} ${cli.cell(signal)} (${value.toFixed(2)})`,
  );
  const width = Math.min(cli.width, 100) - 2;
  const lines: string[] = [];
  let line = `score ${score.toFixed(3)} =`;
  for (const piece of pieces) {
    if (textWidth(line) + 2 + textWidth(piece) > width) {
      lines.push(line);
      line = '   ';
    }
    line += `  ${piece}`;
  }
  return [...lines, line];
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function collectKind(value: string, before: readonly SymbolKind[] = []): SymbolKind[] {
  const kinds = Object.keys(everyKind) as SymbolKind[];
  const kind = kinds.find((each) => each === value.toLowerCase());
  if (kind !== undefined) return [...before, kind];
  const near = nearestName(value, kinds);
  throw new NootropicError('USAGE', `\`${value}\` is no kind of symbol.`, {
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}Kinds: ${kinds.join(', ')}.`,
  });
}

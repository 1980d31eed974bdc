import { NootropicError, type RepoMap, type SymbolInfo } from '@nootropic/contracts';
import type { CodeGraph, GraphView } from './graph.ts';
import { findSymbols } from './graph-lookup.ts';
import { fileOf } from './graph-store.ts';
import { rankSymbols, type MapFocus, type RankedSymbol } from './map-rank.ts';
import { estimateTokens } from './token-estimate.ts';

export interface MapOptions {
  /** Default 1024. */
  readonly tokens?: number;
  /** Paths of files or folders, and names of symbols. */
  readonly focus?: readonly string[];
  /** Tokens of a text. Default: an estimate on the high side. */
  readonly countTokens?: (text: string) => number;
  readonly signal?: AbortSignal;
}

const defaultTokens = 1024;
/** No line of a map takes fewer tokens, so no more symbols than this can fit. */
const leastTokensOfLine = 4;
const mostSymbols = 5_000;
const longestLine = 120;

/**
 * An outline of the symbols that matter most: as many of the best as fit, found by halving, file by file, with their lines. The focus decides from where
 * importance is reckoned; what of it is neither a path nor a symbol is said.
 */
export async function mapRepository(graph: CodeGraph, options: MapOptions = {}): Promise<RepoMap> {
  const { tokens: budget = defaultTokens, countTokens = estimateTokens, signal } = options;
  const view = await graph.view(signal);
  const { focus, unknown } = readFocus(view, options.focus ?? []);
  const ranked = await rankSymbols(view, focus, signal);
  const most = Math.min(ranked.length, mostSymbols, Math.floor(budget / leastTokensOfLine));
  const best = ranked.slice(0, most);
  const infos = await graph.describe(
    view,
    best.map(({ handle }) => handle),
  );
  if (signal?.aborted) throw new NootropicError('ABORTED');

  let [low, high] = [0, best.length];
  let chosen = outline(best, infos, 0);
  let tokens = 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const tried = outline(best, infos, middle);
    const needed = countTokens(tried.text);
    if (needed <= budget) [low, chosen, tokens] = [middle, tried, needed];
    else high = middle - 1;
  }
  const all = view.tables.files.filter((file) => file !== undefined && file.symbols.length > 0).length;
  return {
    text: chosen.text,
    tokens,
    files: chosen.files,
    filesLeftOut: Math.max(0, all - chosen.files.length),
    ...(unknown.length > 0 && { unknownFocus: unknown }),
  };
}

function readFocus(
  view: GraphView,
  given: readonly string[],
): { readonly focus: MapFocus; readonly unknown: string[] } {
  const files = new Set<number>();
  const symbols = new Set<number>();
  const unknown: string[] = [];
  for (const each of given) {
    const path = each.trim().replace(/^\.\//u, '').replace(/\/$/u, '');
    const inFolder = view.tables.files.flatMap((file, at) =>
      file !== undefined && (path === '.' || file.path === path || file.path.startsWith(`${path}/`)) ? [at] : [],
    );
    const found = inFolder.length > 0 ? [] : findSymbols(view.tables, each).all;
    for (const file of inFolder) files.add(file);
    for (const { handle } of found) symbols.add(handle);
    if (inFolder.length === 0 && found.length === 0) unknown.push(each);
  }
  return { focus: { files, symbols }, unknown };
}

interface Outline {
  readonly text: string;
  readonly files: RepoMap['files'];
}

/** The first `count` symbols by file, the file with the best symbol first; within a file in the order of their lines. */
function outline(ranked: readonly RankedSymbol[], infos: readonly SymbolInfo[], count: number): Outline {
  const byFile = new Map<number, { path: string; rank: number; symbols: SymbolInfo[] }>();
  for (let at = 0; at < count; at += 1) {
    const [entry, symbol] = [ranked[at], infos[at]];
    if (entry === undefined || symbol === undefined) continue;
    const file = fileOf(entry.handle);
    const known = byFile.get(file);
    if (known === undefined) byFile.set(file, { path: symbol.path, rank: entry.rank, symbols: [symbol] });
    else {
      known.rank += entry.rank;
      known.symbols.push(symbol);
    }
  }
  const files = [...byFile.values()].map(({ path, rank, symbols }) => ({
    path,
    rank,
    symbols: symbols.sort((one, other) => one.startLine - other.startLine || other.endLine - one.endLine),
  }));
  const text = files.map(({ path, symbols }) => [path, ...linesOf(symbols)].join('\n')).join('\n\n');
  return { text: text === '' ? '' : `${text}\n`, files };
}

/** One line for each symbol, below what holds it. */
function linesOf(symbols: readonly SymbolInfo[]): string[] {
  const holders: SymbolInfo[] = [];
  return symbols.map((symbol) => {
    while (holders.length > 0 && (holders.at(-1)?.endLine ?? 0) < symbol.startLine) holders.pop();
    const indent = '  '.repeat(holders.length + 1);
    holders.push(symbol);
    const shown = symbol.signature === '' ? `${symbol.kind} ${symbol.name}` : symbol.signature;
    const line = `${indent}${String(symbol.startLine)} ${shown.replace(/^export (?:default )?/u, '')}`;
    return line.length > longestLine ? `${line.slice(0, longestLine - 1)}…` : line;
  });
}

import { NootropicError } from '@nootropic/contracts';
import type { GraphView } from './graph.ts';
import { fileOf, handleOf } from './graph-store.ts';
import { isCopy } from './path-copy.ts';
import { roleWeight } from './path-role.ts';

export interface MapFocus {
  /** Numbers of files that the map is about. */
  readonly files: ReadonlySet<number>;
  /** Handles of symbols that it is about. */
  readonly symbols: ReadonlySet<number>;
}

export interface RankedSymbol {
  readonly handle: number;
  readonly rank: number;
}

/** How likely a step of the walk follows an edge; else it begins anew at the focus. The usual value of PageRank. */
const damping = 0.85;
const mostRounds = 100;
/** Changes of all ranks together below which they count as settled. */
const settled = 1e-6;
const weakEdge = 0.1;
const longName = 8;
const focusWeight = 10;
/** Of what is compiled from a source, or only declares it, where that source is here too. */
const copyWeight = 0.02;
/** Files that are looked at before others get their turn. */
const filesInOneGo = 64;
const noQuestion = { tests: false, examples: false, documents: false, settings: false };

/**
 * Ranks symbols by personalised PageRank over the files, as Aider's repository map does (https://aider.chat/2023/10/22/repomap.html): a file passes its
 * rank on to the files whose symbols it mentions, by the square root of how often, with more weight for long, specific names and what the focus
 * names, less for private ones and for what is known by name only; the rank that comes along an edge belongs to the symbol mentioned. Best first; the same
 * graph and focus give the same order. Rejects with `ABORTED`.
 */
export async function rankSymbols(view: GraphView, focus: MapFocus, signal?: AbortSignal): Promise<RankedSymbol[]> {
  const edges = await weighEdges(view, focus, signal);
  const ranks = pageRank(edges, startingAt(view, focus), signal);
  const bySymbol = new Map<number, number>();
  for (let file = 0; file + 1 < edges.starts.length; file += 1) {
    const share = (ranks[file] ?? 0) / (edges.given[file] ?? 1);
    for (let at = edges.starts[file] ?? 0; at < (edges.starts[file + 1] ?? 0); at += 1) {
      const handle = edges.symbols[at] ?? 0;
      bySymbol.set(handle, (bySymbol.get(handle) ?? 0) + share * (edges.weights[at] ?? 0));
    }
  }
  const inSource = namesInSource(view);
  addUnmentioned(view, { ranks, bySymbol, focus });
  return [...bySymbol]
    .filter(([handle]) => isOutlined(view, handle))
    .map(([handle, rank]) => ({ handle, rank: rank * roleOf(view, handle, { focus, inSource }) }))
    .sort((one, other) => other.rank - one.rank || place(view, one.handle, other.handle));
}

/** Mentions between files: those of file `n` are `starts[n]` to before `starts[n + 1]`, each with the symbol, its file and a weight. */
interface WeightedEdges {
  readonly starts: Int32Array;
  readonly symbols: Float64Array;
  readonly files: Int32Array;
  readonly weights: Float64Array;
  /** All that a file gives. */
  readonly given: Float64Array;
}

/** Power iteration; what a file without mentions has goes back to the start. */
function pageRank(edges: WeightedEdges, start: Float64Array, signal: AbortSignal | undefined): Float64Array {
  const { starts, files, weights, given } = edges;
  let ranks = start.slice();
  for (let round = 0; round < mostRounds; round += 1) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    const next = new Float64Array(start.length);
    let idle = 0;
    for (let file = 0; file < start.length; file += 1) {
      const rank = ranks[file] ?? 0;
      const total = given[file] ?? 0;
      if (total === 0) idle += rank;
      else if (rank > 0) {
        const share = (damping * rank) / total;
        for (let at = starts[file] ?? 0; at < (starts[file + 1] ?? 0); at += 1) {
          const to = files[at] ?? 0;
          next[to] = (next[to] ?? 0) + share * (weights[at] ?? 0);
        }
      }
    }
    let change = 0;
    for (let file = 0; file < start.length; file += 1) {
      const rank = (next[file] ?? 0) + (1 - damping + damping * idle) * (start[file] ?? 0);
      change += Math.abs(rank - (ranks[file] ?? 0));
      next[file] = rank;
    }
    ranks = next;
    if (change < settled) break;
  }
  return ranks;
}

function roleOf(
  { tables }: GraphView,
  handle: number,
  { focus, inSource }: { readonly focus: MapFocus; readonly inSource: ReadonlySet<number> },
): number {
  const file = fileOf(handle);
  const role = tables.file(file)?.role;
  const symbol = tables.symbol(handle);
  if (role === undefined || symbol === undefined || focus.files.has(file)) return 1;
  if (isCopy(role) && inSource.has(symbol.name)) return copyWeight;
  return roleWeight(role, noQuestion);
}

/** Numbers of the names that a source file defines. */
function namesInSource({ tables }: GraphView): Set<number> {
  const names = new Set<number>();
  for (const [file, entry] of tables.files.entries()) {
    if (entry?.role !== 'source') continue;
    for (let at = 0; at < tables.symbolsOf(file); at += 1) names.add(tables.symbol(handleOf(file, at))?.name ?? -1);
  }
  return names;
}

/** By path and place, so that equal ranks have one order. */
function place({ tables }: GraphView, one: number, other: number): number {
  const [a, b] = [tables.file(fileOf(one))?.path ?? '', tables.file(fileOf(other))?.path ?? ''];
  return a === b ? one - other : a < b ? -1 : 1;
}

/** For each file, what it mentions in other files and with what weight. */
async function weighEdges(
  { tables, resolver }: GraphView,
  focus: MapFocus,
  signal: AbortSignal | undefined,
): Promise<WeightedEdges> {
  const starts = new Int32Array(tables.files.length + 1);
  const given = new Float64Array(tables.files.length);
  const symbols: number[] = [];
  const weights: number[] = [];
  for (let file = 0; file < tables.files.length; file += 1) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    if (file % filesInOneGo === filesInOneGo - 1) await new Promise<void>((resume) => setTimeout(resume, 0));
    const counts = new Map<number, { count: number; weak: boolean }>();
    for (let at = 0; at < tables.mentionsOf(file); at += 1) {
      const mention = tables.mention(file, at);
      const { targets, strength } = resolver.resolve(mention);
      for (const target of targets) {
        if (fileOf(target) === file) continue;
        const known = counts.get(target);
        const share = mention.count / targets.length;
        if (known === undefined) counts.set(target, { count: share, weak: strength === 'name' });
        else {
          known.count += share;
          known.weak &&= strength === 'name';
        }
      }
    }
    for (const { names } of tables.file(file)?.imports ?? []) {
      for (const { as } of names) {
        for (const target of resolver.imported(file, as)) {
          if (fileOf(target) !== file && !counts.has(target)) counts.set(target, { count: 1, weak: false });
        }
      }
    }
    for (const [handle, { count, weak }] of counts) {
      const symbol = tables.symbol(handle);
      if (symbol === undefined) continue;
      const focused = focus.symbols.has(handle) ? focusWeight : 1;
      const named = specificity(tables.names.name(symbol.last)) * (weak ? weakEdge : 1);
      const weight = Math.sqrt(count) * named * focused;
      symbols.push(handle);
      weights.push(weight);
      given[file] = (given[file] ?? 0) + weight;
    }
    starts[file + 1] = symbols.length;
  }
  return {
    starts,
    symbols: Float64Array.from(symbols),
    files: Int32Array.from(symbols, fileOf),
    weights: Float64Array.from(weights),
    given,
  };
}

/** A name that is long and of several words says more than `get`; one that is private says little about what others need. */
function specificity(name: string): number {
  if (name.startsWith('_') || name.startsWith('#')) return 0.1;
  const words = /[_-]/u.test(name) || /\p{Ll}\p{Lu}/u.test(name);
  return words && name.length >= longName ? 10 : 1;
}

/** Where the walk begins: at the focus, or without one at every file of code. */
function startingAt({ tables }: GraphView, focus: MapFocus): Float64Array {
  const start = new Float64Array(tables.files.length);
  const files = new Set([...focus.files, ...[...focus.symbols].map(fileOf)]);
  const chosen =
    files.size > 0
      ? [...files]
      : tables.files.flatMap((file, at) => (file !== undefined && file.symbols.length > 0 ? [at] : []));
  for (const file of chosen) start[file] = 1 / chosen.length;
  return start;
}

/** A symbol that nobody mentions gets a little of its file's rank, so that a file of which nothing is used elsewhere is not lost. */
function addUnmentioned(
  { tables }: GraphView,
  {
    ranks,
    bySymbol,
    focus,
  }: { readonly ranks: Float64Array; readonly bySymbol: Map<number, number>; readonly focus: MapFocus },
): void {
  for (let file = 0; file < tables.files.length; file += 1) {
    const count = tables.symbolsOf(file);
    for (let at = 0; at < count; at += 1) {
      const handle = handleOf(file, at);
      const symbol = tables.symbol(handle);
      if (symbol === undefined) continue;
      const focused = focus.symbols.has(handle);
      const extra = focused ? (ranks[file] ?? 0) : ((ranks[file] ?? 0) * 0.1 * (symbol.holder < 0 ? 1 : 0.5)) / count;
      if (focused || !bySymbol.has(handle)) bySymbol.set(handle, (bySymbol.get(handle) ?? 0) + extra);
    }
  }
}

/** What is worth a line of a map: not a field or a variable, and nothing inside a function. */
function isOutlined({ tables }: GraphView, handle: number): boolean {
  let symbol = tables.symbol(handle);
  if (symbol === undefined || symbol.kind === 'field' || symbol.kind === 'variable') return false;
  for (let depth = 0; symbol !== undefined && symbol.holder >= 0 && depth < 64; depth += 1) {
    symbol = tables.symbol(handleOf(symbol.file, symbol.holder));
    if (symbol?.kind === 'function' || symbol?.kind === 'method' || symbol?.kind === 'constant') return false;
  }
  return true;
}

import type { SymbolInfo } from '@nootropic/contracts';
import { lastPart } from './graph-names.ts';
import { handleOf, type GraphSymbol, type GraphTables } from './graph-store.ts';

export interface Found {
  /** The symbols that are meant: one, or several parts of one (overloads, a type and a value of one name). */
  readonly meant: readonly GraphSymbol[];
  /** All that the name may mean, where it is ambiguous; else the same as `meant`. */
  readonly all: readonly GraphSymbol[];
}

/** Names that are like one that is not known, at most this many. */
const mostNear = 5;

/** Finds a symbol by its qualified name, the end of it, `path:name`, or `path:line`. */
export function findSymbols(tables: GraphTables, wanted: string): Found {
  const text = wanted.trim();
  const colon = text.lastIndexOf(':');
  if (colon > 0 && text[colon - 1] !== ':') {
    const [path, name] = [text.slice(0, colon).replace(/^\.\//u, ''), text.slice(colon + 1).trim()];
    const exact = tables.paths.at(path);
    const files = exact === undefined ? tables.paths.endingIn(path, '') : [exact];
    if (files.length > 0) {
      const line = /^\d+$/u.test(name) ? Number(name) : undefined;
      const found = files.flatMap((file) =>
        line === undefined ? named(tables, name).filter((symbol) => symbol.file === file) : atLine(tables, file, line),
      );
      return choose(tables, found, name);
    }
  }
  return choose(tables, named(tables, text), text);
}

function dotted(name: string): string {
  return name.replace(/\(\)$/u, '').replace(/::|#|->|\\/gu, '.');
}

function named(tables: GraphTables, name: string): GraphSymbol[] {
  const wanted = dotted(name);
  const last = tables.names.find(lastPart(wanted));
  if (last === undefined || wanted === '') return [];
  const found: GraphSymbol[] = [];
  for (const handle of tables.definitions(last)) {
    const symbol = tables.symbol(handle);
    if (symbol === undefined) continue;
    const full = dotted(tables.names.name(symbol.name));
    if (full === wanted || full.endsWith(`.${wanted}`)) found.push(symbol);
  }
  return found;
}

/** The innermost symbol that holds the line. */
function atLine(tables: GraphTables, file: number, line: number): GraphSymbol[] {
  let best: GraphSymbol | undefined;
  for (let at = 0; at < tables.symbolsOf(file); at += 1) {
    const symbol = tables.symbol(handleOf(file, at));
    if (symbol === undefined || symbol.startLine > line || symbol.endLine < line) continue;
    if (best === undefined || symbol.endLine - symbol.startLine <= best.endLine - best.startLine) best = symbol;
  }
  return best === undefined ? [] : [best];
}

/** Of several: those that bear exactly this name, then those in source; parts of one symbol count as one. */
function choose(tables: GraphTables, found: readonly GraphSymbol[], name: string): Found {
  const wanted = dotted(name);
  const narrowings: ((symbol: GraphSymbol) => boolean)[] = [
    (symbol) => dotted(tables.names.name(symbol.name)) === wanted,
    (symbol) => tables.file(symbol.file)?.role === 'source',
    (symbol) => symbol.kind !== 'field' && symbol.kind !== 'variable',
  ];
  let left = found;
  for (const holds of narrowings) {
    if (isOne(left)) break;
    const kept = left.filter(holds);
    if (kept.length > 0) left = kept;
  }
  const all = left.toSorted((one, other) => {
    const [a, b] = [tables.file(one.file)?.path ?? '', tables.file(other.file)?.path ?? ''];
    return a === b ? one.startLine - other.startLine : a < b ? -1 : 1;
  });
  return { meant: isOne(all) ? all : [], all };
}

function isOne(symbols: readonly GraphSymbol[]): boolean {
  const [first] = symbols;
  return symbols.every((symbol) => symbol.file === first?.file && symbol.name === first.name);
}

/** Names like one that is not known: in another case, longer, or with few other letters. The nearest first. */
export function nearNames(tables: GraphTables, wanted: string): string[] {
  const text = lastPart(dotted(wanted.slice(wanted.lastIndexOf(':') + 1))).toLowerCase();
  if (text === '') return [];
  const most = Math.max(1, Math.floor(text.length / 3));
  const near = new Map<string, number>();
  const seen = new Set<number>();
  for (let file = 0; file < tables.files.length; file += 1) {
    for (let at = 0; at < tables.symbolsOf(file); at += 1) {
      const symbol = tables.symbol(handleOf(file, at));
      if (symbol === undefined || seen.has(symbol.name)) continue;
      seen.add(symbol.name);
      const last = tables.names.name(symbol.last).toLowerCase();
      const distance = distanceBetween(text, last, most);
      if (distance === undefined) continue;
      // Tests name things like what they test; the thing itself is meant more often.
      near.set(tables.names.name(symbol.name), distance + (tables.file(file)?.role === 'source' ? 0 : 0.5));
    }
  }
  return [...near]
    .sort(([one, a], [other, b]) => a - b || one.length - other.length || (one < other ? -1 : 1))
    .slice(0, mostNear)
    .map(([name]) => name);
}

function distanceBetween(wanted: string, name: string, most: number): number | undefined {
  if (wanted === name) return 0;
  if (wanted.length >= 3 && name.includes(wanted)) return 1 + (name.length - wanted.length) / 100;
  if (Math.abs(wanted.length - name.length) > most) return undefined;
  const distance = changesBetween(wanted, name);
  return distance <= most ? 1 + distance : undefined;
}

/**
 * Insertions, deletions, replacements and swaps of neighbours that turn one text into the other (optimal string alignment:
 * https://en.wikipedia.org/wiki/Damerau%E2%80%93Levenshtein_distance).
 */
function changesBetween(from: string, to: string): number {
  let older: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (last[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      let least = Math.min(replaced, (last[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (swapped) least = Math.min(least, (older[j - 2] ?? 0) + 1);
      next.push(least);
    }
    older = last;
    last = next;
  }
  return last[to.length] ?? 0;
}

/** What is shown of a symbol when its file can no longer be asked. */
export function bareSymbol(tables: GraphTables, symbol: GraphSymbol): SymbolInfo {
  return {
    path: tables.file(symbol.file)?.path ?? '',
    name: tables.names.name(symbol.name),
    kind: symbol.kind,
    startLine: symbol.startLine,
    endLine: symbol.endLine,
    signature: '',
    doc: '',
  };
}

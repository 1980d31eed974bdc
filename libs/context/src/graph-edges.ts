import type { EdgeStrength, ReferenceKind } from '@nootropic/contracts';
import type { Resolver } from './graph-resolve.ts';
import { fileOf, handleOf, placeOf, wholeFile, type GraphSymbol, type GraphTables } from './graph-store.ts';

/** One symbol (or file as a whole) mentions another. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly kind: ReferenceKind;
  readonly strength: EdgeStrength;
  /** File and line of the first mention, which is always in the file of `from`. */
  readonly line: number;
  /** As it is written there. */
  readonly name: number;
}

/** The edges of the graph, worked out when they are asked for. Every end is a symbol that exists, or a file as a whole. */
export interface Edges {
  into(handle: number): readonly Edge[];
  outOf(handle: number): readonly Edge[];
  /** The symbol and all that it holds: a class and its members, a function and those inside it. */
  withMembers(handle: number): readonly number[];
}

export function createEdges(tables: GraphTables, resolver: Resolver): Edges {
  const inner = new Map<number, ReadonlyMap<number, readonly number[]>>();
  const incoming = new Map<number, readonly Edge[]>();

  /** The symbols that each symbol of a file holds directly. */
  const innerOf = (file: number): ReadonlyMap<number, readonly number[]> => {
    const known = inner.get(file);
    if (known !== undefined) return known;
    const made = new Map<number, number[]>();
    for (let at = 0; at < tables.symbolsOf(file); at += 1) {
      const holder = tables.symbol(handleOf(file, at))?.holder ?? -1;
      if (holder < 0) continue;
      const list = made.get(holder);
      if (list === undefined) made.set(holder, [at]);
      else list.push(at);
    }
    inner.set(file, made);
    return made;
  };

  const withMembers = (handle: number): readonly number[] => {
    if (placeOf(handle) === wholeFile) return [handle];
    const file = fileOf(handle);
    const held = innerOf(file);
    const found = [placeOf(handle)];
    const seen = new Set(found);
    for (const at of found) {
      for (const below of held.get(at) ?? []) {
        if (seen.has(below)) continue;
        seen.add(below);
        found.push(below);
      }
    }
    return found.map((at) => handleOf(file, at));
  };

  const edgesOf = (file: number, at: number, wanted?: number): Edge[] => {
    const mention = tables.mention(file, at);
    const { targets, strength } = resolver.resolve(mention);
    const from = handleOf(file, mention.from < 0 ? wholeFile : mention.from);
    const { kind, line, name } = mention;
    return targets.flatMap((to) =>
      to === from || (wanted !== undefined && to !== wanted) ? [] : [{ from, to, kind, strength, line, name }],
    );
  };

  /** The imports that lead to a symbol, with what it is called there; through files that pass it on under another name too. */
  const importersOf = (symbol: GraphSymbol): Importer[] => {
    const byDefault = tables.names.find('default');
    const names = [symbol.last, ...(byDefault === undefined ? [] : [byDefault])];
    const seen = new Set(names);
    const found: Importer[] = [];
    for (const name of names) {
      for (const importer of tables.importers(name)) {
        const { file, as } = importer;
        if (file === symbol.file || !resolver.imported(file, as).includes(symbol.handle)) continue;
        found.push(importer);
        if (!seen.has(as)) names.push(as);
        seen.add(as);
      }
    }
    return found;
  };

  const mentionsNaming = (symbol: GraphSymbol, importers: readonly Importer[]): number[] => {
    const places = [...tables.mentions(symbol.last)];
    for (const { file, as } of importers) {
      if (as === symbol.last) continue;
      for (const place of tables.mentions(as)) if (fileOf(place) === file) places.push(place);
    }
    return places;
  };

  const edgesInto = (symbol: GraphSymbol): Edge[] => {
    const importers = importersOf(symbol);
    const mentions = mentionsNaming(symbol, importers).flatMap((place) =>
      edgesOf(fileOf(place), placeOf(place), symbol.handle),
    );
    // A file that imports a symbol uses it, even where nothing in it was seen to mention it.
    const files = new Set(mentions.filter(({ strength }) => strength === 'resolved').map(({ from }) => fileOf(from)));
    const imports = importers.filter(({ file }) => !files.has(file));
    return [...mentions, ...imports.map((importer) => importEdge(importer, symbol.handle))];
  };

  return {
    withMembers,
    into(handle) {
      const known = incoming.get(handle);
      if (known !== undefined) return known;
      const symbol = tables.symbol(handle);
      const edges = symbol === undefined ? [] : strongest(edgesInto(symbol), 'from');
      incoming.set(handle, edges);
      return edges;
    },
    outOf(handle) {
      const file = fileOf(handle);
      const whole = placeOf(handle) === wholeFile;
      const holders = new Set(whole ? [-1] : withMembers(handle).map(placeOf));
      const edges: Edge[] = [];
      for (let at = 0; at < tables.mentionsOf(file); at += 1) {
        if (holders.has(tables.mention(file, at).from)) edges.push(...edgesOf(file, at));
      }
      if (whole) {
        const seen = new Set(edges.map(({ to }) => to));
        for (const { line, names } of tables.file(file)?.imports ?? []) {
          for (const { as } of names) {
            for (const to of resolver.imported(file, as)) {
              if (fileOf(to) !== file && !seen.has(to)) edges.push(importEdge({ file, as, line }, to));
            }
          }
        }
      }
      const own = new Set(whole ? [] : withMembers(handle));
      return strongest(
        edges.filter((edge) => !own.has(edge.to)),
        'to',
      );
    },
  };
}

interface Importer {
  readonly file: number;
  readonly as: number;
  readonly line: number;
}

function importEdge({ file, as, line }: Importer, to: number): Edge {
  return { from: handleOf(file, wholeFile), to, kind: 'use', strength: 'resolved', line, name: as };
}

/** One edge for each symbol at the other end: the surest, of those the first. */
function strongest(edges: readonly Edge[], end: 'from' | 'to'): Edge[] {
  const kept = new Map<number, Edge>();
  for (const edge of edges) {
    const before = kept.get(edge[end]);
    if (before === undefined || weight(edge) > weight(before)) kept.set(edge[end], edge);
  }
  return [...kept.values()];
}

const kindWeight: Readonly<Record<ReferenceKind, number>> = { inherit: 2, call: 1, use: 0 };

function weight({ strength, kind }: Edge): number {
  return (strength === 'resolved' ? 10 : 0) + kindWeight[kind];
}

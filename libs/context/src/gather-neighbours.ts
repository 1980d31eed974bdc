import { NootropicError, type Reference, type SearchIndex, type SymbolInfo } from '@nootropic/contracts';
import { callersOf } from './callers.ts';
import type { CodeGraph } from './graph.ts';
import { pathRole } from './path-role.ts';

export interface NeighbourPorts {
  readonly index: SearchIndex;
  /** Tells what names mean by imports. Without it, names alone decide. */
  readonly graph?: Pick<CodeGraph, 'ask'> | undefined;
}

/** What is around a symbol, the nearest first. */
export interface Neighbours {
  /** Types in its signature, and what it derives from. */
  readonly types: readonly SymbolInfo[];
  readonly callees: readonly SymbolInfo[];
  readonly callers: readonly SymbolInfo[];
  /** Places in tests that name it. */
  readonly tests: readonly Reference[];
}

/** With more definitions of a name than this, a place that names it may mean any of them. */
const mostNamesakes = 3;
/** The graph is held in memory and made when it is first asked for: of more files than this that is too long to wait for with a question. */
const graphFiles = 3000;
const mostNodes = 20;

const typeKinds = new Set<SymbolInfo['kind']>(['class', 'interface', 'type', 'enum', 'table']);

/** By the graph where there is one and it is quick to make. What it does not know, and all where it fails, by names. */
export async function neighboursOf(
  ports: NeighbourPorts,
  definition: SymbolInfo,
  signal?: AbortSignal,
): Promise<Neighbours> {
  const { graph, index } = ports;
  const named = await byNames(index, definition);
  if (graph !== undefined && (await index.files()).length <= graphFiles) {
    try {
      const found = await byGraph(graph, definition, signal);
      if (found !== undefined)
        return {
          types: [...found.types, ...named.types],
          callees: orElse(found.callees, named.callees),
          callers: orElse(found.callers, named.callers),
          tests: orElse(found.tests, named.tests),
        };
    } catch (error) {
      if (NootropicError.from(error).code === 'ABORTED') throw error;
    }
  }
  return named;
}

function orElse<T>(found: readonly T[], others: readonly T[]): readonly T[] {
  return found.length > 0 ? found : others;
}

async function byGraph(
  graph: Pick<CodeGraph, 'ask'>,
  definition: SymbolInfo,
  signal: AbortSignal | undefined,
): Promise<Neighbours | undefined> {
  const symbol = `${definition.path}:${definition.name}`;
  const ask = (what: 'callers' | 'callees' | 'tests') => graph.ask({ ask: what, symbol, limit: mostNodes }, signal);
  const out = await ask('callees');
  const isMeant = out.symbols.some(
    ({ path, startLine }) => path === definition.path && startLine === definition.startLine,
  );
  if (!isMeant) return undefined;
  const [into, tested] = [await ask('callers'), await ask('tests')];
  const inSignature = namesIn(definition.signature);
  const named = ({ name }: SymbolInfo): boolean => name !== '';
  const nodes = out.nodes.filter((node) => named(node.symbol));
  return {
    types: nodes
      .filter(
        ({ symbol: each, relation }) =>
          typeKinds.has(each.kind) && (relation === 'base of' || inSignature.has(lastPart(each.name))),
      )
      .map((node) => node.symbol),
    callees: nodes
      .filter(({ symbol: each, relation }) => relation === 'called by' && !typeKinds.has(each.kind))
      .map((node) => node.symbol),
    callers: into.nodes
      .filter((node) => named(node.symbol) && node.relation === 'calls' && pathRole(node.symbol.path) !== 'tests')
      .map((node) => node.symbol),
    tests: tested.nodes.map(
      ({ symbol: each, at }) => at ?? { path: each.path, line: each.startLine, name: definition.name, from: each.name },
    ),
  };
}

async function byNames(index: SearchIndex, definition: SymbolInfo): Promise<Neighbours> {
  const references = await referencesIn(index, definition);
  const types = await definitionsOf(index, definition, [
    ...namesIn(definition.signature),
    ...references.filter(({ kind }) => kind === 'inherit').map(({ name }) => name),
  ]);
  const callees = await definitionsOf(
    index,
    definition,
    references.filter(({ kind = 'call' }) => kind === 'call').map(({ name }) => name),
  );
  const places = await callersOf(index, definition, mostNodes);
  const outer = places.filter(({ path }) => pathRole(path) !== 'tests');
  const holders = await Promise.all(outer.map((place) => holderOf(index, place)));
  return {
    types: types.filter(({ kind }) => typeKinds.has(kind)),
    callees: callees.filter(({ kind }) => !typeKinds.has(kind)),
    callers: holders.filter((one) => one !== undefined),
    tests: places.filter(({ path }) => pathRole(path) === 'tests'),
  };
}

async function referencesIn(index: SearchIndex, definition: SymbolInfo): Promise<Reference[]> {
  const found: Reference[] = [];
  for await (const facts of index.facts([definition.path])) {
    found.push(...facts.references.filter(({ line }) => line >= definition.startLine && line <= definition.endLine));
  }
  return found;
}

/** What names mean: what is defined in the same file, or nearby, or only once. In the order of the names. */
async function definitionsOf(index: SearchIndex, target: SymbolInfo, names: readonly string[]): Promise<SymbolInfo[]> {
  const found: SymbolInfo[] = [];
  for (const name of [...new Set(names.map(lastPart))].slice(0, 40)) {
    const all = (await index.symbols(name)).filter(({ kind }) => kind !== 'section' && kind !== 'key');
    const here = all.find(({ path }) => path === target.path);
    const outer = all.filter(({ path }) => pathRole(path) !== 'tests');
    if (here !== undefined) found.push(here);
    else if (outer.length > 0 && outer.length <= mostNamesakes) {
      const closest = outer.toSorted((one, other) => shared(other.path, target.path) - shared(one.path, target.path));
      found.push(...closest.slice(0, 1));
    }
  }
  return found.filter(({ path, startLine }) => path !== target.path || startLine !== target.startLine);
}

/** The symbol that holds a place. */
export async function holderOf(index: SearchIndex, place: Reference): Promise<SymbolInfo | undefined> {
  if (place.from === '') return undefined;
  return (await index.symbols(place.from)).find(
    ({ path, startLine, endLine }) => path === place.path && startLine <= place.line && endLine >= place.line,
  );
}

/** Folders that two paths have in common at their start. */
function shared(one: string, other: string): number {
  const [a, b] = [one.split('/'), other.split('/')];
  let count = 0;
  while (count < a.length && a[count] === b[count]) count += 1;
  return count;
}

function namesIn(signature: string): Set<string> {
  return new Set(signature.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []);
}

export function lastPart(name: string): string {
  return name.split(/[.#]|::/u).at(-1) ?? name;
}

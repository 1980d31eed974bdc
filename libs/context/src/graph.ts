import {
  NootropicError,
  type EdgeStrength,
  type Files,
  type GraphAnswer,
  type GraphNode,
  type GraphQuery,
  type History,
  type ReferenceKind,
  type SearchIndex,
  type SymbolInfo,
} from '@nootropic/contracts';
import { createEdges, type Edge, type Edges } from './graph-edges.ts';
import { createGraphFile } from './graph-file.ts';
import { historyOf } from './graph-history.ts';
import { bareSymbol, findSymbols, nearNames } from './graph-lookup.ts';
import { isProjectSettings, readProjects, type Projects } from './graph-projects.ts';
import { createResolver, type Resolver } from './graph-resolve.ts';
import { createGraphStore, fileOf, handleOf, placeOf, wholeFile, type GraphTables } from './graph-store.ts';
import { testsNamedAfter } from './graph-tests.ts';
import { chainTo, walkGraph, type Reached } from './graph-walk.ts';

export interface CodeGraphPorts {
  readonly index: Pick<SearchIndex, 'files' | 'facts'>;
  /** Reads the settings of packages, from which imports are resolved. */
  readonly files: Pick<Files, 'read'>;
  readonly history?: History | undefined;
}

/** The graph at one moment. It stays whole while a later one is made. */
export interface GraphView {
  readonly tables: GraphTables;
  readonly resolver: Resolver;
  readonly edges: Edges;
}

export interface CodeGraph {
  /** Answers as `Knowledge.graph` says. */
  ask(query: GraphQuery, signal?: AbortSignal): Promise<GraphAnswer>;
  /** The graph of the index as it is now. Only files that changed since are read. */
  view(signal?: AbortSignal): Promise<GraphView>;
  /** What the parser found of these symbols, in the same order. A file as a whole has an empty name. */
  describe(view: GraphView, handles: readonly number[]): Promise<SymbolInfo[]>;
}

const defaultLimit = 100;
const depths: Readonly<Record<GraphQuery['ask'], number>> = { callers: 1, callees: 1, impact: 3, tests: 2, path: 8 };
/** Files that are read before others get their turn. */
const filesInOneGo = 64;
/** The table of names is begun anew when it holds so many more than a fresh one had: names of text that is gone. */
const staleNames = { factor: 2, least: 100_000 };

/**
 * The graph of symbols: what calls, uses and derives from what. It is kept in memory as numbers, made from the index when it is first asked
 * for, and brought up to date file by file. Edges are worked out only where a question leads.
 */
export function createCodeGraph(ports: CodeGraphPorts): CodeGraph {
  const store = createGraphStore();
  let projects: { readonly versions: string; readonly read: Projects } | undefined;
  let freshNames = 0;
  let current: GraphView | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  async function update(signal: AbortSignal | undefined): Promise<GraphView> {
    const wanted = new Map(
      (await ports.index.files()).map(({ path, hash, mtimeMs, bytes }) => [
        path,
        `${hash} ${String(mtimeMs)} ${String(bytes)}`,
      ]),
    );
    const before = store.versions();
    const gone = [...before.keys()].filter((path) => !wanted.has(path));
    const changed = [...wanted].filter(([path, version]) => before.get(path) !== version).map(([path]) => path);
    if (current !== undefined && gone.length === 0 && changed.length === 0) return current;
    current = undefined;
    const anew = store.size > 0 && store.names.size > freshNames * staleNames.factor + staleNames.least;
    if (anew) store.clear();
    for (const path of gone) store.remove(path);
    const all = anew || changed.length === wanted.size;
    let count = 0;
    for await (const facts of ports.index.facts(all ? undefined : changed)) {
      if (signal?.aborted) throw new NootropicError('ABORTED');
      const version = wanted.get(facts.path);
      if (version !== undefined) store.put(createGraphFile(facts, version, store.names));
      count += 1;
      if (count % filesInOneGo === 0) await new Promise<void>((resume) => setTimeout(resume, 0));
    }
    if (all) freshNames = store.names.size;
    const settings = [...wanted].filter(([path]) => isProjectSettings(path));
    const versions = settings.flat().join('\n');
    if (projects?.versions !== versions) {
      const read = await readProjects(
        ports.files,
        settings.map(([path]) => path),
        signal,
      );
      projects = { versions, read };
    }
    const tables = store.tables();
    const resolver = createResolver(tables, {
      paths: tables.paths,
      projects: projects.read,
      declaring: namespaces(tables),
    });
    current = { tables, resolver, edges: createEdges(tables, resolver) };
    return current;
  }

  /** One update after the other; an update that fails or is cancelled leaves what it has read, and the next goes on from there. */
  function view(signal?: AbortSignal): Promise<GraphView> {
    if (signal?.aborted) return Promise.reject(new NootropicError('ABORTED'));
    const mine = turn.then(() => update(signal));
    turn = mine.catch(() => undefined);
    return mine;
  }

  async function describe({ tables }: GraphView, handles: readonly number[]): Promise<SymbolInfo[]> {
    const paths = new Set(handles.flatMap((handle) => tables.file(fileOf(handle))?.path ?? []));
    const known = new Map<string, SymbolInfo>();
    const keyOf = ({ path, name, startLine }: SymbolInfo): string => `${String(startLine)} ${name} ${path}`;
    for await (const { symbols } of ports.index.facts([...paths])) {
      for (const symbol of symbols) known.set(keyOf(symbol), symbol);
    }
    return handles.map((handle) => {
      const symbol = tables.symbol(handle);
      if (symbol === undefined) return fileAsSymbol(tables.file(fileOf(handle))?.path ?? '');
      const bare = bareSymbol(tables, symbol);
      return known.get(keyOf(bare)) ?? bare;
    });
  }

  return {
    view,
    describe,
    async ask(query, signal) {
      const graph = await view(signal);
      const { limit = defaultLimit } = query;
      const from = findSymbols(graph.tables, query.symbol);
      const to = query.ask === 'path' ? findSymbols(graph.tables, query.to ?? '') : undefined;
      const unclear = from.meant.length === 0 ? from : to?.meant.length === 0 ? to : undefined;
      if (unclear !== undefined) {
        const name = unclear === from ? query.symbol : (query.to ?? '');
        const symbols = await describe(
          graph,
          unclear.all.slice(0, limit).map(({ handle }) => handle),
        );
        const near = symbols.length === 0 ? nearNames(graph.tables, name) : [];
        const truncated = unclear.all.length > limit;
        return { symbols, nodes: [], truncated, unclear: name, ...(near.length > 0 && { near }) };
      }
      const seeds = from.meant.map(({ handle }) => handle);
      const steps = await answer(graph, { query, seeds, goals: to?.meant.map(({ handle }) => handle) ?? [], signal });
      const sorted = query.ask === 'path' ? steps : inOrder(graph.tables, withoutOverloads(graph.tables, steps));
      const shown = sorted.slice(0, limit);
      const infos = await describe(graph, [...seeds, ...shown.map(({ handle }) => handle)]);
      const symbols = infos.slice(0, seeds.length);
      const nodes = shown.map((step, at) => nodeOf(graph, step, infos[seeds.length + at] ?? fileAsSymbol('')));
      const [first] = symbols;
      if (query.ask !== 'impact' || ports.history === undefined || first === undefined) {
        return { symbols, nodes, truncated: sorted.length > limit };
      }
      const exists = (path: string): boolean => graph.tables.paths.at(path) !== undefined;
      const history = await historyOf(ports.history, first, { exists, signal });
      const seen = new Set(nodes.map(({ symbol }) => symbol.path));
      const together = (history?.changesWith ?? [])
        .filter(({ path }) => !seen.has(path))
        .map(({ path }): GraphNode => ({
          symbol: fileAsSymbol(path),
          depth: 1,
          relation: 'changes with',
          strength: 'name',
        }));
      const room = Math.max(0, limit - nodes.length);
      return {
        symbols,
        nodes: [...nodes, ...together.slice(0, room)],
        ...(history !== undefined && { history }),
        truncated: sorted.length > limit || together.length > room,
      };
    },
  };
}

interface Step {
  readonly handle: number;
  readonly depth: number;
  readonly relation: string;
  readonly strength: EdgeStrength;
  readonly edge?: Edge;
}

interface Question {
  readonly query: GraphQuery;
  readonly seeds: readonly number[];
  readonly goals: readonly number[];
  readonly signal: AbortSignal | undefined;
}

const towardsSeed: Readonly<Record<ReferenceKind, string>> = { call: 'calls', use: 'uses', inherit: 'derives from' };
const fromSeed: Readonly<Record<ReferenceKind, string>> = { call: 'called by', use: 'used by', inherit: 'base of' };

async function answer(graph: GraphView, question: Question): Promise<Step[]> {
  const { query, seeds, signal } = question;
  const { edges } = graph;
  const depth = Math.max(1, query.depth ?? depths[query.ask]);
  switch (query.ask) {
    case 'callers': {
      const reached = await walkGraph({ seeds, depth, edges: edges.into, towards: 'from', signal });
      return [...reached.values()].map((each) => stepOf(each, towardsSeed));
    }
    case 'callees': {
      const reached = await walkGraph({ seeds, depth, edges: edges.outOf, towards: 'to', signal });
      return [...reached.values()].map((each) => stepOf(each, fromSeed));
    }
    case 'tests':
      return testsOf(graph, { seeds, depth, signal });
    case 'impact':
      return impactOf(graph, { seeds, depth, signal });
    case 'path':
      return pathTo(graph, { ...question, depth });
  }
}

function stepOf({ handle, depth, edge, strength }: Reached, relations: Readonly<Record<ReferenceKind, string>>): Step {
  return { handle, depth, relation: relations[edge.kind], strength, edge };
}

interface Reach {
  readonly seeds: readonly number[];
  readonly depth: number;
  readonly signal: AbortSignal | undefined;
}

function isTest({ tables }: GraphView, handle: number): boolean {
  return tables.file(fileOf(handle))?.role === 'tests';
}

/** Everything that mentions the symbol or its members, and so on; nothing is followed on from a weak edge. */
async function impactOf(graph: GraphView, { seeds, depth, signal }: Reach): Promise<Step[]> {
  const all = [...new Set(seeds.flatMap((seed) => graph.edges.withMembers(seed)))];
  const reached = await walkGraph({
    seeds: all,
    depth,
    edges: graph.edges.into,
    towards: 'from',
    goesOn: (each) => each.strength === 'resolved' && !isTest(graph, each.handle),
    signal,
  });
  const steps = [...reached.values()].map((each): Step => {
    const step = stepOf(each, towardsSeed);
    return isTest(graph, each.handle) ? { ...step, relation: 'tests' } : step;
  });
  const files = new Set(steps.map(({ handle }) => fileOf(handle)));
  return [...steps, ...conventionalTests(graph, seeds).filter(({ handle }) => !files.has(fileOf(handle)))];
}

/** Tests that call the symbol, by one step or more; tests that are named after it; tests that name something of its name. */
async function testsOf(graph: GraphView, { seeds, depth, signal }: Reach): Promise<Step[]> {
  const all = [...new Set(seeds.flatMap((seed) => graph.edges.withMembers(seed)))];
  const walk = { seeds: all, edges: graph.edges.into, towards: 'from' as const, signal };
  const sure = await walkGraph({
    ...walk,
    depth,
    passes: (edge) => edge.strength === 'resolved',
    goesOn: ({ handle }) => !isTest(graph, handle),
  });
  const weak = await walkGraph({ ...walk, depth: 1, passes: (edge) => edge.strength === 'name' });
  const steps = new Map<number, Step>();
  for (const each of [...sure.values(), ...weak.values()]) {
    if (!isTest(graph, each.handle) || steps.has(each.handle)) continue;
    steps.set(each.handle, { ...stepOf(each, towardsSeed), relation: 'tests' });
  }
  const files = new Set([...steps.keys()].map(fileOf));
  const named = conventionalTests(graph, seeds).filter(({ handle }) => !files.has(fileOf(handle)));
  return [...steps.values(), ...named];
}

function conventionalTests({ tables, resolver }: GraphView, seeds: readonly number[]): Step[] {
  return [...new Set(seeds.map(fileOf))].flatMap((number) => {
    const file = tables.file(number);
    if (file === undefined || file.role === 'tests') return [];
    const names = seeds
      .filter((seed) => fileOf(seed) === number)
      .map((seed) => tables.names.name(tables.symbol(seed)?.last ?? -1));
    return testsNamedAfter(tables, file, names).map((test): Step => {
      const imports = resolver.scope(test).reachable.has(number);
      return {
        handle: handleOf(test, wholeFile),
        depth: 1,
        relation: 'tests',
        strength: imports ? 'resolved' : 'name',
      };
    });
  });
}

/** The shortest chain of sure edges, or where there is none, of any. Empty where there is neither. */
async function pathTo(
  graph: GraphView,
  { seeds, goals, depth, signal }: Question & { readonly depth: number },
): Promise<Step[]> {
  const ends = new Set(goals.flatMap((goal) => graph.edges.withMembers(goal)));
  const [start] = seeds;
  if (start === undefined) return [];
  const first: Step = { handle: start, depth: 0, relation: '', strength: 'resolved' };
  if (seeds.some((seed) => ends.has(seed))) return [first];
  for (const strength of ['resolved', 'name'] as const) {
    const reached = await walkGraph({
      seeds,
      depth,
      edges: graph.edges.outOf,
      towards: 'to',
      passes: (edge) => strength === 'name' || edge.strength === 'resolved',
      found: ({ handle }) => ends.has(handle),
      signal,
    });
    const goal = [...reached.keys()].find((handle) => ends.has(handle));
    if (goal === undefined) continue;
    return [first, ...chainTo(reached, goal).map((each) => stepOf(each, fromSeed))];
  }
  return [];
}

/** Of symbols of one name in one file, such as the signatures of an overloaded function, the longest: the one with a body. */
function withoutOverloads(tables: GraphTables, steps: readonly Step[]): Step[] {
  const kept = new Map<string, Step>();
  const linesOf = ({ handle }: Step): number => {
    const symbol = tables.symbol(handle);
    return symbol === undefined ? 0 : symbol.endLine - symbol.startLine;
  };
  for (const step of steps) {
    const key = `${String(fileOf(step.handle))} ${String(tables.symbol(step.handle)?.name ?? -1)}`;
    const before = kept.get(key);
    const better =
      before === undefined ||
      step.depth < before.depth ||
      (step.depth === before.depth && linesOf(step) > linesOf(before));
    if (better) kept.set(key, step);
  }
  return [...kept.values()];
}

/** Nearest first; then sure before weak, source before tests, and by place. */
function inOrder(tables: GraphTables, steps: readonly Step[]): Step[] {
  const key = ({ handle, depth, strength }: Step): readonly number[] => [
    depth,
    strength === 'name' ? 1 : 0,
    tables.file(fileOf(handle))?.role === 'source' ? 0 : 1,
  ];
  const pathOf = ({ handle }: Step): string => tables.file(fileOf(handle))?.path ?? '';
  return steps.toSorted((one, other) => {
    const [a, b] = [key(one), key(other)];
    for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] ?? 0);
    const [here, there] = [pathOf(one), pathOf(other)];
    return here === there ? placeOf(one.handle) - placeOf(other.handle) : here < there ? -1 : 1;
  });
}

function nodeOf({ tables }: GraphView, step: Step, symbol: SymbolInfo): GraphNode {
  const { depth, relation, strength, edge } = step;
  if (edge === undefined) return { symbol, depth, relation, strength };
  const holder = tables.symbol(edge.from);
  return {
    symbol,
    depth,
    relation,
    strength,
    at: {
      path: tables.file(fileOf(edge.from))?.path ?? '',
      line: edge.line,
      name: tables.names.name(edge.name),
      from: holder === undefined ? '' : tables.names.name(holder.name),
      kind: edge.kind,
    },
  };
}

/** A file as a whole: it has no name of its own. */
function fileAsSymbol(path: string): SymbolInfo {
  return { path, name: '', kind: 'module', startLine: 1, endLine: 1, signature: '', doc: '' };
}

/** Files by the namespaces that they declare. */
function namespaces(tables: GraphTables): (name: string) => readonly number[] {
  let known: Map<string, number[]> | undefined;
  const read = (): Map<string, number[]> => {
    const made = new Map<string, number[]>();
    for (const [file, entry] of tables.files.entries()) {
      if (entry === undefined) continue;
      for (let at = 0; at < tables.symbolsOf(file); at += 1) {
        const symbol = tables.symbol(handleOf(file, at));
        if (symbol?.kind !== 'module') continue;
        const name = tables.names.name(symbol.name).replace(/::|\\/gu, '.');
        const list = made.get(name);
        if (list === undefined) made.set(name, [file]);
        else if (list.at(-1) !== file) list.push(file);
      }
    }
    return made;
  };
  return (name) => (known ??= read()).get(name.replace(/::|\\/gu, '.')) ?? [];
}

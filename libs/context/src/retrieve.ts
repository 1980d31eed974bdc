import {
  NootropicError,
  type ChunkHit,
  type Model,
  type SearchFilter,
  type SearchIndex,
  type SymbolInfo,
  type WorkClass,
} from '@nootropic/contracts';
import { readQuery, type Query } from './query.ts';
import { rankCandidates, type RankedChunk } from './rank.ts';
import type { Candidate } from './rank-signs.ts';
import { rankWeights, type RankWeights } from './rank-weights.ts';
import type { HistorySearch } from './search-history.ts';
import { rerankFirst } from './search-rerank.ts';
import type { SearchScope } from './search-scope.ts';

export interface RetrievePorts {
  readonly index: SearchIndex;
  readonly embedder: Model;
  /** Without it, commits count for nothing. */
  readonly history?: HistorySearch | undefined;
  /** Without it, the order stays as the signs give it. */
  readonly reranker?: ((signal?: AbortSignal) => Promise<Model>) | undefined;
  /** Milliseconds that a search waits for the scores of the reranking model. Default 3000. */
  readonly rerankMs?: number | undefined;
  readonly weights?: RankWeights | undefined;
}

export interface RetrieveOptions {
  readonly filter?: SearchFilter | undefined;
  /** Its filter takes the place of `filter`. */
  readonly scope?: SearchScope | undefined;
  /** What waits for the answer. Default `chat`. */
  readonly workClass?: WorkClass | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Retrieved {
  readonly query: Query;
  readonly ranked: readonly RankedChunk[];
  /** What worked in a lesser way than it should, one sentence each. */
  readonly notices: readonly string[];
}

/** What was found before it is ordered. */
export interface Found {
  readonly query: Query;
  readonly candidates: readonly Candidate[];
  readonly notices: readonly string[];
}

/** Results taken from each list; more where many of them may lie outside of what is asked for. */
const listLength = 100;
const narrowListLength = 400;
/** Definitions of one name that are still taken for what the question means. */
const maxDefinitions = 6;
const chunksByName = 12;
/** Files that the history alone leads to, and chunks that are looked at in them. */
const filesByHistory = 10;
const chunksByHistory = 30;
const rerankPatience = 3_000;

/**
 * Chunks for a question, best first: by words, by vector, by the names of symbols in it, and by the commits about it.
 * Without a working embedding model the words and names alone decide. Rejects with `ABORTED`, or as the index does.
 */
export async function retrieve(ports: RetrievePorts, text: string, options: RetrieveOptions = {}): Promise<Retrieved> {
  const weights = ports.weights ?? rankWeights;
  const { query, candidates, notices } = await findCandidates(ports, text, options);
  const ranked = rankCandidates(query, candidates, weights);
  if (ports.reranker === undefined) return { query, ranked, notices };
  const again = await rerankFirst(ranked, {
    query: text,
    reranker: ports.reranker,
    workClass: options.workClass ?? 'chat',
    ms: ports.rerankMs ?? rerankPatience,
    weight: weights.rerank,
    signal: options.signal,
  });
  return { query, ranked: again.ranked, notices: again.notice === undefined ? notices : [...notices, again.notice] };
}

/** Everything that any list names for a question, in no order that means anything. Rejects with `ABORTED`, or as the index does. */
export async function findCandidates(
  ports: RetrievePorts,
  text: string,
  options: RetrieveOptions = {},
): Promise<Found> {
  const query = readQuery(text);
  const { scope } = options;
  const filter = scope?.filter ?? options.filter;
  const limit = scope?.isNarrow === true ? narrowListLength : listLength;
  const stopIfAborted = (): void => {
    if (options.signal?.aborted) throw new NootropicError('ABORTED');
  };
  stopIfAborted();
  const [byText, byVector, named, guessed, past] = await Promise.all([
    ports.index.query({ text: query.words }, limit, filter),
    vectorHits(ports, text, { ...options, filter, limit }),
    definitions(ports.index, query.identifiers),
    definitions(
      ports.index,
      query.guessedNames.filter((name) => !query.identifiers.includes(name)),
    ),
    query.isName ? undefined : ports.history?.files(query.stems, options.signal),
  ]);
  stopIfAborted();
  const candidates = new Map<string, Candidate>();
  const candidate = (hit: ChunkHit): Candidate => {
    const key = `${String(hit.chunk.startLine)} ${hit.path}`;
    const known = candidates.get(key) ?? { hit };
    candidates.set(key, known);
    return known;
  };
  const allowed = (hits: readonly ChunkHit[]): readonly ChunkHit[] =>
    scope === undefined ? hits : hits.filter((hit) => scope.allows(hit));
  for (const hit of allowed(byText)) candidate(hit).textScore = hit.score;
  for (const hit of allowed(byVector.hits)) candidate(hit).vectorScore = hit.score;
  for (const hit of allowed(await definingChunks(ports.index, named, filter))) candidate(hit);
  if (past !== undefined && past.files.size > 0) {
    for (const hit of allowed(await historyHits(ports.index, { query, files: past.files, filter }))) {
      const found = candidate(hit);
      found.textScore ??= hit.score;
    }
    for (const found of candidates.values()) {
      const share = past.files.get(found.hit.path);
      if (share !== undefined) found.history = share;
    }
  }
  for (const found of candidates.values()) {
    if (named.some((symbol) => isDefinedIn(symbol, found.hit))) found.defines = 'named';
    else if (guessed.some((symbol) => isDefinedIn(symbol, found.hit))) found.defines = 'guessed';
  }
  stopIfAborted();
  const notices = [byVector.problem, past?.problem].filter((notice) => notice !== undefined);
  return { query, candidates: [...candidates.values()], notices };
}

async function vectorHits(
  ports: RetrievePorts,
  text: string,
  options: RetrieveOptions & { readonly limit: number },
): Promise<{ readonly hits: readonly ChunkHit[]; readonly problem?: string }> {
  let vector: Float32Array | undefined;
  try {
    const call = options.signal === undefined ? {} : { signal: options.signal };
    [vector] = await ports.embedder.embed([text], { kind: 'query', workClass: options.workClass ?? 'chat', ...call });
  } catch (error) {
    const { code, message } = NootropicError.from(error);
    if (code === 'ABORTED') throw error;
    return { hits: [], problem: `Found by words only, since the embedding model failed: ${message}` };
  }
  if (vector === undefined) return { hits: [] };
  const hits = await ports.index.query({ vector }, options.limit, options.filter);
  return { hits: hits.filter((hit) => hit.score > 0) };
}

async function historyHits(
  index: SearchIndex,
  ask: {
    readonly query: Query;
    readonly files: ReadonlyMap<string, number>;
    readonly filter: SearchFilter | undefined;
  },
): Promise<ChunkHit[]> {
  const best = [...ask.files]
    .filter(([path]) => isAllowed(path, ask.filter))
    .sort(([a, one], [z, other]) => other - one || (a < z ? -1 : 1))
    .slice(0, filesByHistory)
    .map(([path]) => path);
  if (best.length === 0) return [];
  const hits = await index.query({ text: ask.query.words }, chunksByHistory, { ...ask.filter, paths: best });
  return hits.filter((hit) => best.includes(hit.path));
}

async function definitions(index: SearchIndex, names: readonly string[]): Promise<SymbolInfo[]> {
  const found = await Promise.all(names.map((name) => index.symbols(name)));
  return found.flatMap((symbols) =>
    symbols.length > maxDefinitions ? [] : symbols.filter((symbol) => symbol.kind !== 'section'),
  );
}

/** The chunks that hold definitions: the index gives chunks by their words only, so they are looked for by name in their file. */
async function definingChunks(
  index: SearchIndex,
  symbols: readonly SymbolInfo[],
  filter: SearchFilter | undefined,
): Promise<ChunkHit[]> {
  const wanted = symbols.filter((symbol) => isAllowed(symbol.path, filter)).slice(0, chunksByName);
  const found = await Promise.all(
    wanted.map(async (symbol) => {
      const within: SearchFilter = { ...filter, paths: [symbol.path] };
      const hits = await index.query({ text: `${symbol.name} ${symbol.signature}` }, chunksByName, within);
      return hits.filter((hit) => isDefinedIn(symbol, hit)).slice(0, 1);
    }),
  );
  return found.flat();
}

function isAllowed(path: string, filter: SearchFilter | undefined): boolean {
  return filter?.paths === undefined || filter.paths.some((start) => path.startsWith(start));
}

function isDefinedIn(symbol: SymbolInfo, { path, chunk }: ChunkHit): boolean {
  return path === symbol.path && chunk.startLine <= symbol.startLine && chunk.endLine >= symbol.startLine;
}

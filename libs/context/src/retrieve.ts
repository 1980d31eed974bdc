import {
  NootropicError,
  type ChunkHit,
  type Model,
  type SearchFilter,
  type SearchIndex,
  type SymbolInfo,
} from '@nootropic/contracts';
import { rankCandidates, type Candidate, type RankedChunk } from './rank.ts';
import { readQuery, type Query } from './query.ts';

export interface RetrievePorts {
  readonly index: SearchIndex;
  readonly embedder: Model;
}

export interface RetrieveOptions {
  readonly filter?: SearchFilter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Results taken from each list. */
const listLength = 100;
/** Definitions of one name that are still taken for what the question means. */
const maxDefinitions = 6;
const chunksByName = 12;

/**
 * Chunks for a question, best first: by words, by vector, and by the names of symbols in it.
 * Without a working embedding model the words and names alone decide. Rejects with `ABORTED`, or as the index does.
 */
export async function retrieve(
  ports: RetrievePorts,
  text: string,
  options: RetrieveOptions = {},
): Promise<{ query: Query; ranked: RankedChunk[] }> {
  const { query, candidates } = await findCandidates(ports, text, options);
  return { query, ranked: rankCandidates(query, candidates) };
}

/** Everything that any list names for a question, in no order that means anything. */
async function findCandidates(
  ports: RetrievePorts,
  text: string,
  options: RetrieveOptions,
): Promise<{ query: Query; candidates: Candidate[] }> {
  const query = readQuery(text);
  const stopIfAborted = (): void => {
    if (options.signal?.aborted) throw new NootropicError('ABORTED');
  };
  stopIfAborted();
  const [byText, byVector, named, guessed] = await Promise.all([
    ports.index.query({ text: query.words }, listLength, options.filter),
    vectorHits(ports, text, options),
    definitions(ports.index, query.identifiers),
    definitions(
      ports.index,
      query.guessedNames.filter((name) => !query.identifiers.includes(name)),
    ),
  ]);
  stopIfAborted();
  const candidates = new Map<string, Candidate>();
  const candidate = (hit: ChunkHit): Candidate => {
    const key = `${String(hit.chunk.startLine)} ${hit.path}`;
    const known = candidates.get(key) ?? { hit };
    candidates.set(key, known);
    return known;
  };
  for (const [position, hit] of byText.entries()) candidate(hit).textRank = position + 1;
  for (const [position, hit] of byVector.entries()) candidate(hit).vectorRank = position + 1;
  for (const hit of await definingChunks(ports.index, named, options.filter)) candidate(hit);
  for (const found of candidates.values()) {
    if (named.some((symbol) => isDefinedIn(symbol, found.hit))) found.defines = 'named';
    else if (guessed.some((symbol) => isDefinedIn(symbol, found.hit))) found.defines = 'guessed';
  }
  stopIfAborted();
  return { query, candidates: [...candidates.values()] };
}

async function vectorHits(ports: RetrievePorts, text: string, options: RetrieveOptions): Promise<ChunkHit[]> {
  let vector: Float32Array | undefined;
  try {
    const call = options.signal === undefined ? {} : { signal: options.signal };
    [vector] = await ports.embedder.embed([text], { workClass: 'chat', ...call });
  } catch (error) {
    if (NootropicError.from(error).code === 'ABORTED') throw error;
    return [];
  }
  if (vector === undefined) return [];
  const hits = await ports.index.query({ vector }, listLength, options.filter);
  return hits.filter((hit) => hit.score > 0);
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

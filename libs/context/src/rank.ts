import type { ChunkHit } from '@nootropic/contracts';
import { pathRole } from './path-role.ts';
import type { Query } from './query.ts';
import { readSigns, type Candidate, type Signs } from './rank-signs.ts';
import { rankWeights, type RankWeights } from './rank-weights.ts';

/** One thing that stands behind a place: what it is, how much of it there is, and what it added to the score. */
export interface Signal {
  readonly signal: string;
  readonly value: number;
  readonly part: number;
}

export interface RankedChunk {
  readonly hit: ChunkHit;
  readonly score: number;
  /** In the order in which they were reckoned; their parts add up to the score. */
  readonly signals: readonly Signal[];
}

/** Chunks of one file in a list of results at most. */
const chunksPerFile = 2;

/**
 * Orders candidates. The base is the weighted sum of the text and the vector score, each as a share of the best there is. It is raised by
 * signs that belong to code - the definition of a named symbol, words in the symbol's and the file's name, how many of the question's words
 * a chunk holds, commits about the question that touched the file, further good chunks in the same file - and lowered for tests, examples,
 * documents and what is generated.
 *
 * A weighted sum keeps how far apart two scores are, which fusion by rank forgets: Bruch, Gai and Ingber, "An Analysis of Fusion Functions
 * for Hybrid Retrieval", https://arxiv.org/abs/2210.11934.
 */
export function rankCandidates(
  query: Query,
  candidates: readonly Candidate[],
  weights: RankWeights = rankWeights,
): RankedChunk[] {
  return orderBySigns(query, readSigns(query, candidates), weights);
}

/** At most two chunks of a file, the order kept. */
export function limitPerFile(ranked: readonly RankedChunk[], limit: number): RankedChunk[] {
  const taken = new Map<string, number>();
  const kept: RankedChunk[] = [];
  for (const chunk of ranked) {
    if (kept.length >= limit) break;
    const count = taken.get(chunk.hit.path) ?? 0;
    if (count >= chunksPerFile) continue;
    taken.set(chunk.hit.path, count + 1);
    kept.push(chunk);
  }
  return kept;
}

/** The second half of `rankCandidates`, which alone depends on the weights. */
export function orderBySigns(query: Query, signs: readonly Signs[], weights: RankWeights): RankedChunk[] {
  const scored = signs.map((sign) => scoreOf(query, sign, weights)).sort(byScore);
  const totals = new Map<string, number>();
  for (const { hit, score } of scored) totals.set(hit.path, (totals.get(hit.path) ?? 0) + score);
  const best = scored[0]?.score ?? 1;
  const neighbours = weights.graph === 0 ? undefined : neighboursOf(scored, namesIn(signs));
  const coherent = scored.map((chunk, position) => {
    const { score, hit } = chunk;
    const ofBest = (sum: number): number => (best <= 0 ? 0 : Math.min(1, sum / best));
    const named = ofBest(neighbours?.[position] ?? 0);
    const rest = ofBest((totals.get(hit.path) ?? 0) - score);
    const withGraph = changed(chunk, 'graph', { value: named, score: score * (1 + weights.graph * named) });
    return changed(withGraph, 'coherence', { value: rest, score: withGraph.score + score * weights.coherence * rest });
  });
  return lowerTwins(coherent, weights).sort(byScore);
}

/** Chunks that are looked at as neighbours, from the best: those far down say nothing. */
const mostNeighbours = 60;
/** A name that more of the chunks bear than this (`toString`, `close`) makes no edge. */
const mostNamesakes = 3;

function namesIn(signs: readonly Signs[]): (hit: ChunkHit) => ReadonlySet<string> {
  const names = new Map(signs.map((sign) => [sign.hit, sign.names]));
  return (hit) => names.get(hit)?.() ?? new Set();
}

/**
 * For each chunk, the scores of chunks of other symbols that name its own: what the rest of the results stands on. The other way round says
 * nothing: a list of exports names everything.
 */
function neighboursOf(scored: readonly RankedChunk[], names: (hit: ChunkHit) => ReadonlySet<string>): number[] {
  const sums = scored.map(() => 0);
  const bearers = new Map<string, number[]>();
  const near = scored.slice(0, mostNeighbours);
  for (const [position, { hit }] of near.entries()) {
    const name = hit.chunk.symbol.split(/[.#]|::/u).at(-1) ?? '';
    if (name.length >= 4) bearers.set(name, [...(bearers.get(name) ?? []), position]);
  }
  for (const { hit, score } of near) {
    for (const name of names(hit)) {
      const named = bearers.get(name) ?? [];
      if (named.length > mostNamesakes) continue;
      for (const other of named) {
        const there = near[other];
        if (there === undefined || there.hit.chunk.symbol === hit.chunk.symbol) continue;
        sums[other] = (sums[other] ?? 0) + score;
      }
    }
  }
  return sums;
}

/** The chunk with another score, and the signal that made the difference. A signal that is not there is not told. */
export function changed(
  chunk: RankedChunk,
  signal: string,
  { value, score }: { readonly value: number; readonly score: number },
): RankedChunk {
  if (value === 0 && score === chunk.score) return chunk;
  return { hit: chunk.hit, score, signals: [...chunk.signals, { signal, value, part: score - chunk.score }] };
}

/**
 * A package often holds one source several times: written, and compiled for each module format. Of chunks with the same symbol in
 * files of the same name and folder, the written one gets the best score among them, and the others a lower one.
 */
function lowerTwins(chunks: readonly RankedChunk[], weights: RankWeights): RankedChunk[] {
  const groups = new Map<string, RankedChunk[]>();
  for (const chunk of chunks) {
    const { path, chunk: content } = chunk.hit;
    const place = path
      .replace(/(\.d)?\.\w+$/u, '')
      .split('/')
      .slice(-2)
      .join('/');
    const key = content.symbol === '' ? path : `${place} ${content.symbol}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [chunk]);
    else group.push(chunk);
  }
  return [...groups.values()].flatMap((group) => {
    const paths = new Set(group.map(({ hit }) => hit.path));
    if (paths.size === 1) return group;
    const written = [...paths].sort(
      (one, other) => writtenFirst(one) - writtenFirst(other) || one.length - other.length || (one < other ? -1 : 1),
    )[0];
    const best = Math.max(...group.map(({ score }) => score));
    const own = Math.max(...group.filter(({ hit }) => hit.path === written).map(({ score }) => score));
    return group.map((chunk) => {
      const isWritten = chunk.hit.path === written;
      const score = isWritten ? (own <= 0 ? best : (chunk.score * best) / own) : chunk.score * weights.twin;
      return changed(chunk, isWritten ? 'source of copies' : 'compiled copy', {
        value: score === chunk.score ? 0 : 1,
        score,
      });
    });
  });
}

function writtenFirst(path: string): number {
  if (pathRole(path) === 'declarations') return 3;
  if (/(^|\/)(src|source)\//u.test(path)) return 0;
  return pathRole(path) === 'generated' ? 2 : 1;
}

export function byScore(one: RankedChunk, other: RankedChunk): number {
  if (one.score !== other.score) return other.score - one.score;
  if (one.hit.path !== other.hit.path) return one.hit.path < other.hit.path ? -1 : 1;
  return one.hit.chunk.startLine - other.hit.chunk.startLine;
}

/** So that a chunk that stands on a list with nothing is still above nothing. */
const leastBase = 1e-6;

function scoreOf(query: Query, signs: Signs, weights: RankWeights): RankedChunk {
  const vectorShare = query.isName ? weights.vectorOfNames : weights.vector;
  const floor = weights.vectorFloor * signs.leastVector;
  const vector = signs.vector >= 1 ? 1 : Math.max(0, (signs.vector - floor) / (1 - floor));
  const signals: Signal[] = [
    { signal: 'text', value: signs.text, part: (1 - vectorShare) * signs.text },
    { signal: 'vector', value: vector, part: vectorShare * vector },
  ];
  const fused = (1 - vectorShare) * signs.text + vectorShare * vector;
  const named = signs.defines === undefined ? 0 : weights.nameFloor * (1 - vectorShare);
  const base = Math.max(fused, named, leastBase);
  const definition =
    signs.defines === 'named' ? weights.namedDefinition : signs.defines === 'guessed' ? weights.guessedDefinition : 0;
  let score = fused;
  const add = (signal: string, value: number, part: number): void => {
    if (value === 0 && part === 0) return;
    signals.push({ signal, value, part });
    score += part;
  };
  add('definition', signs.defines === undefined ? 0 : 1, base - fused + base * definition);
  add('words held', signs.coverage, base * weights.coverage * signs.coverage);
  add('words in symbol', signs.symbolWords, base * weights.symbolWords * signs.symbolWords);
  add('words in path', signs.pathWords, base * weights.pathWords * signs.pathWords);
  add('words in file name', signs.nameWords, base * weights.nameWords * signs.nameWords);
  add('history', signs.history, base * weights.history * (query.isName ? 0 : signs.history));
  if (signs.role !== 1) add('role of file', signs.role, score * (signs.role - 1));
  if (signs.imports) add('only imports', 1, score * (weights.imports - 1));
  return { hit: signs.hit, score, signals };
}

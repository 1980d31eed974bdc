import type { ChunkHit } from '@nootropic/contracts';
import { pathRole, roleWeight } from './path-role.ts';
import type { Query } from './query.ts';
import { isSameFamily, splitWords, stem } from './words.ts';

/** A chunk that some list of results named, with its place in each. Places count from 1. */
export interface Candidate {
  readonly hit: ChunkHit;
  textRank?: number;
  vectorRank?: number;
  /** `named` when the chunk holds the definition of a symbol that the question spells out, `guessed` when its words may mean it. */
  defines?: 'named' | 'guessed';
}

export interface RankedChunk {
  readonly hit: ChunkHit;
  readonly score: number;
}

/** How much each thing counts: in the sum of the lists, or in raising a chunk that has all of it. See the README for what they reach. */
const weights = {
  /** The constant of reciprocal rank fusion: the higher, the less the first places stand out. */
  fusion: 60,
  text: 1,
  vector: 0.15,
  coverage: 1.2,
  symbolWords: 0.7,
  pathWords: 0.8,
  nameWords: 1,
  namedDefinition: 3,
  guessedDefinition: 0.3,
  coherence: 0.25,
  /** The factor for a compiled copy of a chunk that is there too. */
  twin: 0.5,
  /** The factor for the head of a file that only imports: it names what a question asks for, and shows nothing of it. */
  imports: 0.5,
} as const;

/** What speaks for one chunk. Shares are from 0 to 1; rare words of the question count more in them. */
interface Signs extends Pick<Candidate, 'textRank' | 'vectorRank' | 'defines'> {
  readonly hit: ChunkHit;
  readonly coverage: number;
  readonly symbolWords: number;
  readonly pathWords: number;
  readonly nameWords: number;
  readonly role: number;
  readonly imports: boolean;
}

/** Chunks of one file in a list of results at most. */
const chunksPerFile = 2;

/**
 * Orders candidates: reciprocal rank fusion of the lists (Cormack, Clarke and Büttcher, SIGIR 2009), then signs that
 * belong to code - the definition of a named symbol, words in the symbol's and the file's name, how many of the question's words
 * a chunk holds, further good chunks in the same file - and a lower place for tests, examples, documents and what is generated.
 */
export function rankCandidates(query: Query, candidates: readonly Candidate[]): RankedChunk[] {
  return orderBySigns(readSigns(query, candidates));
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

function orderBySigns(signs: readonly Signs[]): RankedChunk[] {
  const scored = signs.map((sign) => ({ hit: sign.hit, score: scoreOf(sign) })).sort(byScore);
  const totals = new Map<string, number>();
  for (const { hit, score } of scored) totals.set(hit.path, (totals.get(hit.path) ?? 0) + score);
  const best = scored[0]?.score ?? 1;
  const coherent = scored.map(({ hit, score }) => {
    const rest = Math.min(1, ((totals.get(hit.path) ?? 0) - score) / best);
    return { hit, score: score * (1 + weights.coherence * rest) };
  });
  return lowerTwins(coherent).sort(byScore);
}

/**
 * A package often holds one source several times: written, and compiled for each module format. Of chunks with the same symbol in
 * files of the same name and folder, the written one gets the best score among them, and the others a lower one.
 */
function lowerTwins(chunks: readonly RankedChunk[]): RankedChunk[] {
  const groups = new Map<string, RankedChunk[]>();
  for (const chunk of chunks) {
    const { path, chunk: content } = chunk.hit;
    const place = path
      .replace(/(\.d)?\.\w+$/u, '')
      .split('/')
      .slice(-2)
      .join('/');
    const key = content.symbol === '' ? path : `${place} ${content.symbol}`;
    groups.set(key, [...(groups.get(key) ?? []), chunk]);
  }
  return [...groups.values()].flatMap((group) => {
    const paths = new Set(group.map(({ hit }) => hit.path));
    if (paths.size === 1) return group;
    const written = [...paths].sort(
      (one, other) => writtenFirst(one) - writtenFirst(other) || one.length - other.length || (one < other ? -1 : 1),
    )[0];
    const best = Math.max(...group.map(({ score }) => score));
    const own = Math.max(...group.filter(({ hit }) => hit.path === written).map(({ score }) => score));
    return group.map(({ hit, score }) => ({
      hit,
      score: hit.path === written ? (score * best) / own : score * weights.twin,
    }));
  });
}

function writtenFirst(path: string): number {
  if (pathRole(path) === 'declarations') return 3;
  if (/(^|\/)(src|source)\//u.test(path)) return 0;
  return pathRole(path) === 'generated' ? 2 : 1;
}

function byScore(one: RankedChunk, other: RankedChunk): number {
  if (one.score !== other.score) return other.score - one.score;
  if (one.hit.path !== other.hit.path) return one.hit.path < other.hit.path ? -1 : 1;
  return one.hit.chunk.startLine - other.hit.chunk.startLine;
}

/** The place in the text list that a chunk counts as having when only its symbol's name led to it. */
const placeByName = 10;

function scoreOf(signs: Signs): number {
  const part = (rank: number | undefined): number =>
    rank === undefined ? 0 : (weights.fusion + 1) / (weights.fusion + rank);
  const fused = weights.text * part(signs.textRank) + weights.vector * part(signs.vectorRank);
  const base = signs.defines === undefined ? fused : Math.max(fused, weights.text * part(placeByName));
  const definition =
    signs.defines === 'named' ? weights.namedDefinition : signs.defines === 'guessed' ? weights.guessedDefinition : 0;
  const raised =
    weights.coverage * signs.coverage +
    weights.symbolWords * signs.symbolWords +
    weights.pathWords * signs.pathWords +
    weights.nameWords * signs.nameWords +
    definition;
  return base * (1 + raised) * signs.role * (signs.imports ? weights.imports : 1);
}

interface WordSets {
  readonly path: ReadonlySet<string>;
  readonly name: ReadonlySet<string>;
  readonly symbol: ReadonlySet<string>;
  readonly all: ReadonlySet<string>;
}

/** Gives a function that tells which of the question's stems are among some words. It remembers words: chunks repeat them. */
function createWordMatcher(stems: readonly string[]): (words: readonly string[]) => ReadonlySet<string> {
  const remembered = new Map<string, readonly string[]>();
  const matching = (word: string): readonly string[] => {
    const known = remembered.get(word);
    if (known !== undefined) return known;
    const own = stem(word);
    const found = stems.filter((wanted) => isSameFamily(own, wanted));
    remembered.set(word, found);
    return found;
  };
  return (words) => new Set(words.flatMap(matching));
}

function wordSets({ path, chunk }: ChunkHit, wantedIn: ReturnType<typeof createWordMatcher>): WordSets {
  const inPath = splitWords(path.replace(/\.\w+$/u, ''));
  const inName = splitWords(path.slice(path.lastIndexOf('/') + 1).replace(/\.\w+$/u, ''));
  const inSymbol = splitWords(chunk.symbol);
  return {
    path: wantedIn(inPath),
    name: wantedIn(inName),
    symbol: wantedIn(inSymbol),
    all: wantedIn([...inPath, ...inSymbol, ...splitWords(chunk.text)]),
  };
}

function readSigns(query: Query, candidates: readonly Candidate[]): Signs[] {
  const wantedIn = createWordMatcher(query.stems);
  const sets = candidates.map((candidate) => wordSets(candidate.hit, wantedIn));
  // Inverse document frequency of the question's words among the candidates.
  const rarity = query.stems.map((word) => {
    const count = sets.filter((set) => set.all.has(word)).length;
    return { word, weight: Math.log(1 + (candidates.length + 1) / (count + 1)) };
  });
  const total = rarity.reduce((sum, { weight }) => sum + weight, 0);
  const share = (found: ReadonlySet<string> | undefined): number =>
    total === 0
      ? 0
      : rarity.reduce((sum, { word, weight }) => sum + (found?.has(word) === true ? weight : 0), 0) / total;
  return candidates.map((candidate, position) => ({
    ...candidate,
    coverage: share(sets[position]?.all),
    symbolWords: share(sets[position]?.symbol),
    pathWords: share(sets[position]?.path),
    nameWords: share(sets[position]?.name),
    role: roleWeight(pathRole(candidate.hit.path), query.asksFor),
    imports: isImportHead(candidate.hit.chunk),
  }));
}

const importLine =
  /^\s*(?:import\b|from\s+\S+\s+import\b|use\s+[\w:]+|using\s+[\w.]+;|#\s*include\b|package\s+[\w.]+;?$|export\s.*\bfrom\b|.*\brequire\s*\(|\}\s*from\s)/mu;

/** A chunk outside of any symbol, near the start of its file, that imports and defines nothing a reader would look for. */
function isImportHead({ symbol, startLine, text }: ChunkHit['chunk']): boolean {
  return symbol === '' && startLine <= 10 && importLine.test(text);
}

import type { ChunkHit } from '@nootropic/contracts';
import { pathRole, roleWeight } from './path-role.ts';
import type { Query } from './query.ts';
import { isSameFamily, splitWords, stem } from './words.ts';

/** A chunk that some list of results named, with its score in each. */
export interface Candidate {
  readonly hit: ChunkHit;
  /** Above 0, comparable among candidates. */
  textScore?: number;
  /** Cosine similarity. */
  vectorScore?: number;
  /** `named` when the chunk holds the definition of a symbol that the question spells out, `guessed` when its words may mean it. */
  defines?: 'named' | 'guessed';
  /** From 0 to 1: how well the commits that touched the file match the question. */
  history?: number;
}

/** What speaks for one chunk. Shares are from 0 to 1; rare words of the question count more in them. */
export interface Signs {
  readonly hit: ChunkHit;
  /** Scores as shares of the best among the candidates; 0 where the list does not name the chunk. */
  readonly text: number;
  readonly vector: number;
  /** The lowest vector score on the list as a share of the best: the same for all. */
  readonly leastVector: number;
  readonly defines: Candidate['defines'];
  readonly history: number;
  readonly coverage: number;
  readonly symbolWords: number;
  readonly pathWords: number;
  readonly nameWords: number;
  readonly role: number;
  readonly imports: boolean;
  /** The names in the chunk's text, reckoned once when they are first asked for. */
  readonly names: () => ReadonlySet<string>;
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

const identifier = /[\p{L}_$][\p{L}\p{N}_$]{3,}/gu;

function createNames(text: string): () => ReadonlySet<string> {
  let names: ReadonlySet<string> | undefined;
  return () => (names ??= new Set(text.match(identifier)));
}

/** Reads the signs of every candidate. */
export function readSigns(query: Query, candidates: readonly Candidate[]): Signs[] {
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
  const bestText = Math.max(0, ...candidates.map(({ textScore }) => textScore ?? 0));
  const vectors = candidates.flatMap(({ vectorScore }) => (vectorScore === undefined ? [] : [vectorScore]));
  const bestVector = Math.max(0, ...vectors);
  const ofBest = (score: number | undefined, best: number): number =>
    score === undefined || best <= 0 ? 0 : Math.max(0, score / best);
  const leastVector = vectors.length < 2 ? 0 : ofBest(Math.min(...vectors), bestVector);
  return candidates.map(({ hit, textScore, vectorScore, defines, history }, position) => ({
    hit,
    text: ofBest(textScore, bestText),
    vector: ofBest(vectorScore, bestVector),
    leastVector,
    defines,
    history: history ?? 0,
    coverage: share(sets[position]?.all),
    symbolWords: share(sets[position]?.symbol),
    pathWords: share(sets[position]?.path),
    nameWords: share(sets[position]?.name),
    role: roleWeight(pathRole(hit.path), query.asksFor),
    imports: isImportHead(hit.chunk),
    names: createNames(hit.chunk.text),
  }));
}

const importLine =
  /^\s*(?:import\b|from\s+\S+\s+import\b|use\s+[\w:]+|using\s+[\w.]+;|#\s*include\b|package\s+[\w.]+;?$|export\s.*\bfrom\b|.*\brequire\s*\(|\}\s*from\s)/mu;

/** A chunk outside of any symbol, near the start of its file, that imports and defines nothing a reader would look for. */
function isImportHead({ symbol, startLine, text }: ChunkHit['chunk']): boolean {
  return symbol === '' && startLine <= 10 && importLine.test(text);
}

import type { FunctionWords } from './function-words.ts';

export interface Bm25Settings {
  /** What a word of the name, and of the path, counts beside one of the body; 0 leaves the field out. */
  readonly name: number;
  readonly path: number;
  readonly b: number;
  readonly k1: number;
}

interface Posting {
  readonly documents: Int32Array;
  /** Occurrences in body, name and path, three numbers each. */
  readonly counts: Float32Array;
}

const stopWords = new Set(
  (
    'a an the of to in is are be for on by with and or not if it this that as at from into its which when will was has have can may return ' +
    'given us all each one than then there so such we you their they these those whether does do but also only other no should must would ' +
    'between wher what how set get any use used using doe'
  ).split(' '),
);

export function isStopWord(token: string): boolean {
  return stopWords.has(token);
}

/** Words of a question that mean something. */
export function contentWords(tokens: readonly string[]): string[] {
  return [...new Set(tokens)].filter((token) => !isStopWord(token));
}

/**
 * BM25 over three weighted fields: Robertson, Zaragoza and Taylor 2004, "Simple BM25 extension to multiple weighted fields",
 * https://doi.org/10.1145/1031171.1031181. Gives a function that scores every document for the tokens of a question.
 */
export function createBm25f(
  documents: readonly FunctionWords[],
): (settings: Bm25Settings) => (question: readonly string[]) => Float32Array {
  const postings = index(documents);
  const lengths = documents.map(({ body, name, path }) => ({
    body: [...body.values()].reduce((sum, count) => sum + count, 0),
    name: name.length,
    path: path.length,
  }));
  return ({ name, path, b, k1 }) => {
    const own = lengths.map((length) => length.body + name * length.name + path * length.path + 1);
    const mean = own.reduce((sum, length) => sum + length, 0) / own.length;
    const damping = Float32Array.from(own, (length) => k1 * (1 - b + (b * length) / mean));
    return (question) => {
      const scores = new Float32Array(documents.length);
      for (const token of contentWords(question)) {
        const posting = postings.get(token);
        if (posting === undefined) continue;
        const { documents: found, counts } = posting;
        const idf = Math.log(1 + (documents.length - found.length + 0.5) / (found.length + 0.5));
        for (let i = 0; i < found.length; i += 1) {
          const at = found[i] as number;
          const count =
            (counts[3 * i] as number) + name * (counts[3 * i + 1] as number) + path * (counts[3 * i + 2] as number);
          if (count > 0)
            scores[at] = (scores[at] as number) + (idf * count * (k1 + 1)) / (count + (damping[at] as number));
        }
      }
      return scores;
    };
  };
}

function index(documents: readonly FunctionWords[]): Map<string, Posting> {
  const building = new Map<string, { documents: number[]; counts: number[] }>();
  const add = (token: string, at: number, [field, count]: readonly [number, number]): void => {
    const posting = building.get(token) ?? { documents: [], counts: [] };
    building.set(token, posting);
    if (posting.documents.at(-1) !== at) {
      posting.documents.push(at);
      posting.counts.push(0, 0, 0);
    }
    const place = posting.counts.length - 3 + field;
    posting.counts[place] = (posting.counts[place] ?? 0) + count;
  };
  for (const [at, { body, name, path }] of documents.entries()) {
    for (const [token, count] of body) add(token, at, [0, count]);
    for (const token of name) add(token, at, [1, 1]);
    for (const token of path) add(token, at, [2, 1]);
  }
  return new Map(
    [...building].map(([token, posting]) => [
      token,
      { documents: Int32Array.from(posting.documents), counts: Float32Array.from(posting.counts) },
    ]),
  );
}

import { passageFields } from './builtin-fields.ts';
import { rowsOf } from './builtin-rows.ts';
import { tokenOf, visitWords } from './builtin-tokens.ts';
import type { BuiltinWeights } from './builtin-weights.ts';
import { unitVector } from './unit-vector.ts';

/** Tokens of one field that count; a chunk of the index has fewer. */
const maxTokens = 400;
/** The end of a path says more than its beginning: so many of its words count. */
const maxPathWords = 8;
/** Words whose rows are kept; beyond it, all are forgotten. */
const remembered = 100_000;
/** Keeps a field without a token from being divided by zero. The trainer has the same number. */
const epsilon = 1e-4;

interface Word {
  readonly rows: readonly number[];
  /** Occurrences in the field that is being read. */
  count: number;
}

export interface BuiltinVectors {
  /** The vector of a question. */
  query(text: string): Float32Array;
  /** The vector of a passage. */
  document(text: string): Float32Array;
}

/**
 * A bag of sub-tokens, each with a learned row and a learned weight, for questions and for passages apart:
 *
 *     field   = unit( Σ over its tokens  weight × (1 + ln count) × row )
 *     passage = unit( a × body + b × name + c × path ),  a, b, c learned
 *
 * Static embeddings for retrieval: Tulkens and van Dongen 2024, https://github.com/MinishLab/model2vec; the idea of a learned weight
 * per token: Arora et al. 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings", https://openreview.net/forum?id=SyK00v5xx.
 */
export function createBuiltinVectors(weights: BuiltinWeights): BuiltinVectors {
  const { header, table, vocabulary } = weights;
  const { dimensions, fields } = header;
  const rowSource = { get: (token: string) => vocabulary.get(token), words: header.words, gramRows: header.gramRows };
  const tokens = new Map<string, Word>();
  const words = new Map<string, Word | null>();
  const sum = new Float32Array(dimensions);

  function lookUp(written: string): Word | null {
    const known = words.get(written);
    if (known !== undefined) return known;
    const token = tokenOf(written);
    let word: Word | null = null;
    if (token !== undefined) {
      word = tokens.get(token) ?? { rows: rowsOf(token, rowSource), count: 0 };
      tokens.set(token, word);
    }
    words.set(written, word);
    return word;
  }

  /** Adds a field, scaled to `share`, to `into`. */
  function addField(
    text: string,
    part: { readonly weight: Float32Array; readonly share: number; readonly last?: number },
    into: Float32Array,
  ): void {
    // Between two fields only: a field's counts are kept in the words.
    if (words.size >= remembered) {
      words.clear();
      tokens.clear();
    }
    const seen: Word[] = [];
    let count = 0;
    const take = (word: Word): void => {
      count += 1;
      if (count > maxTokens) return;
      if (word.count === 0) seen.push(word);
      word.count += 1;
    };
    if (part.last === undefined) {
      visitWords(text, (written) => {
        const word = lookUp(written);
        if (word !== null) take(word);
      });
    } else {
      const all: Word[] = [];
      visitWords(text, (written) => {
        const word = lookUp(written);
        if (word !== null) all.push(word);
      });
      for (const word of all.slice(-part.last)) take(word);
    }
    if (seen.length === 0) return;
    sum.fill(0);
    for (const word of seen) {
      const share = (1 + Math.log(word.count)) / word.rows.length;
      word.count = 0;
      for (const row of word.rows) {
        const factor = share * (part.weight[row] as number);
        const start = row * dimensions;
        for (let i = 0; i < dimensions; i += 1) sum[i] = (sum[i] as number) + factor * (table[start + i] as number);
      }
    }
    let square = 0;
    for (let i = 0; i < dimensions; i += 1) square += (sum[i] as number) ** 2;
    const factor = part.share / (Math.sqrt(square) + epsilon);
    for (let i = 0; i < dimensions; i += 1) into[i] = (into[i] as number) + factor * (sum[i] as number);
  }

  return {
    query(text) {
      const vector = new Float32Array(dimensions);
      addField(text, { weight: weights.query, share: 1 }, vector);
      return unitVector(vector);
    },
    document(text) {
      const { path, name, body } = passageFields(text);
      const vector = new Float32Array(dimensions);
      addField(body, { weight: weights.document, share: fields.body }, vector);
      addField(name, { weight: weights.document, share: fields.name }, vector);
      addField(path, { weight: weights.document, share: fields.path, last: maxPathWords }, vector);
      return unitVector(vector);
    },
  };
}

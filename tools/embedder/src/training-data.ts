import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rowsOf } from '@nootropic/model';
import type { Worded } from './near-copies.ts';

/** Rows of the table for words of their own, and for pieces of unknown words. */
export const vocabularyWords = 24_576;
export const gramRows = 8_192;

/** The commonest tokens of the training functions, commonest first; equally common ones in the order of the alphabet. */
export function chooseVocabulary(functions: readonly Worded[]): { words: string[]; documents: Map<string, number> } {
  const documents = new Map<string, number>();
  for (const { words } of functions)
    for (const token of new Set([...words.doc, ...words.body.keys(), ...words.name, ...words.path]))
      documents.set(token, (documents.get(token) ?? 0) + 1);
  const words = [...documents]
    .sort(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1))
    .slice(0, vocabularyWords)
    .map(([token]) => token);
  return { words, documents };
}

/**
 * Writes what the trainer reads: for each of the fields `q` (doc), `n` (name), `p` (path) and `b` (body) the rows and their amounts, function
 * after function, and where each begins; `meta.i32` with package and doc of each function (-1: none); `idf.f32`; `words.txt`.
 * After the functions to train on come those of `encode`, of no package: the trainer only gives their vectors.
 * All numbers little-endian.
 */
export async function writeTrainingData(
  folder: string,
  training: readonly Worded[],
  encode: readonly Worded[],
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { words, documents } = chooseVocabulary(training);
  const functions = [...training, ...encode];
  const rows = new Map(words.map((word, row) => [word, row]));
  const source = { get: (token: string) => rows.get(token), words: vocabularyWords, gramRows };
  const known = new Map<string, readonly number[]>();
  const rowsOfToken = (token: string): readonly number[] => {
    const found = known.get(token) ?? rowsOf(token, source);
    known.set(token, found);
    return found;
  };
  const fields: Readonly<Record<string, (worded: Worded) => Iterable<readonly [string, number]>>> = {
    q: ({ words: { doc } }) => counts(doc),
    n: ({ words: { name } }) => counts(name),
    p: ({ words: { path } }) => counts(path),
    b: ({ words: { body } }) => body,
  };
  for (const [field, read] of Object.entries(fields)) {
    const ids: number[] = [];
    const amounts: number[] = [];
    const offsets = new Int32Array(functions.length + 1);
    for (const [at, worded] of functions.entries()) {
      for (const [token, count] of read(worded)) {
        const own = rowsOfToken(token);
        for (const row of own) {
          ids.push(row);
          amounts.push((1 + Math.log(count)) / own.length);
        }
      }
      offsets[at + 1] = ids.length;
    }
    await writeFile(join(folder, `${field}.rows.i32`), bytes(Int32Array.from(ids)));
    await writeFile(join(folder, `${field}.amounts.f32`), bytes(Float32Array.from(amounts)));
    await writeFile(join(folder, `${field}.offsets.i32`), bytes(offsets));
  }
  await writeFile(join(folder, 'meta.i32'), bytes(metaOf(functions, training.length)));
  const idf = new Float32Array(vocabularyWords + gramRows).fill(Math.log(training.length / 3));
  for (const [row, word] of words.entries()) idf[row] = Math.log(training.length / (documents.get(word) ?? 1));
  await writeFile(join(folder, 'idf.f32'), bytes(idf));
  await writeFile(join(folder, 'words.txt'), words.join('\n'));
}

function metaOf(functions: readonly Worded[], trained: number): Int32Array {
  const packages = new Map<string, number>();
  const docs = new Map<string, number>();
  const number = (map: Map<string, number>, key: string): number => {
    const known = map.get(key) ?? map.size;
    map.set(key, known);
    return known;
  };
  const meta = new Int32Array(functions.length * 2);
  for (const [at, { found, words }] of functions.entries()) {
    meta[2 * at] = at < trained ? number(packages, `${found.language}/${found.package}`) : -1;
    meta[2 * at + 1] = words.doc.length === 0 ? -1 : number(docs, words.doc.join(' '));
  }
  return meta;
}

function counts(tokens: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const token of tokens) found.set(token, (found.get(token) ?? 0) + 1);
  return found;
}

function bytes(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

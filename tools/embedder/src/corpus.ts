import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collectFunctions, keepFirst } from './collect-functions.ts';
import { fetchSource } from './fetch-source.ts';
import type { CorpusFunction } from './found-function.ts';
import { functionWords } from './function-words.ts';
import { createCopyFinder, type Worded } from './near-copies.ts';
import type { SourceList } from './source-list.ts';
import { writeTrainingData } from './training-data.ts';

export interface CorpusCounts {
  readonly packages: number;
  readonly files: number;
  readonly strangers: readonly string[];
  /** Functions with a doc, and all, by `split language`. */
  readonly functions: Readonly<Record<string, { readonly documented: number; readonly all: number }>>;
  /** Functions of training packages that were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly kept: { readonly functions: number; readonly pairs: number };
  /** What a second look found among those that were kept: both must be 0. */
  readonly contamination: { readonly sameDoc: number; readonly nearBody: number };
  readonly seconds: number;
}

export interface Corpus {
  /** Where the trainer's data lie. */
  readonly folder: string;
  /** Changes with the list of sources and with the code that reads them. */
  readonly key: string;
  /** Functions of development and test packages. */
  readonly measured: readonly Worded[];
  readonly counts: CorpusCounts;
}

const parityTexts = join(import.meta.dirname, '../parity-texts.json');
const readers = [
  'brace-functions',
  'builtin',
  'collect-functions',
  'corpus',
  'doc-sentence',
  'function-words',
  'indented-functions',
  'near-copies',
  'source-lines',
  'training-data',
];

/** Downloads, reads, filters and writes the corpus; what is there from an earlier run is taken as it is. */
export async function makeCorpus(
  list: SourceList,
  { cache, say }: { cache: string; say: (text: string) => void },
): Promise<Corpus> {
  const key = await corpusKey(list);
  const folder = join(cache, 'corpus', key);
  const kept = await readKept(folder);
  if (kept !== undefined) return { folder, key, ...kept };
  const started = performance.now();
  const all: CorpusFunction[] = [];
  const strangers: string[] = [];
  const packages = new Set<string>();
  let files = 0;
  for (const source of list.sources) {
    const unpacked = await fetchSource(source, { cache, mirrors: list.mirrors });
    for (const tree of source.trees) {
      const found = await collectFunctions(unpacked, tree);
      say(
        `${tree.package} (${tree.language}, ${tree.split}): ${found.files} files, ${found.functions.length} functions, ${found.functions.filter(({ doc }) => doc !== '').length} documented`,
      );
      for (const one of found.functions) all.push(one);
      strangers.push(...found.strangers);
      files += found.files;
      packages.add(tree.package);
    }
  }
  const intern = internWords();
  const worded = keepFirst(all).map((found): Worded => ({ found, words: intern(functionWords(found)) }));
  const measured = worded.filter(({ found }) => found.split !== 'train');
  const copyOf = createCopyFinder(measured);
  const leftOut: Record<string, number> = { 'same text': all.length - worded.length };
  const training = worded.filter((candidate) => {
    if (candidate.found.split !== 'train') return false;
    const reason = copyOf(candidate);
    if (reason !== undefined) leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    return reason === undefined;
  });
  const part = `${folder}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  say(`${training.length} functions to train on; writing`);
  await writeTrainingData(
    part,
    training,
    (await readParityTexts()).map((found) => ({ found, words: functionWords(found) })),
  );
  const counts: CorpusCounts = {
    packages: packages.size,
    files,
    strangers,
    functions: countBySplit(worded),
    leftOut,
    kept: { functions: training.length, pairs: training.filter(({ found }) => found.doc !== '').length },
    contamination: contaminationOf(training, measured),
    seconds: (performance.now() - started) / 1_000,
  };
  await writeFile(join(part, 'measured.json'), JSON.stringify(measured.map(({ found }) => found)));
  await writeFile(join(part, 'counts.json'), JSON.stringify(counts, null, 2));
  await rename(part, folder);
  return { folder, key, measured, counts };
}

/** Made-up functions whose vectors the trainer gives, so that a test can hold the runtime against it. */
export async function readParityTexts(): Promise<CorpusFunction[]> {
  return JSON.parse(await readFile(parityTexts, 'utf8')) as CorpusFunction[];
}

async function readKept(folder: string): Promise<{ measured: Worded[]; counts: CorpusCounts } | undefined> {
  try {
    const counts = JSON.parse(await readFile(join(folder, 'counts.json'), 'utf8')) as CorpusCounts;
    const found = JSON.parse(await readFile(join(folder, 'measured.json'), 'utf8')) as CorpusFunction[];
    return { counts, measured: found.map((one) => ({ found: one, words: functionWords(one) })) };
  } catch {
    return undefined;
  }
}

/** Of all that decides what the corpus holds. */
export async function corpusKey({ sources }: SourceList): Promise<string> {
  const read = sources.map(({ sha256, trees }) => [
    sha256,
    ...trees.map(({ root, language, package: name, split, exclude, only }) => [
      root,
      language,
      name,
      split,
      exclude,
      only,
    ]),
  ]);
  const hash = createHash('sha256')
    .update(JSON.stringify(read))
    .update(await readFile(parityTexts));
  const folders = [import.meta.dirname, join(import.meta.dirname, '../../../libs/adapters/model/src')];
  for (const folder of folders)
    for (const name of (await readdir(folder)).sort())
      if (
        ['builtin-tokens.ts', 'builtin-rows.ts'].includes(name) ||
        (folder === import.meta.dirname && readers.some((reader) => name === `${reader}.ts`))
      )
        hash.update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Equal words as one string, so that hundreds of thousands of functions fit into memory. */
function internWords(): (words: ReturnType<typeof functionWords>) => ReturnType<typeof functionWords> {
  const known = new Map<string, string>();
  const one = (word: string): string => {
    const first = known.get(word);
    if (first !== undefined) return first;
    known.set(word, word);
    return word;
  };
  return ({ doc, body, name, path }) => ({
    doc: doc.map(one),
    body: new Map([...body].map(([word, count]) => [one(word), count])),
    name: name.map(one),
    path: path.map(one),
  });
}

function countBySplit(functions: readonly Worded[]): CorpusCounts['functions'] {
  const counts: Record<string, { documented: number; all: number }> = {};
  for (const { found } of functions) {
    const place =
      found.split === 'train' ? `train ${found.language}` : `${found.split} ${found.language}/${found.package}`;
    const count = (counts[place] ??= { documented: 0, all: 0 });
    count.all += 1;
    if (found.doc !== '') count.documented += 1;
  }
  return counts;
}

/** A look of its own at what is left: the same docs of more than three words, and functions of one name with near bodies. */
function contaminationOf(training: readonly Worded[], measured: readonly Worded[]): CorpusCounts['contamination'] {
  const docs = new Set(measured.filter(({ words }) => words.doc.length > 3).map(({ words }) => words.doc.join(' ')));
  const bodies = Map.groupBy(measured, ({ found }) => found.name.toLowerCase());
  let sameDoc = 0;
  let nearBody = 0;
  for (const { found, words } of training) {
    if (docs.has(words.doc.join(' '))) sameDoc += 1;
    const own = new Set(words.body.keys());
    const isNear = (other: Worded): boolean => {
      const shared = own.intersection(new Set(other.words.body.keys())).size;
      return own.size >= 5 && shared >= 0.7 * (own.size + other.words.body.size - shared);
    };
    if ((bodies.get(found.name.toLowerCase()) ?? []).some(isNear)) nearBody += 1;
  }
  return { sameDoc, nearBody };
}

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeBuiltinWeights } from '@nootropic/model';
import { readParityTexts, type Corpus } from './corpus.ts';
import { run } from './fetch-source.ts';
import { passageText } from './function-words.ts';
import { gramRows } from './training-data.ts';

const dimensions = 256;

export interface ParityText {
  readonly text: string;
  readonly kind: 'query' | 'document';
  readonly vector: readonly number[];
}

export interface Trained {
  /** The weights file as it is committed. */
  readonly int8: Uint8Array;
  /** The same with its table as it was trained. */
  readonly float: Uint8Array;
  /** Texts with the vectors that the trainer itself gives them. */
  readonly parity: readonly ParityText[];
  /** Seconds on the clock, and of all processors together; of the run that trained it. */
  readonly seconds: number;
  readonly processorSeconds: number;
}

/** Trains with one seed, unless an earlier run did, and puts the result into the form of the weights file. */
export async function trainSeed(corpus: Corpus, seed: number, cache: string): Promise<Trained> {
  const trainer = join(import.meta.dirname, 'train.py');
  const trainerKey = createHash('sha256')
    .update(await readFile(trainer))
    .digest('hex')
    .slice(0, 8);
  const folder = join(cache, 'trained', `${corpus.key}-${trainerKey}-${seed}`);
  if (!(await isFolder(folder))) {
    const part = `${folder}.part`;
    await rm(part, { recursive: true, force: true });
    await mkdir(part, { recursive: true });
    await run('python3', [trainer, corpus.folder, part, String(seed)]);
    await rename(part, folder);
  }
  const numbers = async (name: string): Promise<Float32Array> => {
    const bytes = await readFile(join(folder, name));
    return new Float32Array(Uint8Array.from(bytes).buffer);
  };
  const words = (await readFile(join(corpus.folder, 'words.txt'), 'utf8')).split('\n');
  const [name = 0, path = 0, body = 0] = await numbers('fields.f32');
  const table = await numbers('table.f32');
  const query = await numbers('query.f32');
  const document = await numbers('document.f32');
  const rounded = inInt8({ query, document, table });
  const fields = { name, path, body };
  const header = { version: versionOf([...words, JSON.stringify(fields)], rounded), dimensions, gramRows, fields };
  const log = JSON.parse(await readFile(join(folder, 'log.json'), 'utf8')) as {
    epochs: { seconds: number }[];
    processor_seconds: number;
  };
  return {
    float: writeBuiltinWeights({ header, words, query, document, table }),
    int8: writeBuiltinWeights({ header, words, ...rounded }),
    parity: await parityOf(await numbers('parity.f32')),
    seconds: log.epochs.at(-1)?.seconds ?? 0,
    processorSeconds: log.processor_seconds,
  };
}

/** The trainer's vectors: for each text, of its question and of its passage. */
async function parityOf(numbers: Float32Array): Promise<ParityText[]> {
  const vector = (at: number): number[] =>
    [...numbers.subarray(at * dimensions, (at + 1) * dimensions)].map((value) => Math.round(value * 1e4) / 1e4);
  return (await readParityTexts()).flatMap((found, at): ParityText[] => [
    { text: found.doc, kind: 'query', vector: vector(2 * at) },
    { text: passageText(found, 'all'), kind: 'document', vector: vector(2 * at + 1) },
  ]);
}

/** Each row in bytes, its scale in the weights of its token: a token's weight and its row are only ever used multiplied. */
function inInt8({ query, document, table }: { query: Float32Array; document: Float32Array; table: Float32Array }) {
  const rows = new Int8Array(table.length);
  const scales = new Float32Array(query.length);
  for (let row = 0; row < query.length; row += 1) {
    const start = row * dimensions;
    let most = 1e-12;
    for (let i = start; i < start + dimensions; i += 1) most = Math.max(most, Math.abs(table[i] as number));
    scales[row] = most / 127;
    for (let i = start; i < start + dimensions; i += 1) rows[i] = Math.round(((table[i] as number) / most) * 127);
  }
  const scaled = (weights: Float32Array): Float32Array =>
    weights.map((weight, row) => weight * (scales[row] as number));
  return { query: scaled(query), document: scaled(document), table: rows };
}

/** Of the weights themselves: equal weights have equal versions, and others have others. */
function versionOf(texts: readonly string[], { query, document, table }: ReturnType<typeof inInt8>): string {
  const hash = createHash('sha256').update(texts.join('\n'));
  for (const part of [query, document, table]) hash.update(part);
  return hash.digest('hex').slice(0, 8);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

import { createHash } from 'node:crypto';
import { NootropicError } from '@nootropic/contracts';

/** What a weights file says of itself. */
export interface BuiltinHeader {
  /** Layout of the file; this program reads 1. */
  readonly format: 1;
  /** A name for these weights: vectors of different versions must not be compared. */
  readonly version: string;
  /** Numbers of a row, and of a vector. */
  readonly dimensions: number;
  /** Rows that belong to a word each; the rows after them are of hashed pieces of words. */
  readonly words: number;
  readonly gramRows: number;
  /** How much each part of a passage counts in its vector. */
  readonly fields: { readonly name: number; readonly path: number; readonly body: number };
  /** How the table is written. */
  readonly table: 'int8' | 'float32';
  /** Bytes of the list of words. */
  readonly vocabularyBytes: number;
}

export interface BuiltinWeights {
  readonly header: BuiltinHeader;
  /** The row of a word. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Per row, what a token counts in a question and in a passage; the scale of an int8 row is multiplied in. */
  readonly query: Float32Array;
  readonly document: Float32Array;
  /** Rows one after the other. */
  readonly table: Int8Array | Float32Array;
}

/** The file begins with this. */
const magic = 'NOOTEMB1';
const prefixBytes = magic.length + 4;
const digestBytes = 32;

/**
 * Reads a weights file:
 *
 * | bytes | what |
 * |---|---|
 * | 8 | `NOOTEMB1` |
 * | 4 | length of the header, little-endian |
 * | … | the header, JSON in UTF-8, padded with spaces so that what follows starts at a multiple of 4 |
 * | `vocabularyBytes` | the words, UTF-8, one per line, row 0 first, padded with line ends to a multiple of 4 |
 * | 4 × rows | weights of the tokens of a question, float32, little-endian |
 * | 4 × rows | weights of the tokens of a passage, float32, little-endian |
 * | rows × dimensions | the table, int8 (or float32, 4 bytes each) |
 * | 32 | SHA-256 of all bytes before |
 *
 * @throws `MODEL_FILE_INVALID` when the file is cut short, changed, or of another format.
 */
export function readBuiltinWeights(bytes: Uint8Array): BuiltinWeights {
  const end = bytes.length - digestBytes;
  if (end < prefixBytes || textOf(bytes.subarray(0, magic.length)) !== magic) throw damaged('it does not begin as one');
  const digest = createHash('sha256').update(bytes.subarray(0, end)).digest();
  if (!digest.equals(bytes.subarray(end))) throw damaged('it is cut short, or was changed');
  const start = prefixBytes + new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const header = JSON.parse(textOf(bytes.subarray(prefixBytes, start))) as BuiltinHeader;
  // What the digest proves was written by `writeBuiltinWeights`; of another program only the format is known.
  if (header.format !== 1) throw damaged(`it is of format ${String(header.format)}, and this program reads 1`);
  const payload = bytes.subarray(start, end);
  const words = textOf(payload.subarray(0, header.vocabularyBytes)).split('\n', header.words);
  return { header, vocabulary: new Map(words.map((word, row) => [word, row])), ...sections(payload, header) };
}

/** The bytes of a weights file; `readBuiltinWeights` says how they lie. */
export function writeBuiltinWeights(
  weights: Omit<BuiltinWeights, 'header' | 'vocabulary'> & {
    readonly header: Omit<BuiltinHeader, 'format' | 'table' | 'vocabularyBytes' | 'words'>;
    readonly words: readonly string[];
  },
): Uint8Array {
  const vocabulary = padded(weights.words.join('\n'), 0, '\n');
  const payload = joined([vocabulary, bytesOf(weights.query), bytesOf(weights.document), bytesOf(weights.table)]);
  const header: BuiltinHeader = {
    format: 1,
    ...weights.header,
    words: weights.words.length,
    table: weights.table instanceof Int8Array ? 'int8' : 'float32',
    vocabularyBytes: vocabulary.length,
  };
  const head = padded(JSON.stringify(header), prefixBytes, ' ');
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, head.length, true);
  const all = joined([new TextEncoder().encode(magic), length, head, payload]);
  return joined([all, createHash('sha256').update(all).digest()]);
}

function sections(payload: Uint8Array, header: BuiltinHeader): Pick<BuiltinWeights, 'query' | 'document' | 'table'> {
  const rows = header.words + header.gramRows;
  const numbers = rows * header.dimensions;
  // A copy starts at an address that every kind of number may have.
  const { buffer } = new Uint8Array(payload.subarray(header.vocabularyBytes));
  return {
    query: new Float32Array(buffer, 0, rows),
    document: new Float32Array(buffer, 4 * rows, rows),
    table:
      header.table === 'int8' ? new Int8Array(buffer, 8 * rows, numbers) : new Float32Array(buffer, 8 * rows, numbers),
  };
}

function damaged(why: string): NootropicError {
  return new NootropicError(
    'MODEL_FILE_INVALID',
    `The weights of the built-in embedder cannot be used: ${why}. Install the program again; until then, search goes by words alone.`,
  );
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function bytesOf(values: Float32Array | Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function padded(text: string, before: number, filler: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const missing = (4 - ((before + bytes.length) % 4)) % 4;
  return joined([bytes, new TextEncoder().encode(filler.repeat(missing))]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

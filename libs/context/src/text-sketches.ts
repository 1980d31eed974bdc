import type { FileEntry } from '@nootropic/contracts';

/** What is remembered of the texts that were looked through, so that those that cannot hold a string need not be read again. */
export interface TextSketches {
  /** False where the file, if it still has this size and time, certainly does not hold the string, whatever the case of its letters. */
  mayHold(entry: Pick<FileEntry, 'path' | 'bytes' | 'mtimeMs'>, wanted: string): boolean;
  /** Remembers a text, with its line breaks as a search sees them. */
  note(entry: Pick<FileEntry, 'path' | 'bytes' | 'mtimeMs'>, text: string): void;
}

export interface TextSketchesOptions {
  /** Bytes that all sketches together may take; the oldest are dropped. Default 64 MiB. */
  readonly maxBytes?: number;
}

interface Sketch {
  readonly bytes: number;
  readonly mtimeMs: number;
  /** A power of two of 32-bit words. */
  readonly words: Uint32Array;
}

const tableBits = 17;
const smallestWords = 8;
/** Bits for each trigram of a text: so many that a trigram which it lacks seems to be there about one time in nine. */
const bitsPerTrigram = 8;

/**
 * A Bloom filter with one hash over the trigrams of each text (Bloom 1970, https://doi.org/10.1145/362686.362692; trigrams of files as an index
 * for search: Cox 2012, https://swtch.com/~rsc/regexp/regexp4.html). Letters of ASCII are taken in lower case, as are the two others that a search
 * without regard to case takes for them. Some 2 KB for a file of 8 KB; it never says no of a text that holds the string.
 */
export function createTextSketches({ maxBytes = 64 * 2 ** 20 }: TextSketchesOptions = {}): TextSketches {
  const sketches = new Map<string, Sketch>();
  const table = new Uint32Array(2 ** (tableBits - 5));
  let held = 0;

  const forget = (path: string): void => {
    held -= sketches.get(path)?.words.byteLength ?? 0;
    sketches.delete(path);
  };
  return {
    mayHold({ path, bytes, mtimeMs }, wanted) {
      const sketch = sketches.get(path);
      if (sketch === undefined || sketch.bytes !== bytes || sketch.mtimeMs !== mtimeMs) return true;
      const mask = sketch.words.length * 32 - 1;
      let all = true;
      eachTrigram(wanted, (hash) => {
        const bit = hash & mask;
        all &&= ((sketch.words[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
      });
      return all;
    },
    note({ path, bytes, mtimeMs }, text) {
      forget(path);
      table.fill(0);
      let count = 0;
      eachTrigram(text, (hash) => {
        const word = hash >>> 5;
        const before = table[word] ?? 0;
        const after = before | (1 << (hash & 31));
        if (before >>> 0 === after >>> 0) return;
        table[word] = after;
        count += 1;
      });
      const words = folded(table, count * bitsPerTrigram);
      sketches.set(path, { bytes, mtimeMs, words });
      held += words.byteLength;
      for (const oldest of sketches.keys()) {
        if (held <= maxBytes) break;
        forget(oldest);
      }
    },
  };
}

/** The table in the fewest words that have this many bits, its halves laid over each other. */
function folded(table: Uint32Array, bits: number): Uint32Array {
  let size = table.length;
  while (size > smallestWords && size * 16 >= bits) size /= 2;
  const words = new Uint32Array(size);
  for (let at = 0; at < table.length; at += 1) {
    const to = at & (size - 1);
    words[to] = (words[to] ?? 0) | (table[at] ?? 0);
  }
  return words;
}

function eachTrigram(text: string, take: (hash: number) => void): void {
  let one = lower(text.charCodeAt(0));
  let two = lower(text.charCodeAt(1));
  for (let at = 2; at < text.length; at += 1) {
    const three = lower(text.charCodeAt(at));
    take(
      Math.imul(Math.imul(one, 0x9e3779b1) ^ Math.imul(two, 0x85ebca6b) ^ Math.imul(three, 0xc2b2ae35), 0x27d4eb2f) >>>
        (32 - tableBits),
    );
    one = two;
    two = three;
  }
}

const longS = 0x17f;
const kelvin = 0x212a;

function lower(code: number): number {
  if (code >= 0x41 && code <= 0x5a) return code + 32;
  return code === longS ? 0x73 : code === kelvin ? 0x6b : code;
}

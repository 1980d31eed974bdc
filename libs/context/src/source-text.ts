/** Text of a file, or why it is not taken for source text. */
export type SourceText = { readonly text: string } | { readonly reason: string };

const longLine = 2_000;

/** Decodes UTF-8 (with or without a byte order mark), UTF-16 with one, and Latin-1 as a last resort; refuses what is not text, or not written by hand. */
export function readSourceText(bytes: Uint8Array): SourceText {
  const text = decode(bytes);
  if (text === undefined) return { reason: 'binary' };
  let inLongLines = 0;
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start);
    const stop = end < 0 ? text.length : end;
    if (stop - start > longLine) inLongLines += stop - start;
    start = stop + 1;
  }
  if (inLongLines > text.length / 2) return { reason: 'very long lines (minified or generated)' };
  if (text.length > shortText && inEncodedLines(text) > text.length / 2) return { reason: 'encoded data' };
  return { text };
}

/** Below this, a text costs little whatever it holds. */
const shortText = 8_000;
const shortestCode = 48;
/** Bits of each character that letters and digits drawn by chance have at least, on a line; words and names repeat theirs. */
const bitsOfChance = 3.3;

/** Characters on lines that are one unbroken run of letters and digits as good as drawn by chance: base64, hexadecimal, keys. */
function inEncodedLines(text: string): number {
  let sum = 0;
  for (const [line] of text.matchAll(/^[\t "'`]*[\w+/=-]+[",'`;\\]*$/gmu)) {
    if (line.length >= shortestCode && bitsPerCharacter(line) >= bitsOfChance) sum += line.length + 1;
  }
  return sum;
}

/** Shannon's entropy of the characters (https://doi.org/10.1002/j.1538-7305.1948.tb01338.x). */
function bitsPerCharacter(line: string): number {
  const counts = new Map<string, number>();
  for (const character of line) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / line.length) * Math.log2(count / line.length);
  return bits;
}

/** Decodes text, or `undefined` when the bytes are not text. */
export function decode(bytes: Uint8Array): string | undefined {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-8';
  if (encoding === 'utf-8' && bytes.includes(0)) return undefined;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return encoding === 'utf-8' ? decodeLatin1(bytes) : undefined;
  }
}

/** Sources older than UTF-8 hold a few letters of Latin-1. Control characters, or many bytes above ASCII, mean that it is no text. */
function decodeLatin1(bytes: Uint8Array): string | undefined {
  const most = 0.3;
  let high = 0;
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d) return undefined;
    if (byte >= 0x80) high += 1;
  }
  return high <= bytes.length * most ? new TextDecoder('windows-1252').decode(bytes) : undefined;
}

/** Lines of a text. A final line break ends the last line and starts no further one; an empty text has no lines. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(/\r\n|\n|\r/u);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

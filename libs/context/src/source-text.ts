/** Text of a file, or why it is not taken for source text. */
export type SourceText = { readonly text: string } | { readonly reason: string };

const longLine = 2_000;

/** Decodes UTF-8 (with or without a byte order mark) and UTF-16 with one; refuses what is not text, or not written by hand. */
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
  return { text };
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
    return undefined;
  }
}

/** Lines of a text. A final line break ends the last line and starts no further one; an empty text has no lines. */
export function splitLines(text: string): string[] {
  if (text === '') return [];
  const lines = text.split(/\r\n|\n|\r/u);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The parts of a passage that count differently. */
export interface PassageFields {
  readonly path: string;
  readonly name: string;
  readonly body: string;
}

/** A heading has at most these lines: path, name, signature, doc. */
const maxHeadingLines = 4;
/** What a path on the first line may look like: a folder or an ending in it, no sign that only code has, and a blank only before an ending. */
const pathLine = /^(?=[^\n]*[/.])(?:[^\s{};=<>"'`*?|\\,]+|\S[^{};=<>"'`*?|\\,]*\.\w{1,8})$/u;

/**
 * Tells the parts of a passage apart by the heading that the index writes before a chunk: its path, the full name of its symbol, its
 * signature and its documentation, a line each and the last three where there are any, then an empty line, then the text.
 * The text repeats the signature and the documentation, so the heading gives but path and name.
 * Text without such a heading is body as a whole; a heading of one line must look like a path with a folder or an ending.
 */
export function passageFields(text: string): PassageFields {
  const end = text.indexOf('\n\n');
  if (end <= 0) return { path: '', name: '', body: text };
  const heading = text.slice(0, end).split('\n');
  const path = heading[0] ?? '';
  if (heading.length > maxHeadingLines || !pathLine.test(path)) return { path: '', name: '', body: text };
  return { path: path.replace(/\.[^./]*$/u, ''), name: heading[1] ?? '', body: text.slice(end + 2) };
}

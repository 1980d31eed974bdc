import type { Citation } from '@nootropic/contracts';

/** Lines of a text that hold what was looked for. */
export interface LineMatch {
  /** Counts from 1. */
  readonly startLine: number;
  readonly endLine: number;
  /** Characters before the match in its first line. */
  readonly column: number;
}

/**
 * Runs one regular expression over texts where it can be stopped - a worker, a process - since a pattern may take for ever on a text.
 * It has the flags that it was opened with and looks at one line at a time.
 */
export interface PatternRunner {
  /** The first `limit` lines that match, in order; `undefined` once it gave up, because this text or one before took too long. */
  match(text: string, limit: number): Promise<readonly LineMatch[] | undefined>;
  /** Ends what is under way. */
  [Symbol.asyncDispose](): Promise<void>;
}

export type OpenPattern = (source: string, flags: string) => PatternRunner;

/** The first `limit` lines that hold this string, in order; one match a line. */
export function linesWith(text: string, wanted: string, limit: number): LineMatch[] {
  const found: LineMatch[] = [];
  if (wanted === '') return found;
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf(wanted); at >= 0 && found.length < limit;) {
    for (let end = text.indexOf('\n', lineStart); end >= 0 && end < at; end = text.indexOf('\n', lineStart)) {
      line += 1;
      lineStart = end + 1;
    }
    let endLine = line;
    const stop = at + wanted.length;
    for (let end = text.indexOf('\n', at); end >= 0 && end < stop - 1; end = text.indexOf('\n', end + 1)) endLine += 1;
    found.push({ startLine: line, endLine, column: at - lineStart });
    const next = text.indexOf('\n', Math.max(at, stop - 1));
    at = next < 0 ? -1 : text.indexOf(wanted, next + 1);
  }
  return found;
}

/** Characters of a line that are shown. */
const shownChars = 240;
const shownBefore = 60;
const shownLines = 6;

/** The lines of a match as they are shown: of a long one the part around the match. */
export function matchSnippet(lines: readonly string[], { startLine, endLine, column }: LineMatch): string {
  return lines
    .slice(startLine - 1, Math.min(endLine, startLine - 1 + shownLines))
    .map((line, at) => {
      if (line.length <= shownChars) return line.trimEnd();
      const from = at === 0 ? Math.max(0, Math.min(column - shownBefore, line.length - shownChars)) : 0;
      const part = line.slice(from, from + shownChars).trim();
      return `${from > 0 ? '…' : ''}${part}${from + shownChars < line.length ? '…' : ''}`;
    })
    .join('\n');
}

/** The innermost symbol that holds a line. */
export function symbolAt<S extends Pick<Citation, 'startLine' | 'endLine'>>(
  symbols: readonly S[],
  line: number,
): S | undefined {
  return symbols
    .filter((symbol) => symbol.startLine <= line && symbol.endLine >= line)
    .sort((one, other) => one.endLine - one.startLine - (other.endLine - other.startLine))[0];
}

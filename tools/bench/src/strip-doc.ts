/** Lines of a source text, both ends included, counted from 1. */
export interface LineRange {
  readonly from: number;
  readonly to: number;
}

const attribute = /^(@\w|#\[)/u;
const lineComment = /^(\/\/|#(?!\[|!\[))/u;
const stringOpening = /^\s*[rRuU]?("""|''')/u;

/**
 * Where the doc comment of a definition stands: the comment lines directly above it, over decorators and attributes, and in Python the
 * string that opens its body. Nothing where there is none, or none that is clear.
 */
export function docLines(lines: readonly string[], definition: { startLine: number; endLine: number }): LineRange[] {
  return [commentAbove(lines, definition.startLine), docstringIn(lines, definition)].filter(
    (range) => range !== undefined,
  );
}

/** The text with these lines empty, so that every other line keeps its number. */
export function withoutLines(text: string, ranges: readonly LineRange[]): string {
  const gone = new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, at) => from + at)));
  return text
    .split('\n')
    .map((line, at) => (gone.has(at + 1) ? '' : line))
    .join('\n');
}

function commentAbove(lines: readonly string[], startLine: number): LineRange | undefined {
  const lineAt = (line: number): string => (lines[line - 1] ?? '').trim();
  let to = startLine - 1;
  while (to >= 1 && attribute.test(lineAt(to))) to -= 1;
  let from = to + 1;
  for (let line = to; line >= 1; line = from - 1) {
    const text = lineAt(line);
    if (lineComment.test(text)) from = line;
    else if (text.endsWith('*/')) {
      while (line >= 1 && !lineAt(line).includes('/*')) line -= 1;
      if (!lineAt(line).startsWith('/*')) break;
      from = line;
    } else break;
  }
  return from <= to ? { from, to } : undefined;
}

function docstringIn(
  lines: readonly string[],
  { startLine, endLine }: { startLine: number; endLine: number },
): LineRange | undefined {
  let previous = '';
  for (let line = startLine; line <= endLine; line += 1) {
    const text = lines[line - 1] ?? '';
    const opening = stringOpening.exec(text);
    if (opening !== null) {
      if (!/:\s*(#.*)?$/u.test(previous)) return undefined;
      const quotes = opening[1] as string;
      if (text.slice(opening[0].length).includes(quotes)) return { from: line, to: line };
      for (let last = line + 1; last <= endLine; last += 1)
        if ((lines[last - 1] ?? '').includes(quotes)) return { from: line, to: last };
      return undefined;
    }
    if (text.trim() === '') continue;
    // Once the body has begun with something else, a string is no documentation.
    if (
      /:\s*(#.*)?$/u.test(previous) &&
      line > startLine &&
      /^\s*(def|class|async def)\b/u.test(lines[startLine - 1] ?? '')
    )
      return undefined;
    previous = text;
  }
  return undefined;
}

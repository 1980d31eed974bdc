import type { Citation } from '@nootropic/contracts';

/** `:12`, `:12-20`, `:L12-L20` or `#L12-L20`, after a path or the quote that ends it. */
const lines = /(?<quote>[`"'])?(?::L?|#L)(?<start>\d{1,7})(?:\s?[-–]\s?L?(?<end>\d{1,7}))?(?!\d)/gu;
/** A path, or that of a passage of a source: `source://NAME/PATH`. */
const pathBefore = /(?:source:\/\/)?[\w@$.()[\]+~/-]+$/u;
/** In quotes a path may have spaces. */
const quotedPath = /^[\w@$.()[\]+~/-][\w@$.()[\]+~/ -]*$/u;
/** What ends a host name, and no name of a source file. */
const hostName = /^[\w.-]+\.(?:com|org|net|edu|gov|io|dev|app|ai|co|cloud|info|local|internal|localhost)$/iu;
/** Paths are looked for this far before the lines, so that the time stays in proportion to the text. */
const longestPath = 300;

/**
 * The citations that a text names, in order, each once: `src/app.ts:10-24`, the same with the path in quotes or with `#L10-L24`. A path with
 * spaces counts in quotes only. Whether they exist is for the caller to check.
 */
export function findCitations(text: string): Citation[] {
  const found = new Map<string, Citation>();
  for (const match of text.matchAll(lines)) {
    const { quote, start = '', end = start } = match.groups ?? {};
    const before = text.slice(Math.max(0, match.index - longestPath), match.index);
    const after = text[match.index + match[0].length];
    const path = cleaned(quote === undefined ? unquoted(before, after) : inQuotes(before, quote));
    const citation = { path, startLine: Number(start), endLine: Number(end) };
    const isPath = /[./]/u.test(path) && /\p{L}/u.test(path) && !path.startsWith('//') && !hostName.test(path);
    if (isPath && citation.startLine >= 1 && citation.endLine >= citation.startLine)
      found.set(`${path}:${start}-${end}`, citation);
  }
  return [...found.values()];
}

/** How a citation is written everywhere: `src/app.ts:10-24`. */
export function formatCitation({ path, startLine, endLine }: Citation): string {
  return endLine === startLine ? `${path}:${startLine}` : `${path}:${startLine}-${endLine}`;
}

/** What stands between the quote before the lines and the one that opens it, where that can be a path. */
function inQuotes(before: string, quote: string): string {
  const path = before.slice(before.lastIndexOf(quote) + 1);
  return before.includes(quote) && quotedPath.test(path) ? path : '';
}

/** The path right before the lines; all of a quotation that holds a path and its lines and nothing else. */
function unquoted(before: string, after: string | undefined): string {
  const whole = after !== undefined && '`"'.includes(after) ? inQuotes(before, after) : '';
  return whole === '' ? (pathBefore.exec(before)?.[0] ?? '') : whole;
}

/** Without what a sentence or a Markdown link puts before a path. */
function cleaned(path: string): string {
  return path.slice(path.lastIndexOf('](') + 1).replace(/^[([]+|^\.\//gu, '');
}

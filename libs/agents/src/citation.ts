import type { Citation } from '@nootropic/contracts';

/** `:12`, `:12-20` or `:L12-L20`, after a path. */
const lines = /:L?(?<start>\d{1,7})(?:\s?[-–]\s?L?(?<end>\d{1,7}))?(?!\d)/gu;
const pathBefore = /[\w@$.()[\]+~/-]+$/u;
/** Paths are looked for this far before the colon, so that the time stays in proportion to the text. */
const longestPath = 300;

/** The citations that a text names, in order, each once. Whether they exist is for the caller to check. */
export function findCitations(text: string): Citation[] {
  const found = new Map<string, Citation>();
  for (const match of text.matchAll(lines)) {
    const before = text.slice(Math.max(0, match.index - longestPath), match.index);
    const path = pathBefore.exec(before)?.[0].replace(/^[([]+|^\.\//gu, '') ?? '';
    const { start = '', end = start } = match.groups ?? {};
    const citation = { path, startLine: Number(start), endLine: Number(end) };
    const isPath = /[./]/u.test(path) && /\p{L}/u.test(path) && !path.startsWith('//');
    if (isPath && citation.startLine >= 1 && citation.endLine >= citation.startLine)
      found.set(`${path}:${start}-${end}`, citation);
  }
  return [...found.values()];
}

/** How a citation is written everywhere: `src/app.ts:10-24`. */
export function formatCitation({ path, startLine, endLine }: Citation): string {
  return endLine === startLine ? `${path}:${startLine}` : `${path}:${startLine}-${endLine}`;
}

const commentOrDecorator = /^(\/\/|\/\*|\*|--|;;|%|@|#\[|"""|''')/u;
const hashComment = /^#(?!\s*(include|define|undef|if|ifdef|ifndef|else|elif|endif|pragma|import|region|endregion)\b)/u;

/**
 * The first of the comment, decorator and attribute lines that stand directly above a definition, not above line `floor`.
 * Line numbers are 1-based.
 */
export function docStart(lines: readonly string[], startLine: number, floor: number): number {
  let first = startLine;
  while (first > floor) {
    const above = (lines[first - 2] ?? '').trim();
    if (above.endsWith('*/') && !above.includes('/*')) {
      const open = openingOf(lines, first - 1, floor);
      if (open === undefined) return first;
      first = open;
    } else if (commentOrDecorator.test(above) || hashComment.test(above)) first -= 1;
    else return first;
  }
  return first;
}

function openingOf(lines: readonly string[], closing: number, floor: number): number | undefined {
  for (let line = closing; line >= floor; line -= 1) {
    const text = (lines[line - 1] ?? '').trim();
    if (text.includes('/*')) return text.startsWith('/*') ? line : undefined;
  }
  return undefined;
}

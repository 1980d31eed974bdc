/** White space at the beginning of a line. */
export function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Without the white space that all lines begin with. */
export function dedent(lines: readonly string[]): string {
  const indents = lines.filter((line) => line.trim() !== '').map(indentOf);
  const cut = indents.length === 0 ? 0 : Math.min(...indents);
  return lines.map((line) => line.slice(cut)).join('\n');
}

const longestHead = 25;
const longestBody = 400;

/**
 * The line on which the block ends that the line `start` begins, for languages with braces: the first line at the same depth
 * of indentation, or less, that begins with a closing brace. Undefined where none is found, or where it is a declaration only.
 */
export function braceBlockEnd(lines: readonly string[], start: number): number | undefined {
  const indent = indentOf(lines[start] ?? '');
  let at = start;
  for (; ; at += 1) {
    if (at >= lines.length || at >= start + longestHead) return undefined;
    const line = lines[at] ?? '';
    const code = (line.split('//')[0] ?? '').trimEnd();
    if (code.endsWith('{')) break;
    if (at === start && code.endsWith('}') && code.includes('{')) return at;
    if (code.endsWith(';') && indentOf(line) <= indent) return undefined;
  }
  for (at += 1; at < lines.length && at < start + longestBody; at += 1) {
    const line = lines[at] ?? '';
    if (line.trim() !== '' && indentOf(line) <= indent && line.trimStart().startsWith('}')) return at;
  }
  return undefined;
}

/** Code without `/* *\/` and `//` comments and without empty lines. A comment sign in a string may be taken for one. */
export function withoutSlashComments(lines: readonly string[]): string {
  const text = dedent(lines).replace(/\/\*.*?\*\//gsu, '');
  return text
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)\/\/.*$/u, '').trimEnd())
    .filter((line) => line.trim() !== '')
    .join('\n');
}

/** The `/** … *\/` comment that ends right above a line, past empty lines and lines that `skip` matches. */
export function blockCommentAbove(
  lines: readonly string[],
  start: number,
  { skip, opening = '/**' }: { skip: RegExp; opening?: string },
): string {
  let end = start - 1;
  while (end >= 0 && end > start - 6 && ((lines[end] ?? '').trim() === '' || skip.test(lines[end] ?? ''))) end -= 1;
  if (!(lines[end] ?? '').trimEnd().endsWith('*/')) return '';
  let begin = end;
  while (begin >= 0 && end - begin < 200 && !(lines[begin] ?? '').includes('/*')) begin -= 1;
  if (!(lines[begin] ?? '').includes(opening)) return '';
  return lines
    .slice(begin, end + 1)
    .map((line) =>
      line
        .replace(/^\s*\/\*+!?/u, '')
        .replace(/\*+\/\s*$/u, '')
        .replace(/^\s*\*+\s?/u, ''),
    )
    .join('\n');
}

/** The line comments right above a line, past lines that `skip` matches. */
export function lineCommentsAbove(
  lines: readonly string[],
  start: number,
  { sign, skip }: { sign: RegExp; skip: RegExp },
): string {
  const found: string[] = [];
  for (let at = start - 1; at >= 0; at -= 1) {
    const line = (lines[at] ?? '').trim();
    if (skip.test(line)) continue;
    if (!sign.test(line)) break;
    found.unshift(line.replace(sign, '').trim());
  }
  return found.join('\n');
}

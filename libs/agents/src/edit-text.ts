import type { Splice } from './edit-result.ts';

/** A file as lines without their endings, and all that is needed to write it again byte for byte. */
export interface FileText {
  readonly lines: readonly string[];
  readonly mark: string;
  readonly endings: readonly string[];
  /** What new lines end with: what most lines of the file end with. */
  readonly ending: string;
  readonly endsWithNewline: boolean;
}

const byteOrderMark = '\uFEFF';

export function readFileText(file: string): FileText {
  const mark = file.startsWith(byteOrderMark) ? byteOrderMark : '';
  const body = file.slice(mark.length);
  const lines: string[] = [];
  const endings: string[] = [];
  for (const [line, text = '', ending = ''] of body.matchAll(/([^\r\n]*(?:\r(?!\n)[^\r\n]*)*)(\r\n|\n|$)/g)) {
    if (line === '') break;
    lines.push(text);
    endings.push(ending);
  }
  const crlf = endings.filter((each) => each === '\r\n').length;
  const lf = endings.filter((each) => each === '\n').length;
  return {
    lines,
    mark,
    endings,
    ending: crlf > lf ? '\r\n' : '\n',
    endsWithNewline: lines.length === 0 || endings.at(-1) !== '',
  };
}

/** The file with the parts in place. Lines that a part only repeats keep their endings. */
export function spliceFileText(file: FileText, splices: readonly Splice[]): string {
  let lines = file.lines.map((text, index) => ({ text, ending: file.endings[index] ?? '' }));
  for (const splice of splices.toReversed()) {
    const { at, remove, insert } = tightened(file.lines, splice);
    const fresh = insert.map((text) => ({ text, ending: '' }));
    lines = [...lines.slice(0, at), ...fresh, ...lines.slice(at + remove)];
  }
  const last = lines.length - 1;
  const text = lines.map((line, index) => {
    if (index === last) return line.text + (file.endsWithNewline ? line.ending || file.ending : '');
    return line.text + (line.ending || file.ending);
  });
  return file.mark + text.join('');
}

/** The same change without the lines at its edges that stay as they are. */
function tightened(lines: readonly string[], { at, remove, insert }: Splice): Splice {
  let start = 0;
  while (start < remove && start < insert.length && lines[at + start] === insert[start]) start += 1;
  let end = 0;
  while (
    end < remove - start &&
    end < insert.length - start &&
    lines[at + remove - 1 - end] === insert[insert.length - 1 - end]
  )
    end += 1;
  return { at: at + start, remove: remove - start - end, insert: insert.slice(start, insert.length - end) };
}

export interface CodeBlock {
  readonly language: string;
  readonly lines: readonly string[];
  readonly closed: boolean;
}

const opening = /^(?<indent> {0,3})(?<fence>`{3,}|~{3,})\s*(?<language>[^\s`]*)[^`]*$/u;

/**
 * The fenced blocks of an answer. A fence with a language inside a block opens an inner one, which stays part of the outer; a block of
 * Markdown ends at the last fence of the answer, since what it holds has fences of its own.
 */
export function codeBlocks(answer: string): CodeBlock[] {
  const lines = answer.split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const found = opening.exec(lines[at] ?? '')?.groups;
    if (!found) continue;
    const { fence = '```', language = '', indent = '' } = found;
    const isClose = (line: string): boolean => {
      const trimmed = line.trim();
      return trimmed.length >= fence.length && trimmed === fence.charAt(0).repeat(trimmed.length);
    };
    let depth = 1;
    let end = at + 1;
    if (/^(?:md|markdown|mdx)$/iu.test(language)) {
      end = lines.findLastIndex((line, index) => index > at && isClose(line));
      if (end < 0) end = lines.length;
    } else
      for (; end < lines.length; end += 1) {
        const line = lines[end] ?? '';
        if (isClose(line)) depth -= 1;
        else if (opening.test(line)) depth += 1;
        if (depth === 0) break;
      }
    const body = lines.slice(at + 1, end);
    const unindented = body.map((line) =>
      indent !== '' && line.startsWith(indent) ? line.slice(indent.length) : line,
    );
    blocks.push({ language, lines: unindented, closed: end < lines.length });
    at = end;
  }
  return blocks;
}

/** The largest fenced block: small ones around it are commands to run or parts that are talked about. */
export function largestBlock(answer: string): CodeBlock | undefined {
  const size = ({ lines }: CodeBlock): number => lines.join('\n').length;
  return codeBlocks(answer).reduce<CodeBlock | undefined>(
    (best, block) => (best === undefined || size(block) > size(best) ? block : best),
    undefined,
  );
}

const numbered = /^\s*(?<number>\d+)(?::[0-9a-f]{2}\||: ?|\||\t)(?<code>.*)$/u;

/** Lines without the numbers that a tool showed before them, `12: `, `12|` or `12:a3|`; as they are where not all of them have rising numbers. */
export function withoutLineNumbers(lines: readonly string[]): readonly string[] {
  let last = 0;
  const stripped: string[] = [];
  let seen = 0;
  for (const line of lines) {
    if (line.trim() === '') {
      stripped.push(line);
      continue;
    }
    const found = numbered.exec(line)?.groups;
    const number = Number(found?.['number'] ?? 0);
    if (found === undefined || number <= last) return lines;
    last = number;
    seen += 1;
    stripped.push(found['code'] ?? '');
  }
  return seen === 0 ? lines : stripped;
}

export function indentOf(line: string): string {
  return /^[ \t]*/u.exec(line)?.[0] ?? '';
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** What a list of lines is indented with: tabs, or so many spaces a level; `undefined` where nothing is indented or both are used. */
export function indentUnit(lines: readonly string[]): string | undefined {
  const indents = lines
    .filter((line) => !isBlank(line))
    .map(indentOf)
    .filter((indent) => indent !== '');
  if (indents.length === 0) return undefined;
  if (indents.every((indent) => !indent.includes(' '))) return '\t';
  if (indents.some((indent) => indent.includes('\t'))) return undefined;
  const steps = new Set<number>(indents.map((indent) => indent.length));
  const unit = [...steps].reduce((a, b) => gcd(a, b));
  return ' '.repeat(unit);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** The same lines, indented with the other unit. */
export function withIndentUnit(lines: readonly string[], from: string, to: string): string[] {
  return lines.map((line) => {
    const indent = indentOf(line);
    const levels = Math.floor(indent.length / from.length);
    return to.repeat(levels) + indent.slice(levels * from.length) + line.slice(indent.length);
  });
}

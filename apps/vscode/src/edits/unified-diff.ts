/** One hunk of a unified diff. Lines begin with ` `, `-`, `+` or `\`, as they stand in the diff; numbers count from 1. */
export interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly string[];
}

/** What a unified diff says of one file. An empty path: there is no file on that side. */
export interface FileDiff {
  readonly oldPath: string;
  readonly newPath: string;
  readonly hunks: readonly Hunk[];
}

const hunkHead = /^@@ -(?<old>\d+)(?:,(?<oldCount>\d+))? \+(?<new>\d+)(?:,(?<newCount>\d+))? @@/u;

/**
 * Reads unified diffs as GNU diff writes them
 * (https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html), one after the other. What stands between them is skipped.
 * A file whose content is not shown, such as a binary one, is left out.
 */
export function parseUnifiedDiff(text: string): FileDiff[] {
  const lines = text.split('\n');
  const files: { oldPath: string; newPath: string; hunks: Hunk[] }[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const next = lines[at + 1] ?? '';
    if (line.startsWith('--- ') && next.startsWith('+++ ')) {
      files.push({ oldPath: pathOf(line.slice(4), 'a/'), newPath: pathOf(next.slice(4), 'b/'), hunks: [] });
      at += 1;
      continue;
    }
    const head = hunkHead.exec(line)?.groups;
    const file = files.at(-1);
    if (!head || !file) continue;
    const { oldCount = '1', newCount = '1' } = head;
    const body = hunkBody(lines, at + 1, { old: Number(oldCount), young: Number(newCount) });
    // A side without lines is named by the line before it.
    const oldStart = Number(head['old']) + (oldCount === '0' ? 1 : 0);
    const newStart = Number(head['new']) + (newCount === '0' ? 1 : 0);
    file.hunks.push({ oldStart, newStart, lines: body });
    at += body.length;
  }
  return files;
}

function hunkBody(lines: readonly string[], from: number, left: { old: number; young: number }): string[] {
  const body: string[] = [];
  let { old, young } = left;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const sign = line[0] ?? ' ';
    if (sign === '\\') {
      body.push(line);
      continue;
    }
    if (old <= 0 && young <= 0) break;
    if (sign !== '-' && sign !== '+' && sign !== ' ') break;
    if (sign !== '+') old -= 1;
    if (sign !== '-') young -= 1;
    body.push(line);
  }
  return body;
}

function pathOf(name: string, prefix: string): string {
  const path = (name.split('\t')[0] ?? name).replace(/\r$/u, '');
  if (path === '/dev/null') return '';
  return path.startsWith(prefix) ? path.slice(prefix.length) : path;
}

/** The lines of one side of a hunk, without their signs. */
export function sideOf({ lines }: Hunk, side: 'old' | 'new'): string[] {
  const other = side === 'old' ? '+' : '-';
  return lines.filter((line) => !line.startsWith(other) && !line.startsWith('\\')).map((line) => line.slice(1));
}

/**
 * A text after some hunks of its diff, or none where it is not the text that the diff was made of. Line ends stay as they are.
 *
 * @param without Hunks that are left out, counted from 0.
 */
export function applyHunks(before: string, hunks: readonly Hunk[], without: ReadonlySet<number>): string | undefined {
  const lines = before === '' ? [] : before.split('\n');
  const made: string[] = [];
  let at = 0;
  // A text that ends with a line end has an empty last piece, which no diff counts as a line.
  const endsWithLine = lines.length > 0 && lines.at(-1) === '';
  if (endsWithLine) lines.pop();
  let closed = endsWithLine || lines.length === 0;
  for (const [index, hunk] of hunks.entries()) {
    const start = hunk.oldStart - 1;
    const old = sideOf(hunk, 'old');
    if (start < at || old.some((line, offset) => lines[start + offset] !== line)) return undefined;
    made.push(...lines.slice(at, start));
    const left = without.has(index);
    made.push(...(left ? old : sideOf(hunk, 'new')));
    at = start + old.length;
    if (!left && at >= lines.length) closed = isClosed(hunk);
  }
  made.push(...lines.slice(at));
  return made.length === 0 ? '' : made.join('\n') + (closed ? '\n' : '');
}

/** Whether the new side of a hunk that reaches the end of its file ends with a line end. */
function isClosed({ lines }: Hunk): boolean {
  const marked = lines.flatMap((line, index) => (line.startsWith('\\') ? [lines[index - 1] ?? ''] : []));
  return !marked.some((line) => !line.startsWith('-'));
}

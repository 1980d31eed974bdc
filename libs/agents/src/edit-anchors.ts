import { bodyOf } from './edit-file.ts';
import { inOrder, refuse, type EditFailure, type EditWork, type Splice, type Splices } from './edit-result.ts';
import { isBlank, largestBlock } from './edit-text.ts';

/**
 * Two hexadecimal digits of a line's text, so that a line number with it is known to be stale when the line has changed: FNV-1a
 * (http://www.isthe.com/chongo/tech/comp/fnv/), folded to one byte. White space at the end does not count.
 */
export function anchorOf(line: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(line.trimEnd())) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const folded = (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
  return folded.toString(16).padStart(2, '0');
}

/** Lines as a model is shown them for `anchored-lines`: `11:a3|code`. @param startLine Number of the first line. Default 1. */
export function anchorLines(lines: readonly string[], startLine = 1): string[] {
  return lines.map((line, index) => `${startLine + index}:${anchorOf(line)}|${line}`);
}

const one = String.raw`(\d+)(?::([0-9a-fA-F]{2}))?`;
const operation = new RegExp(
  String.raw`^\s*(replace|insert after|insert before|delete)\s+${one}(?:\s*(?:-|\.\.|to)\s*${one})?\s*(?:\|(.*))?$`,
  'iu',
);
const echoed = /^\s*(\d+)(?::([0-9a-fA-F]{2}))?\|(.*)$/u;
const shownLines = 12;

/** Changes by anchors. An anchor whose line is not as it was when the model read it is refused, with the lines as they are. */
export function anchoredLines({ lines, answer, raw }: EditWork): Splices {
  const written = raw || largestBlock(answer) !== undefined ? bodyOf({ answer, raw }) : undefined;
  if (written && !written.ok) return written;
  const body = written?.lines ?? answer.split('\n').slice(0, answer.endsWith('\n') ? -1 : undefined);
  const first = body.findIndex((line) => operation.test(line));
  if (first < 0) return echoedLines(lines, body);
  if (body.slice(0, first).some((line) => !isBlank(line)) && written)
    return refuse('The block does not begin with replace, insert after, insert before or delete and a line.');
  const splices: Splice[] = [];
  let at = first;
  while (at < body.length) {
    const head = operation.exec(body[at] ?? '');
    if (!head) return refuse(`Line ${at + 1} of the block is neither an operation nor below one.`);
    const next = body.findIndex((line, index) => index > at && operation.test(line));
    const end = next < 0 ? body.length : next;
    const made = spliceOf(lines, head, bodyBelow(body.slice(at + 1, end)));
    if ('ok' in made) return made;
    splices.push(made);
    at = end;
  }
  return inOrder(splices, []);
}

/** New lines below an operation, without anchors that the model wrote before them. */
function bodyBelow(lines: readonly string[]): readonly string[] {
  const solid = lines.filter((line) => !isBlank(line));
  const isEchoed = solid.length > 0 && solid.every((line) => echoed.test(line));
  return isEchoed ? lines.map((line) => echoed.exec(line)?.[3] ?? line) : lines;
}

function spliceOf(lines: readonly string[], head: RegExpExecArray, body: readonly string[]): Splice | EditFailure {
  const [, word = '', from = '', fromHash, to = from, toHash = to === from ? fromHash : undefined, code] = head;
  const kind = word.toLowerCase();
  const start = Number(from) - 1;
  const end = Number(to) - 1;
  const hasRange = to !== from;
  const wrong =
    checked(lines, { at: start, hash: fromHash, code: hasRange ? undefined : code }) ??
    (hasRange ? checked(lines, { at: end, hash: toHash, code: undefined }) : undefined);
  if (wrong) return wrong;
  if (end < start) return refuse(`The lines ${from} to ${to} are in the wrong order.`);
  if (kind === 'delete') return { at: start, remove: end - start + 1, insert: [] };
  if (body.length === 0)
    return refuse(`There is no new code below "${word} ${from}". Write it there, or write delete.`);
  if (kind === 'replace') return { at: start, remove: end - start + 1, insert: body };
  return { at: kind === 'insert before' ? start : end + 1, remove: 0, insert: body };
}

/** Lines `11:a3|new code`, each in place of the line that its anchor names. */
function echoedLines(lines: readonly string[], body: readonly string[]): Splices {
  const splices: Splice[] = [];
  for (const line of body) {
    if (isBlank(line)) continue;
    const found = echoed.exec(line);
    if (!found)
      return refuse(
        'There is no operation. Write "replace 11:a3-12:f0", "insert after 11:a3" or "delete 11:a3", and the new code below it.',
      );
    const [, number = '', hash, code = ''] = found;
    const at = Number(number) - 1;
    const wrong = checked(lines, { at, hash, code: undefined });
    if (wrong) return wrong;
    splices.push({ at, remove: 1, insert: [code] });
  }
  return splices.length === 0 ? refuse('The answer is empty.') : inOrder(splices, []);
}

/** A refusal unless the line is there and is the one that was meant: by its hash, or word for word. */
function checked(
  lines: readonly string[],
  anchor: { readonly at: number; readonly hash: string | undefined; readonly code: string | undefined },
): EditFailure | undefined {
  const { at, hash, code } = anchor;
  const line = lines[at];
  const from = Math.max(0, Math.min(at, lines.length - 1) - Math.floor(shownLines / 2));
  const shown = { startLine: from + 1, lines: lines.slice(from, from + shownLines) };
  if (line === undefined) return refuse(`There is no line ${at + 1}: the file has ${lines.length} lines.`, shown);
  if (hash === undefined && code === undefined)
    return refuse(
      `Line ${at + 1} is named without its hash. Write ${at + 1}:${anchorOf(line)}, if you mean: ${line.trim()}`,
      shown,
    );
  if (hash !== undefined && hash.toLowerCase() !== anchorOf(line))
    return refuse(
      `The anchor ${at + 1}:${hash} is stale: line ${at + 1} is now ${at + 1}:${anchorOf(line)}|${line}`,
      shown,
    );
  if (code !== undefined && code.trim() !== line.trim())
    return refuse(`Line ${at + 1} is not that: it is ${at + 1}:${anchorOf(line)}|${line}`, shown);
  return undefined;
}

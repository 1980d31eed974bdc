import { fillElisions } from './edit-elision.ts';
import { bodyOf, plainLines } from './edit-file.ts';
import { refuse, type EditWork, type Splices } from './edit-result.ts';
import { indentOf, indentUnit, isBlank, withIndentUnit } from './edit-text.ts';

/**
 * The lines of one symbol give way to the code of the answer, indented as the symbol is. Lines around the symbol that the model wrote once
 * more are left out; code that plainly begins or ends elsewhere is refused.
 */
export function wholeSymbol({ lines, answer, raw, target }: EditWork): Splices {
  const range = target?.range;
  const name = target?.symbol ?? 'the symbol';
  if (range === undefined) return refuse('It is not said which symbol is meant. Name it, with the path of its file.');
  const at = range.startLine - 1;
  const original = lines.slice(at, range.endLine);
  if (at < 0 || original.length === 0 || range.endLine > lines.length)
    return refuse(`The file has ${lines.length} lines; ${name} cannot be at ${range.startLine}-${range.endLine}.`);
  const body = bodyOf({ answer, raw });
  if (!body.ok) return body;
  const shown = { startLine: range.startLine, lines: original.slice(0, 40) };
  const written = trimBlank(plainLines(body.lines, lines));
  if (written.length === 0) return refuse(`The block is empty. Write the whole new code of ${name}.`, shown);
  const own = withoutNeighbours(written, { before: lines.slice(0, at), original, after: lines.slice(range.endLine) });
  if (own === undefined)
    return refuse(
      `The code begins or ends outside of ${name} (lines ${range.startLine}-${range.endLine}). Write this symbol only, from its first line to its last.`,
      shown,
    );
  const filled = fillElisions(own, original, { dotsAreCode: /\.pyi?$/u.test(target?.path ?? '') });
  if (!filled.ok) return { ...filled, nearest: shown };
  const notes = filled.filled > 0 ? [`Lines that the answer left out of ${name} were kept as they are.`] : [];
  const insert = indentedLike(filled.lines, original);
  return { ok: true, splices: [{ at, remove: original.length, insert }], notes };
}

function trimBlank(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex((line) => !isBlank(line));
  return from < 0 ? [] : lines.slice(from, lines.findLastIndex((line) => !isBlank(line)) + 1);
}

interface Surroundings {
  readonly before: readonly string[];
  readonly original: readonly string[];
  readonly after: readonly string[];
}

/** The symbol's own lines; `undefined` where others come first or last that are not the neighbours word for word. */
function withoutNeighbours(written: readonly string[], place: Surroundings): readonly string[] | undefined {
  const { before, original, after } = place;
  const isSame = (a: string | undefined, b: string | undefined): boolean => a?.trim() === b?.trim();
  // The whole file again, with the symbol changed.
  const [head, tail] = [trimBlank(before), trimBlank(after)];
  if (
    head.length + tail.length > 0 &&
    written.length > head.length + tail.length &&
    head.every((line, index) => isSame(line, written[index])) &&
    tail.every((line, index) => isSame(line, written[written.length - tail.length + index])) &&
    (head.length > 0 || closes(written.slice(0, written.length - tail.length)))
  ) {
    const middle = trimBlank(written.slice(head.length, written.length - tail.length));
    if (middle.length > 0 && (head.length > 0 || tail.length > 1)) return middle;
  }
  const first = original.find((line) => !isBlank(line)) ?? '';
  let own = written;
  // The first line twice: once from the prompt, once as the beginning of the answer.
  while (own.length > 1 && isSame(own[0], first) && isSame(own[1], first) && !isSame(original[1], first))
    own = own.slice(1);
  const start = own.findIndex((line) => isSame(line, first));
  if (start > 0) {
    const lead = own.slice(0, start);
    const isEcho = lead.every((line, index) => isSame(line, before[before.length - start + index]));
    if (isEcho) own = own.slice(start);
    else if (!lead.every(isLead)) return undefined;
  } else if (own.some(isImport) && !original.some(isImport)) return undefined;
  // A closing bracket of what stands around the symbol.
  while (own.length > 1 && surplus(own) < 0 && surplus(original) === 0 && isSame(own.at(-1), trimBlank(after)[0]))
    own = trimBlank(own.slice(0, -1));
  return surplus(own) < 0 && surplus(original) === 0 ? undefined : own;
}

/** Comments, decorators, attributes and blank lines may stand before a symbol's first line. */
function isLead(line: string): boolean {
  return isBlank(line) || /^\s*(?:\/\/|\/\*|\*|#|@|"""|'''|--|;)/u.test(line);
}

function isImport(line: string): boolean {
  return /^\s*(?:import\b.*(?:from\b|["';]|^\s*import\s+[\w.]+\s*$)|from\s+[\w.]+\s+import\b|#include\b|use\s+[\w:]+.*;|using\s+[\w.]+;)/u.test(
    line,
  );
}

function closes(lines: readonly string[]): boolean {
  return surplus(lines) === 0;
}

/** Opening less closing brackets, outside of strings on one line. Below zero: more is closed than was opened. */
function surplus(lines: readonly string[]): number {
  const code = lines.join('\n').replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/.*$/gmu, '');
  let open = 0;
  for (const char of code) {
    if ('{[('.includes(char)) open += 1;
    else if ('}])'.includes(char)) open -= 1;
  }
  return open;
}

/** The same code at the indentation of the original, and with its kind of indentation. */
function indentedLike(written: readonly string[], original: readonly string[]): readonly string[] {
  const first = original.find((line) => !isBlank(line)) ?? '';
  const wanted = indentOf(first);
  const ours = indentUnit(original);
  const theirs = indentUnit(written);
  const mixes = ours !== undefined && theirs !== undefined && (ours === '\t') !== (theirs === '\t');
  const lines = mixes ? withIndentUnit(written, theirs, ours) : written;
  const given = indentOf(lines.find((line) => !isBlank(line)) ?? '');
  if (given === wanted) return lines;
  const rest = leastIndent(lines.slice(1));
  const originalRest = leastIndent(original.slice(original.indexOf(first) + 1));
  // Only the first line lost its indentation, since the model began in the middle of it.
  if (
    given === '' &&
    rest !== undefined &&
    originalRest !== undefined &&
    rest.length >= originalRest.length &&
    rest.startsWith(wanted)
  )
    return lines.map((line, index) => (index === 0 ? wanted + line : line));
  return lines.map((line) => {
    if (isBlank(line)) return line;
    return line.startsWith(given) ? wanted + line.slice(given.length) : line.replace(/^[ \t]*/u, wanted);
  });
}

function leastIndent(lines: readonly string[]): string | undefined {
  return lines
    .filter((line) => !isBlank(line))
    .map(indentOf)
    .reduce<string | undefined>(
      (least, indent) => (least === undefined || indent.length < least.length ? indent : least),
      undefined,
    );
}

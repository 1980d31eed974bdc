import { indentOf, indentUnit, isBlank } from './edit-text.ts';
import type { FuzzyPlace } from './fuzzy-match.ts';

type Step =
  { readonly kind: 'keep' | 'drop'; readonly sought: number } | { readonly kind: 'add'; readonly line: string };

/**
 * The new lines of a place. Lines that the replacement takes over from what was sought stay as the file has them, blank lines that only the
 * file has stay too, and new lines are indented like the line of the file that stands nearest before them, or else after.
 */
export function replaceLines(
  file: readonly string[],
  change: { readonly place: FuzzyPlace; readonly sought: readonly string[]; readonly replacement: readonly string[] },
): string[] {
  const { place, sought, replacement } = change;
  const { at, count, pairs } = place;
  const steps = stepsBetween(sought, replacement);
  const indent = indenter(file, { place, sought });
  const lines: string[] = [];
  let next = at;
  let last = -1;
  for (const step of steps) {
    if (step.kind === 'add') {
      lines.push(indent(step.line, last));
      continue;
    }
    last = step.sought;
    const partner = pairs[step.sought] ?? -1;
    if (partner < 0) continue;
    for (; next < partner; next += 1) lines.push(file[next] ?? '');
    if (step.kind === 'keep') lines.push(file[partner] ?? '');
    next = partner + 1;
  }
  for (; next < at + count; next += 1) lines.push(file[next] ?? '');
  return lines;
}

/** The shortest way from one list of lines to the other, by their longest common subsequence; drops come before adds. */
function stepsBetween(from: readonly string[], to: readonly string[]): Step[] {
  const width = to.length + 1;
  const lengths = new Uint32Array((from.length + 1) * width);
  const isSame = (i: number, j: number): boolean => from[i]?.trimEnd() === to[j]?.trimEnd();
  for (let i = from.length - 1; i >= 0; i -= 1)
    for (let j = to.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = isSame(i, j)
        ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
        : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
  const steps: Step[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    if (i < from.length && j < to.length && isSame(i, j)) {
      steps.push({ kind: 'keep', sought: i });
      i += 1;
      j += 1;
    } else if (
      i < from.length &&
      (j >= to.length || (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    ) {
      steps.push({ kind: 'drop', sought: i });
      i += 1;
    } else {
      steps.push({ kind: 'add', line: to[j] ?? '' });
      j += 1;
    }
  }
  return steps;
}

/** Gives a new line the indentation that it would have, had the model indented as the file does. */
function indenter(
  file: readonly string[],
  { place, sought }: { readonly place: FuzzyPlace; readonly sought: readonly string[] },
): (line: string, after: number) => string {
  const partners = place.pairs.map((line) => (line < 0 ? undefined : file[line]));
  const known = sought.flatMap((line, index) => (isBlank(line) || partners[index] === undefined ? [] : [index]));
  const shifts = new Set(known.map((index) => shiftOf(sought[index] ?? '', partners[index] ?? '')));
  const [shift] = shifts;
  // The same spaces more or less on every line: no levels need to be guessed.
  if (shifts.size === 1 && shift !== undefined)
    return (line) => {
      if (isBlank(line) || indentOf(line).includes('\t')) return line;
      return shift >= 0 ? ' '.repeat(shift) + line : line.slice(Math.min(-shift, indentOf(line).length));
    };
  const fileUnit =
    indentUnit(partners.filter((line) => line !== undefined)) ?? indentUnit(file) ?? indentUnit(sought) ?? '  ';
  const soughtUnit = indentUnit(sought) ?? fileUnit;
  return (line, after) => {
    if (isBlank(line)) return line;
    // Where a line that is known stands as far in, the new one stands where that one does.
    const standsAsFar = (index: number): boolean => indentOf(sought[index] ?? '') === indentOf(line);
    const beside = known.findLast((index) => index <= after && standsAsFar(index)) ?? known.find(standsAsFar);
    if (beside !== undefined) return indentOf(partners[beside] ?? '') + line.slice(indentOf(line).length);
    const anchor = known.findLast((index) => index <= after) ?? known[0];
    if (anchor === undefined) return line;
    const theirs = indentOf(sought[anchor] ?? '');
    const ours = indentOf(partners[anchor] ?? '');
    if (theirs === ours) return line;
    const indent = indentOf(line);
    const code = line.slice(indent.length);
    if (indent.startsWith(theirs)) return ours + converted(indent.slice(theirs.length), soughtUnit, fileUnit) + code;
    // The new line stands further out than its neighbour: take as many levels away from the file's indentation.
    const levels = Math.ceil((theirs.length - indent.length) / soughtUnit.length);
    return ours.slice(0, Math.max(0, ours.length - levels * fileUnit.length)) + code;
  };
}

/** Spaces that a line has more in the file; `undefined` where tabs are mixed in. */
function shiftOf(theirs: string, ours: string): number | undefined {
  const [a, b] = [indentOf(theirs), indentOf(ours)];
  return a === b ? 0 : (a + b).includes('\t') ? undefined : b.length - a.length;
}

function converted(indent: string, from: string, to: string): string {
  if (from === to || from === '') return indent;
  const levels = Math.floor(indent.length / from.length);
  return to.repeat(levels) + indent.slice(levels * from.length);
}

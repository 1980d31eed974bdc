import {
  applyPatch,
  FILE_HEADERS_ONLY,
  formatPatch,
  reversePatch,
  structuredPatch,
  type StructuredPatchHunk,
} from 'diff';

/** A place where two texts differ, with the lines around it, as a unified diff shows it. */
export type Hunk = StructuredPatchHunk;

/** Lines around a change. */
const context = 3;

/** Sizes above which texts are not compared: characters of one of them, and edits. */
export interface HunkLimits {
  readonly characters: number;
  readonly edits: number;
}

/** The limits within which the journal shows a diff by hunks. */
export const journalLimits: HunkLimits = { characters: 2 * 1024 * 1024, edits: 5000 };

/** Whether a content is no text, told as git does: by a NUL near its beginning. */
export function isBinary(bytes: Uint8Array | undefined): boolean {
  return bytes?.subarray(0, 8000).includes(0) === true;
}

/** A file as text, byte order mark and line ends included; `undefined` for bytes that are no UTF-8, or that git would call binary. */
export function textOf(bytes: Uint8Array): string | undefined {
  if (isBinary(bytes)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The hunks of the diff of two texts, in order; `undefined` where a limit does not let them be compared. */
export function hunksBetween(before: string, after: string, limits?: HunkLimits): readonly Hunk[] | undefined {
  if (limits && Math.max(before.length, after.length) > limits.characters) return undefined;
  const named = ['', '', before, after, undefined, undefined] as const;
  if (!limits) return structuredPatch(...named, { context }).hunks;
  return structuredPatch(...named, { context, maxEditLength: limits.edits })?.hunks;
}

/** A unified diff of these hunks. */
export function hunksText(names: { readonly old: string; readonly young: string }, hunks: readonly Hunk[]): string {
  const { old: oldFileName, young: newFileName } = names;
  const headers = { oldHeader: undefined, newHeader: undefined };
  return formatPatch({ oldFileName, newFileName, ...headers, hunks: [...hunks] }, FILE_HEADERS_ONLY);
}

/** The text before with only some of its hunks made. */
export function withHunks(before: string, hunks: readonly Hunk[], isMade: (index: number) => boolean): string {
  const lines = linesOf(before);
  const parts: string[] = [];
  let next = 0;
  for (const [index, hunk] of hunks.entries()) {
    const start = hunk.oldStart - 1;
    parts.push(...lines.slice(next, start), ...(isMade(index) ? sideOf(hunk, '+') : sideOf(hunk, '-')));
    next = start + hunk.oldLines;
  }
  return [...parts, ...lines.slice(next)].join('');
}

/**
 * A text without some of the hunks that once were made in it. Where it is the text before with some of the hunks, exactly those are taken
 * out that still are in it. Where somebody changed it otherwise, each is taken out that fits, with all the lines of its context; `undefined`
 * where one does not.
 */
export function withoutHunks(
  current: string,
  { before, hunks }: { readonly before: string; readonly hunks: readonly Hunk[] },
  isRejected: (index: number) => boolean,
): string | undefined {
  const made = hunksMade(linesOf(current), linesOf(before), hunks);
  if (made) return withHunks(before, hunks, (index) => made[index] === true && !isRejected(index));
  let text = current;
  // From the end, so that the places of those before stay.
  for (const hunk of hunks.filter((_, index) => isRejected(index)).toReversed()) {
    if (!hunk.lines.some((line) => line.startsWith('+') || line.startsWith(' '))) return undefined;
    const headers = { oldFileName: '', newFileName: '', oldHeader: undefined, newHeader: undefined };
    const back = reversePatch({ ...headers, hunks: [hunk] });
    const applied = applyPatch(text, back, { fuzzFactor: 0, autoConvertLineEndings: false });
    if (applied === false) return undefined;
    text = applied;
  }
  return text;
}

/** Which of the hunks are made in a text that is otherwise as before; `undefined` where it is not. Where several answers fit, one with more of the first hunks. */
function hunksMade(
  current: readonly string[],
  before: readonly string[],
  hunks: readonly Hunk[],
): readonly boolean[] | undefined {
  interface Way {
    readonly at: number;
    readonly made: boolean;
    readonly from: Way | undefined;
  }
  const matches = (lines: readonly string[], at: number): boolean => lines.every((line, i) => current[at + i] === line);
  let ways: readonly Way[] = [{ at: 0, made: false, from: undefined }];
  let next = 0;
  for (const hunk of hunks) {
    const gap = before.slice(next, hunk.oldStart - 1);
    const found = new Map<number, Way>();
    for (const from of ways) {
      if (!matches(gap, from.at)) continue;
      for (const made of [true, false]) {
        const side = sideOf(hunk, made ? '+' : '-');
        const at = from.at + gap.length;
        const end = at + side.length;
        if (!found.has(end) && matches(side, at)) found.set(end, { at: end, made, from });
      }
    }
    ways = [...found.values()];
    next = hunk.oldStart - 1 + hunk.oldLines;
  }
  const rest = before.slice(next);
  let way = ways.find(({ at }) => at + rest.length === current.length && matches(rest, at));
  if (!way) return undefined;
  const made: boolean[] = [];
  for (; way?.from; way = way.from) made.unshift(way.made);
  return made;
}

/** Lines with what ends them. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/u);
}

/** The lines of a hunk as they were (`-`) or became (`+`), with those around them. */
function sideOf({ lines }: Hunk, side: '+' | '-'): string[] {
  return lines.flatMap((line, index) => {
    if (!line.startsWith(side) && !line.startsWith(' ')) return [];
    return [`${line.slice(1)}${lines[index + 1]?.startsWith('\\') === true ? '' : '\n'}`];
  });
}

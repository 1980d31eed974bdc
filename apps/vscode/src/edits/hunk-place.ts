import { sideOf, type Hunk } from './unified-diff.ts';

/** Where a change stands in a text, as lines counted from 0. `end` is exclusive; a pure removal has no lines, and stands before `start`. */
export interface HunkPlace {
  readonly start: number;
  readonly end: number;
}

/** The changed lines of one side of a hunk, with the lines that are the same around them. */
interface Pattern {
  readonly before: readonly string[];
  readonly core: readonly string[];
  readonly after: readonly string[];
  /** Line, counted from 0, where the core stood when the diff was made. */
  readonly at: number;
}

/**
 * Finds the new side of a hunk in a text that may have changed since. Lines around the change count as long as they still fit, first both ends, then
 * fewer; of several places the one nearest to where the change stood wins. None where its own lines are not there any more as they were written.
 *
 * @param drift Lines by which changes before it have moved it.
 */
export function placeOf(hunk: Hunk, lines: readonly string[], drift = 0): HunkPlace | undefined {
  const { before, core, after, at } = patternOf(hunk);
  const expected = at + drift;
  const room = Math.max(before.length, after.length);
  for (let around = room; around >= 0; around -= 1) {
    const head = before.slice(Math.max(0, before.length - around));
    const tail = after.slice(0, around);
    // Without a line of its own a removal can only be told by what stands around it.
    if (core.length === 0 && head.length + tail.length === 0) break;
    const found = nearest([...head, ...core, ...tail], lines, expected - head.length);
    if (found !== undefined) return { start: found + head.length, end: found + head.length + core.length };
  }
  return core.length === 0 && lines.length <= 1 ? { start: 0, end: 0 } : undefined;
}

function patternOf(hunk: Hunk): Pattern {
  const young = sideOf(hunk, 'new');
  const changed = hunk.lines.filter((line) => !line.startsWith('\\'));
  const head = changed.findIndex((line) => !line.startsWith(' '));
  const tail = [...changed].reverse().findIndex((line) => !line.startsWith(' '));
  if (head === -1) return { before: young, core: [], after: [], at: hunk.newStart - 1 };
  const end = young.length - tail;
  return {
    before: young.slice(0, head),
    core: young.slice(head, end),
    after: young.slice(end),
    at: hunk.newStart - 1 + head,
  };
}

/** The place of some lines among others that is nearest to a line. */
function nearest(wanted: readonly string[], lines: readonly string[], expected: number): number | undefined {
  const last = lines.length - wanted.length;
  const fits = (at: number) => at >= 0 && at <= last && wanted.every((line, offset) => lines[at + offset] === line);
  const most = Math.max(expected, last - expected, 0);
  for (let distance = 0; distance <= most; distance += 1) {
    if (fits(expected + distance)) return expected + distance;
    if (fits(expected - distance)) return expected - distance;
  }
  return undefined;
}

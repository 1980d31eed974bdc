import type { LineRange } from '../parts/code-block.tsx';
import type { Place } from '../ui-context.tsx';

/** Lines of a file that are read at once: as many as the assistant gives. */
const readAtOnce = 2000;

/** The lines that are read so that one of them has some before it and many after it. */
export function windowAround(line: number): { readonly startLine: number; readonly endLine: number } {
  const startLine = Math.max(1, line - readAtOnce / 2);
  return { startLine, endLine: startLine + readAtOnce - 1 };
}

/** The choice after a line was chosen; `extend`: it goes on from what was chosen, to that line. The same line again gives it up. */
export function chooseLine(chosen: LineRange | undefined, line: number, extend: boolean): LineRange | undefined {
  if (!extend || !chosen) return chosen?.start === line && chosen.end === line ? undefined : { start: line, end: line };
  // The border that is nearer moves, so that a choice can also be made smaller.
  const movesStart = Math.abs(line - chosen.start) < Math.abs(line - chosen.end);
  const [start, end] = movesStart ? [line, chosen.end] : [chosen.start, line];
  return { start: Math.min(start, end), end: Math.max(start, end) };
}

/** A place as editors and people write it: `src/a.ts`, `src/a.ts:3`, `src/a.ts:3-9`. */
export function placeText(path: string, lines: LineRange | undefined): string {
  if (!lines) return path;
  return lines.start === lines.end ? `${path}:${lines.start}` : `${path}:${lines.start}-${lines.end}`;
}

/** The lines that an address names by `line` and `end`. */
export function linesOfPlace(place: Place): LineRange | undefined {
  const [start, end] = [Number(place['line'] ?? NaN), Number(place['end'] ?? place['line'] ?? NaN)];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 1 || end < start) return undefined;
  return { start, end };
}

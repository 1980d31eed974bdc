import { placeOf, type HunkPlace } from './hunk-place.ts';
import { openParts, type EditedFile, type EditedPart } from './pending-edits.ts';

/** Something to judge, and where it stands in the text as it is now. */
export interface PlacedPart {
  readonly file: EditedFile;
  readonly part: EditedPart;
  readonly place: HunkPlace;
}

/**
 * The open parts of a path in a text, from top to bottom. What is not in the text any more as it was written, since a later change or the person
 * changed it, has no place and is left out; so is what has no lines.
 *
 * @param files Of one path, oldest first.
 */
export function placedParts(files: readonly EditedFile[], text: string): PlacedPart[] {
  const lines = text.split(/\r?\n/u);
  return files
    .flatMap((file) =>
      openParts(file).flatMap((part) => {
        const hunk = part.hunk && withoutReturns(part.hunk);
        const place = hunk && placeOf(hunk, lines);
        return place ? [{ file, part, place }] : [];
      }),
    )
    .sort((a, b) => a.place.start - b.place.start);
}

/** The editor shows lines without the carriage returns that the file has. */
function withoutReturns(hunk: NonNullable<EditedPart['hunk']>): NonNullable<EditedPart['hunk']> {
  return { ...hunk, lines: hunk.lines.map((line) => line.replace(/\r$/u, '')) };
}

/** The part that a line, counted from 0, lies in or next to. */
export function partAt(parts: readonly PlacedPart[], line: number): PlacedPart | undefined {
  return parts.find(({ place }) => line >= place.start && line < Math.max(place.end, place.start + 1));
}

/** The next part after a line, or before it; the first or last one of all where there is none. */
export function partAfter(
  parts: readonly PlacedPart[],
  line: number,
  way: 'next' | 'previous',
): PlacedPart | undefined {
  if (way === 'next') return parts.find(({ place }) => place.start > line);
  return parts.findLast(({ place }) => Math.max(place.end, place.start + 1) <= line);
}

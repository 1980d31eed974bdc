import type { CompletionInput } from '@nootropic/contracts';

/** A change of a document as the editor tells it, in lines counted from 0. */
export interface LineChange {
  /** Names the document, for as long as it is open. */
  readonly document: string;
  /** Path that the host knows it by. */
  readonly path: string;
  readonly firstLine: number;
  /** Last line of what was replaced, before the change. */
  readonly lastLine: number;
  /** Line breaks in what was put in its place. */
  readonly addedBreaks: number;
}

interface Place {
  readonly document: string;
  readonly path: string;
  line: number;
}

/** Lines shown on each side of a place. */
const around = 4;
/** Changes within so many lines are one place. */
const near = 8;
const mostPlaces = 16;
const mostCharacters = 2000;

/** Where somebody wrote lately. What they will write next often repeats or uses it, in this file or another. */
export interface RecentEdits {
  note(change: LineChange): void;
  forget(document: string): void;
  /**
   * The places, newest first, each with the lines around it as they are now; those around the cursor are left out, since the model reads them anyway.
   * `linesOf` gives the lines of a document, or `undefined` where it is not open any more.
   */
  snippets(
    cursor: { readonly document: string; readonly line: number },
    linesOf: (document: string) => { readonly count: number; readonly line: (index: number) => string } | undefined,
  ): NonNullable<CompletionInput['edits']>;
}

export function createRecentEdits(): RecentEdits {
  /** Newest first. */
  let places: Place[] = [];
  return {
    note({ document, path, firstLine, lastLine, addedBreaks }) {
      const shift = addedBreaks - (lastLine - firstLine);
      for (const place of places)
        if (place.document === document && place.line > lastLine) place.line += shift;
        else if (place.document === document && place.line > firstLine)
          place.line = Math.min(place.line, firstLine + addedBreaks);
      const line = firstLine + addedBreaks;
      places = [
        { document, path, line },
        ...places.filter((place) => place.document !== document || Math.abs(place.line - line) > near),
      ].slice(0, mostPlaces);
    },
    forget(document) {
      places = places.filter((place) => place.document !== document);
    },
    snippets(cursor, linesOf) {
      return places.flatMap(({ document, path, line }) => {
        if (document === cursor.document && Math.abs(line - cursor.line) <= near) return [];
        const lines = linesOf(document);
        if (!lines || line >= lines.count) return [];
        const first = Math.max(0, line - around);
        const last = Math.min(lines.count - 1, line + around);
        const shown = Array.from({ length: last - first + 1 }, (_, index) => lines.line(first + index));
        const text = shown.join('\n').slice(0, mostCharacters);
        return text.trim() === '' ? [] : [{ path, text }];
      });
    },
  };
}

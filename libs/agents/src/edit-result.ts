/** True lines of a file, for a model to try again with. `startLine` counts from 1. */
export interface NearestLines {
  readonly startLine: number;
  readonly lines: readonly string[];
}

/** Where a change is meant to go. Lines count from 1; both ends belong to it. */
export interface EditTarget {
  readonly path?: string;
  readonly symbol?: string;
  readonly range?: { readonly startLine: number; readonly endLine: number };
}

export interface EditFailure {
  readonly ok: false;
  /** What was wrong and what to write instead, for the model. */
  readonly reason: string;
  /** The lines of the file that were most likely meant. Absent where there is no likely place. */
  readonly nearest?: NearestLines;
}

/** `note`: the change was placed by more than differences of indentation; a person should see it before it is written. */
export type EditResult = { readonly ok: true; readonly text: string; readonly note?: string } | EditFailure;

/** Lines `at` to `at + remove` of the file, counted from 0, give way to others. */
export interface Splice {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly string[];
}

/** What one format made of an answer: parts that do not overlap, in the order of the file. */
export type Splices =
  { readonly ok: true; readonly splices: readonly Splice[]; readonly notes: readonly string[] } | EditFailure;

export interface EditWork {
  readonly lines: readonly string[];
  readonly answer: string;
  readonly raw: boolean;
  readonly target?: EditTarget;
}

export function refuse(reason: string, nearest?: NearestLines): EditFailure {
  return { ok: false, reason, ...(nearest && nearest.lines.length > 0 && { nearest }) };
}

/** Parts in the order of the file, or a refusal where two of them touch the same lines. */
export function inOrder(splices: readonly Splice[], notes: readonly string[]): Splices {
  const ordered = splices.toSorted((a, b) => a.at - b.at || a.remove - b.remove);
  for (const [index, next] of ordered.entries()) {
    const last = ordered[index - 1];
    if (last && (last.at + last.remove > next.at || (last.at === next.at && last.remove === next.remove)))
      return refuse(`Two parts of the change touch line ${next.at + 1}. Join them into one part.`);
  }
  return { ok: true, splices: ordered, notes };
}

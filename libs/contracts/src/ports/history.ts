export interface Change {
  /** Full hash of the commit. */
  readonly commit: string;
  readonly author: string;
  /** ISO 8601. */
  readonly at: string;
  /** Subject and body. */
  readonly message: string;
  /** Paths that it touched, relative to the workspace root, as they were called then. */
  readonly paths: readonly string[];
}

/** Which two states are compared. */
export type Comparison =
  /** What is to be committed, with the last commit. */
  | { readonly of: 'staged' }
  /** The files that version control knows as they are now, staged or not, with the last commit. */
  | { readonly of: 'tracked' }
  /** The same, and files that it does not know yet, but for ignored ones. */
  | { readonly of: 'uncommitted' }
  /** What a commit changed; of `A..B`, `B` with `A`; of `A...B`, `B` with where the two parted. Names as git takes them, `HEAD` where one is missing. */
  | { readonly of: 'revision'; readonly revision: string };

export interface CompareOptions {
  /** Only these paths and what is below, relative to the workspace. Default all. */
  readonly paths?: readonly string[];
  /** Also what lies outside of the workspace in the same repository; paths are then relative to its top. Default false. */
  readonly everywhere?: boolean;
  /** Characters of one file's diff; the rest is cut at a line. Default 20 000. */
  readonly maxCharacters?: number;
  readonly signal?: AbortSignal;
}

/** What became of one file between two states. */
export interface FileDifference {
  readonly path: string;
  /** Of a rename: what it was called. */
  readonly from?: string;
  readonly change: 'created' | 'modified' | 'deleted' | 'renamed';
  readonly binary: boolean;
  /** Lines in all, also where the text is cut. */
  readonly added: number;
  readonly removed: number;
  /** Its unified diff; empty where there is none, as of a conflict. */
  readonly text: string;
  readonly cut?: true;
}

/**
 * What version control knows of a workspace. Only reads: no lock, no index file, no configuration of the repository that could start a
 * program counts. A workspace without version control has no changes; that is no error. Rejects with `ABORTED`, or `COMMAND_FAILED` when the
 * repository is damaged.
 */
export interface History {
  /** The commits reachable from what is checked out, newest first; merges are left out. */
  changes(options?: {
    /** Only commits that touch one of these paths or what is below. */
    readonly paths?: readonly string[];
    /** Commits at most. Default 1000. */
    readonly limit?: number;
    /** Only those after this commit. */
    readonly since?: string;
    readonly signal?: AbortSignal;
  }): AsyncIterable<Change>;
  /** The last commit that touched these lines, both ends included; `undefined` where they are not committed. */
  lastChange(
    path: string,
    range: { readonly startLine: number; readonly endLine: number },
    signal?: AbortSignal,
  ): Promise<Change | undefined>;
  /**
   * The lines that each of these commits changed below the workspace, as a unified diff of at most so many characters (default 20 000, the rest is cut
   * at a line), in no order that means anything. At most 100 commits. Absent where only messages are known.
   */
  diffs?(
    commits: readonly string[],
    options?: { readonly maxCharacters?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<{ readonly commit: string; readonly text: string }>;
  /**
   * The files that differ between two states, by name, new files last. No filter, no external diff and no text conversion of the repository runs.
   * Rejects with `NOT_FOUND` without version control and for a revision that there is not, `PATH_OUTSIDE_ROOT` for a path that leads out. Absent where
   * only commits are known.
   */
  compare?(comparison: Comparison, options?: CompareOptions): AsyncIterable<FileDifference>;
  /** The commit that is checked out; `undefined` without version control. Changes with a commit, a checkout or a pull. */
  head(): Promise<string | undefined>;
}

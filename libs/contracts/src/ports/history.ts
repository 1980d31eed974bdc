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
  /** The commit that is checked out; `undefined` without version control. Changes with a commit, a checkout or a pull. */
  head(): Promise<string | undefined>;
}

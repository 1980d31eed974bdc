/** What became of one path. */
export interface JournalChange {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly change: 'created' | 'modified' | 'deleted' | 'renamed';
  /** Of a rename: what it was called. */
  readonly from?: string | undefined;
  /** What it is afterwards; before, for one that was deleted. */
  readonly kind: 'file' | 'folder' | 'link';
  readonly binary: boolean;
  /** Lines; 0 for what is no text. */
  readonly added: number;
  readonly removed: number;
  /** The content before was not kept (too large, or over the budget): this change cannot be undone. */
  readonly unkept?: true | undefined;
}

export interface JournalScope {
  readonly sessionId: string;
  readonly turnId: string;
  /** What made the change, in a few words: `edit src/a.ts`, `npm test`. */
  readonly label: string;
}

/** One step of work with all that it changed; the unit of undo. */
export interface JournalStep extends JournalScope {
  /** Counts up within a workspace. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly changes: readonly JournalChange[];
  /** `undone`: its changes are taken back and can be made again. */
  readonly state: 'done' | 'undone';
}

/** Which steps: one by its id, all of a turn, or all of a session; by default the newest that is done (or, to redo, the oldest that was undone last). */
export interface JournalSelection {
  readonly step?: number;
  readonly turnId?: string;
  readonly sessionId?: string;
}

export interface JournalOutcome {
  readonly steps: readonly JournalStep[];
  /** Paths that are now as they were. */
  readonly restored: readonly JournalChange[];
  /** Paths that somebody changed since; they were left alone. With `force` there are none. */
  readonly conflicts: readonly { readonly path: string; readonly reason: string }[];
  /** Paths whose earlier content was not kept. */
  readonly lost: readonly string[];
}

/** What a step made of one path. Content is `null` where there was nothing, and `undefined` for what is no file or was not kept. */
export interface JournalContents {
  readonly before: Uint8Array | null | undefined;
  readonly after: Uint8Array | null | undefined;
  /** Permission bits before, of a file. */
  readonly mode?: number;
  /** Of a rename: what it was called; `before` is what that held. */
  readonly from?: string;
}

/** What a change shall be: the bytes of a file, or `null` for none. */
export interface FileWrite {
  readonly path: string;
  readonly content: Uint8Array | string | null;
  /** Permission bits of a new file. Default 0o644; those of a file that exists stay. */
  readonly mode?: number;
  /** The path that it had, for a rename. */
  readonly from?: string;
  /** SHA-256 in hex of what the file holds as far as the writer knows, `null` for no file: another content rejects with `FILE_CHANGED`. Default: whatever it is. */
  readonly expects?: string | null;
}

/**
 * The only hand that writes below one root, so that whatever an agent or its commands did can be taken back.
 *
 * Content before and after is on the disk before a file changes; writes are atomic; an interrupted write, undo or redo is finished or taken
 * back by the next program that opens the journal. Needs no version control, and never touches that of the user (`.git`, at any depth).
 * Paths that lead out, also through symbolic links, reject with `PATH_OUTSIDE_ROOT`; protected ones with `DENIED`.
 */
export interface Journal {
  /** Writes files as one step: all of them, or, where one fails, none. */
  write(scope: JournalScope, files: readonly FileWrite[]): Promise<JournalStep>;
  /**
   * Does work that may change anything below the root - a command - and records as one step whatever it created, changed, deleted, renamed,
   * made executable or linked, ignored and untracked files too. Also when the work rejects. A step without changes is not kept.
   */
  watch<T>(scope: JournalScope, work: () => Promise<T>): Promise<{ readonly result: T; readonly step?: JournalStep }>;
  /** Newest first. */
  list(options?: { readonly sessionId?: string; readonly limit?: number }): Promise<JournalStep[]>;
  /** Unified diffs, one per path, of one step or of several together; binaries as one line. At most `maxCharacters`, default 1 000 000; what is cut is said. */
  diff(selection: JournalSelection, options?: { readonly maxCharacters?: number }): Promise<string>;
  /** One path of a step, in full. Rejects with `NOT_FOUND` for a step that there is not, or that did not touch the path. */
  contents(step: number, path: string): Promise<JournalContents>;
  /** Takes steps back, newest first. A path that was changed since by somebody else is left alone and named, unless `force` is given; then what it held is a step of its own, so that even that can be undone. */
  undo(
    selection?: JournalSelection,
    options?: { readonly force?: boolean; readonly dryRun?: boolean },
  ): Promise<JournalOutcome>;
  /** Makes undone steps again, oldest first; the same rules hold. */
  redo(
    selection?: JournalSelection,
    options?: { readonly force?: boolean; readonly dryRun?: boolean },
  ): Promise<JournalOutcome>;
  [Symbol.asyncDispose](): Promise<void>;
}

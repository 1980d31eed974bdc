import type { FileChange } from './workspace.ts';

/** One thing that was checked. */
export interface CheckResult {
  /** What judged: `parse`, `types`, `lint`, `tests`, with the program where one was run: `types (tsc)`. */
  readonly name: string;
  readonly ok: boolean;
  /** The judge's words about what this attempt broke, at most some 4 000 characters, paths relative to the root; empty when it passed. */
  readonly output: string;
  readonly tookMs: number;
  /** It could not judge (no such program, time was up): counts neither for nor against. */
  readonly unable?: true;
}

/** A change that is to be judged; it is on the disk. */
export interface Attempt {
  readonly changes: readonly FileChange[];
  /** What the files held before: what was broken already does not count against the attempt. Absent for a new file. */
  readonly before: (path: string) => Promise<Uint8Array | undefined>;
  /** Which judges may run programs of the project: tests and project-local tools run its code. Default `all`. */
  readonly judges?: 'parse-only' | 'all';
  readonly signal?: AbortSignal;
}

/** What was learnt from an attempt that failed. */
export interface Lesson {
  readonly id: string;
  /** One or two sentences: what was tried, what the judge said, what to do instead. */
  readonly text: string;
  readonly paths: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly sessionId: string;
}

/**
 * Judges attempts by what does not flatter - parser, type checker, linter, the nearest tests - and keeps lessons of those that failed, for later
 * attempts in the same workspace (after Shinn et al., Reflexion, 2023, https://arxiv.org/abs/2303.11366). Never asks a model.
 */
export interface Reflexion {
  /** Results as they come, cheapest first; ends after the first judge that fails. No judge for a language gives no results. */
  judge(attempt: Attempt): AsyncIterable<CheckResult>;
  learn(lesson: Omit<Lesson, 'id' | 'at'>): Promise<Lesson>;
  /** Those that matter most for what is asked and for these paths, best first; at most `limit`, default 3. */
  recall(about: {
    readonly text: string;
    readonly paths?: readonly string[];
    readonly limit?: number;
  }): Promise<Lesson[]>;
  lessons(): Promise<Lesson[]>;
  /** Says whether there was one. */
  forget(id: string): Promise<boolean>;
  [Symbol.asyncDispose](): Promise<void>;
}

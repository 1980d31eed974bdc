import type { SearchHit } from '../passages.ts';
import type { Source, SourceEvent, SourceKind } from '../sources.ts';

/** A page as text. */
export interface PageText {
  readonly title: string;
  /** Markdown, or the text as it is. */
  readonly text: string;
}

/** Reads pages: from files, and from the network where a place is an address. */
export interface Pages {
  /** A page by its absolute path or its address. Rejects with `PATH_NOT_FOUND`, `NOT_FOUND`, `SOURCE_UNREACHABLE`, `INPUT_INVALID` or `DENIED`. */
  load(place: string, signal?: AbortSignal): Promise<PageText>;
  /** A sign of what a file holds that changes with it; `undefined` where it is gone. An address has none, and nothing is asked for it. */
  mark(place: string): Promise<string | undefined>;
  /** The text of a page that is at hand; `undefined` for what is no page. */
  text(name: string, bytes: Uint8Array): Promise<PageText | undefined>;
}

export interface SourceInput {
  readonly kind: SourceKind;
  /** Of a folder its absolute path, of a page the absolute path of a saved file or its address. Unused for history and notes. */
  readonly place?: string;
  /** Of notes: one more note. */
  readonly text?: string;
  /** Default: made from the place, or the kind. A name that is taken by a source of another kind or place rejects with `INPUT_INVALID`. */
  readonly name?: string;
}

/**
 * The sources that a user added to one workspace. What was read of them is kept on this machine, so that they are found also when the
 * original is not at hand. They are never part of the workspace: a passage of one has a path of the form `source://NAME/PATH`, which no file has.
 *
 * Only `add` and `refresh` look at the originals, and only they may use the network: for a page whose address the user typed.
 * Reject with what the context store rejects with, and with `NOT_FOUND` for a name or a path that is not there.
 */
export interface Sources {
  /**
   * Reads a new source, or reads it again where it is there already; of notes, puts one more in. Rejects with `PATH_NOT_FOUND`,
   * `INPUT_INVALID`, `SOURCE_UNREACHABLE`, `DENIED` for a file that may hold secrets, and keeps nothing then. Stopping the iteration stops the
   * work: what was read so far stays and is not read again, and a new source without anything in it is dropped.
   */
  add(source: SourceInput, signal?: AbortSignal): AsyncIterable<SourceEvent>;
  /**
   * Reads again what changed. Default: all. A source whose original is gone, or cannot be reached, is kept and marked; that is no error.
   */
  refresh(names?: readonly string[], signal?: AbortSignal): AsyncIterable<SourceEvent>;
  /** In the order of their names. Looks whether files changed since they were read; never at the network. */
  list(): Promise<Source[]>;
  remove(name: string): Promise<Source>;
  /** Best first. Default: all sources, 10 results. `signals` are never given. */
  search(
    query: string,
    options?: { readonly sources?: readonly string[]; readonly limit?: number; readonly signal?: AbortSignal },
  ): Promise<SearchHit[]>;
  /** Lines of a passage, by a path of the form `source://NAME/PATH`, both ends included. A range past the end rejects with `INPUT_INVALID`. */
  read(
    path: string,
    range?: { readonly startLine: number; readonly endLine: number },
  ): Promise<{ text: string; startLine: number; endLine: number; totalLines: number }>;
  [Symbol.asyncDispose](): Promise<void>;
}

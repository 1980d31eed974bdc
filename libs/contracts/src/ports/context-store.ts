/** What a text is, as a person would call it. The store treats all alike. */
export type ContextKind = 'file' | 'document' | 'log' | 'page' | 'commit' | 'note' | 'view' | 'source';

/** What is known of a text before it is read. */
export interface ContextDescription {
  /** For a person: a file's name, a page's title. */
  readonly title: string;
  readonly kind: ContextKind;
  /** Where it comes from: a path, an address, `standard input`. */
  readonly from: string;
  /**
   * Keeps the entry: one with a name goes only when it is removed. A name belongs to one entry; another one with the same name takes its
   * place as soon as it is whole, and until then the old one is what is found. Default: none, and the entry may give way to newer ones.
   */
  readonly name?: string;
  /** The caller's own sign of what the text was made from, such as a hash or a date. The store gives it back and never looks at it. Default empty. */
  readonly mark?: string;
}

/** One text in the store, or one view of several. */
export interface ContextEntry {
  /** `ctx_` and 16 letters and digits. */
  readonly id: string;
  readonly title: string;
  readonly kind: ContextKind;
  readonly from: string;
  readonly name?: string;
  readonly mark: string;
  /** Of its text as UTF-8. */
  readonly bytes: number;
  /** UTF-16 code units of its text: what `offset` counts. */
  readonly characters: number;
  readonly lines: number;
  /** About how many tokens a language model takes for it. */
  readonly tokens: number;
  /** What it takes on the disk, without the words for searching. A view takes nothing beside its parts. */
  readonly storedBytes: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Texts that it consists of; more than 1 in a view. */
  readonly parts: number;
}

/** Where to begin and how much to read. Of several limits the one that is reached first holds. */
export interface ContextRange {
  /** 1-based. Default 1. Not together with `offset`. */
  readonly line?: number;
  /** UTF-16 code units before the first one wanted. Default 0. */
  readonly offset?: number;
  readonly lines?: number;
  readonly characters?: number;
  /** Estimated tokens. */
  readonly tokens?: number;
}

/** A stretch of a text. Stretches follow each other without a gap; none is larger than 128 Ki code units, and none cuts a character in two. */
export interface ContextPiece {
  readonly text: string;
  readonly offset: number;
  /** The line that its first character is in. */
  readonly line: number;
}

/** Which entries are meant. All that is given must hold; default: every entry. */
export interface ContextFilter {
  readonly ids?: readonly string[];
  /** Only entries whose name begins with this. */
  readonly named?: string;
}

/** A passage that a search found. Line numbers are those of the entry that it is in. */
export interface ContextHit {
  readonly entry: ContextEntry;
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  /** Higher is better; comparable within one result only. */
  readonly score: number;
}

export interface PutOptions {
  readonly signal?: AbortSignal;
  /** Called now and then with the bytes that are stored so far, as UTF-8. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * Texts too long for a prompt - files, documents, logs of a million tokens and more - kept compressed on this machine, addressed by id, read
 * by pages, and searched like code. Every call works on a few blocks at a time: memory is bounded, however long a text is.
 *
 * Several programs may use one store. An entry is there whole or not at all: after a kill, a full disk, an abort or an input that breaks
 * off, nothing of what was being written is listed, read or found, and its room is given back. The store takes no more of the disk than it
 * was opened with: to stay below, it lets go of the entries without a name that were not read for longest.
 *
 * All reject with `STORE_BUSY`, `STORE_CORRUPT`, `STORE_NEWER`, `STORE_UNREADABLE` or `DENIED` where the file cannot be used, and with
 * `ABORTED`; an id that is not there rejects with `NOT_FOUND`.
 */
export interface ContextStore {
  /**
   * Takes in a text as it arrives. Bytes are read as UTF-8, a byte that is none as U+FFFD; strings are taken as they are. Rejects with
   * `DISK_FULL` where the disk has no room or the store may take no more, with `INPUT_INVALID` for bytes that are no text (a NUL), and with
   * whatever the input throws.
   */
  put(
    what: ContextDescription,
    text: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
    options?: PutOptions,
  ): Promise<ContextEntry>;
  /**
   * Makes one entry that reads as these texts one after the other, each on a line of its own, without copying them. It goes on to work when
   * the entries that it was made from are removed. At most 10 000 texts: more reject with `INPUT_INVALID`.
   */
  merge(ids: readonly string[], what: Omit<ContextDescription, 'kind'>): Promise<ContextEntry>;
  /** Entries, the newest first. With ids, rejects with `NOT_FOUND` for one that is not there. */
  list(filter?: ContextFilter): Promise<ContextEntry[]>;
  /** The text, or a page of it, in pieces. A range that begins behind the end gives nothing. What is read counts as used. */
  read(id: string, range?: ContextRange, signal?: AbortSignal): AsyncIterable<ContextPiece>;
  /** Passages for plain words, best first. No text can be a syntax error. Default limit 10. A view and its parts are found separately. */
  search(
    query: string,
    options?: ContextFilter & { readonly limit?: number; readonly signal?: AbortSignal },
  ): Promise<ContextHit[]>;
  /** Removes these entries, all or none, and gives the room of texts that no other entry holds back to the disk. */
  remove(ids: readonly string[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

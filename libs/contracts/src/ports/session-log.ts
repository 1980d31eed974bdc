import type { TurnEvent } from '../events.ts';

export interface Session {
  readonly id: string;
  /** The first question, shortened to one line, or what somebody called it. Empty until there is one. */
  readonly title: string;
  /** Absolute path of the folder it is about. */
  readonly workspace: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Events in its log; the `seq` of the last one. */
  readonly events: number;
}

/** Which sessions, by what was said in them. */
export interface SessionQuery {
  /** Words that one turn and the title hold together, each or its beginning; in any order, capitals and accents do not count. */
  readonly query: string;
  /** Only those about this folder. */
  readonly workspace?: string;
  /** Default 20. */
  readonly limit?: number;
}

/** A session, and where a query was found in it: `turnId` is unset where only the title has the words. */
export interface FoundSession extends Session {
  readonly found?: { readonly turnId?: string; readonly snippet: string };
}

/**
 * Sessions and their events. Append-only: an event once written never changes.
 * When `append` resolves, the events are on the disk and survive a kill of the process and a loss of power.
 */
export interface SessionLog {
  create(session: {
    readonly id: string;
    readonly workspace: string;
    readonly title: string;
    readonly createdAt: number;
    /** What it begins with; kept together with it, or not at all. As `append` takes them. Default: nothing. */
    readonly events?: readonly TurnEvent[];
  }): Promise<Session>;
  /** Appends in order. Rejects with `INPUT_INVALID` when a `seq` does not follow the last one, `SESSION_NOT_FOUND`, or `DISK_FULL`; then nothing of the call is kept. */
  append(sessionId: string, events: readonly TurnEvent[]): Promise<void>;
  /** Events with a `seq` above `after` (default 0), in order. */
  read(sessionId: string, after?: number): Promise<TurnEvent[]>;
  /** By id or unique start of an id; `latest` is the one updated last. Rejects with `SESSION_NOT_FOUND`. */
  find(id: string): Promise<Session>;
  /** Newest first. With a query, those in which the words were asked, answered or are the title, best first; a query without words gives none. */
  list(matching?: SessionQuery): Promise<FoundSession[]>;
  /**
   * Gives a session another title, or removes it with its events and all that was kept for searching. Gives the session as it is, or was.
   * Neither makes it the one updated last. Rejects with `SESSION_NOT_FOUND`.
   */
  change(sessionId: string, to: { readonly title: string } | 'removed'): Promise<Session>;
  [Symbol.asyncDispose](): Promise<void>;
}

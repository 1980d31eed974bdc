import type { TurnEvent } from '../events.ts';

export interface Session {
  readonly id: string;
  /** The first question, shortened to one line. Empty until there is one. */
  readonly title: string;
  /** Absolute path of the folder it is about. */
  readonly workspace: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Events in its log; the `seq` of the last one. */
  readonly events: number;
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
  }): Promise<Session>;
  /** Appends in order. Rejects with `INPUT_INVALID` when a `seq` does not follow the last one, `SESSION_NOT_FOUND`, or `DISK_FULL`; then nothing of the call is kept. */
  append(sessionId: string, events: readonly TurnEvent[]): Promise<void>;
  /** Events with a `seq` above `after` (default 0), in order. */
  read(sessionId: string, after?: number): Promise<TurnEvent[]>;
  /** By id or unique start of an id; `latest` is the one updated last. Rejects with `SESSION_NOT_FOUND`. */
  find(id: string): Promise<Session>;
  /** Newest first. */
  list(): Promise<Session[]>;
  remove(sessionId: string): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

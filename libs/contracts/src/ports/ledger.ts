import type { AuditEntry, EgressCause, EgressRow } from '../host.ts';

export interface EgressEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The name that was asked for, else the address. */
  readonly host: string;
  readonly cause: EgressCause;
  /** `host`, `model`, `index`, `command`, `mcp NAME`. */
  readonly program: string;
  readonly sent: number;
  readonly received: number;
  /** It was not let out. */
  readonly refused: boolean;
  /** Default 1. 0: more bytes of a connection that was recorded before. */
  readonly connections?: 0 | 1;
}

/** What left this machine, or tried to. Nothing on the loopback is written down. */
export interface EgressLedger {
  /** Never throws and never waits: what cannot be written is counted and logged. */
  record(entry: EgressEntry): void;
  /** Sums by day, host, cause and program, the newest day first. `since`: milliseconds since 1970. */
  sum(since: number): Promise<EgressRow[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * What was permitted and done, as a chain: each row holds the SHA-256 of itself and of the row before it, and the newest hash and count also lie in
 * a file of their own (the anchor), so that rows cut off the end are missed too. Secrets are redacted before they are written.
 */
export interface AuditLog {
  append(entry: Pick<AuditEntry, 'time' | 'actor' | 'action' | 'detail'>): Promise<void>;
  list(limit: number): Promise<AuditEntry[]>;
  verify(): Promise<{
    readonly ok: boolean;
    readonly entries: number;
    readonly fault?: { readonly seq: number; readonly what: string };
    readonly anchor: 'matches' | 'missing' | 'differs';
  }>;
  [Symbol.asyncDispose](): Promise<void>;
}

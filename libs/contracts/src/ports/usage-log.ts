import type { UsageRow } from '../models.ts';

/** One call of a model. */
export interface UsageRecord {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly model: string;
  readonly client: string;
  readonly turnId?: string;
  readonly tokensRead: number;
  readonly tokensReused: number;
  readonly tokensWritten: number;
  /** US dollars; 0 for what runs here. */
  readonly cost: number;
  readonly local: boolean;
}

/** Counts what models were used for. A record that was added survives a kill. */
export interface UsageLog {
  add(record: UsageRecord): Promise<void>;
  /** Sums by model and client, the most tokens first. `since`: milliseconds since 1970, default 0. */
  sum(query?: { readonly since?: number; readonly turnId?: string }): Promise<UsageRow[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Answers to requests that always have the same answer, by a key that the caller makes of all that decides it. Bounded; the least used go first. */
export interface ResponseCache {
  read(key: string): Promise<string | undefined>;
  write(key: string, value: string): Promise<void>;
  clear(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Keys of providers. A key is never logged, never in the configuration, and is given only to who calls the provider. */
export interface Secrets {
  /** `undefined` where there is none. */
  read(name: string): Promise<string | undefined>;
  /** Where it lies now. */
  place(name: string): Promise<'environment' | 'keychain' | 'file' | 'none'>;
  /** Into the keychain, or where there is none into a file that only the user can read; says which. */
  write(name: string, value: string): Promise<'keychain' | 'file'>;
  remove(name: string): Promise<void>;
}

import type { ErrorBody } from '@nootropic/contracts';

/** How a host is reached. */
export interface Endpoint {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Goes with requests to that address and nowhere else. */
  readonly token: string;
  readonly version: string;
  /** The program that found it, and its first arguments. */
  readonly program: readonly [program: string, ...args: string[]];
}

/**
 * The host as the extension sees it. `idle`: nothing has asked for it yet. `missing`: the program is not installed. `mismatch`: program or host are of
 * a version that this extension cannot work with. `failed`: it does not start, or it ended.
 */
export type HostState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready'; readonly url: string; readonly version: string }
  | { readonly kind: 'missing' | 'mismatch' | 'failed'; readonly error: ErrorBody };

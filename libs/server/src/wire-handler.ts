import type { NootropicError, WireFamily, WireRoute } from '@nootropic/contracts';
import type { GatewayCaller } from '@nootropic/core';

/** One request of a standard API, parsed. */
export interface WireCall<Body = unknown> {
  /** As the route's schema gives it; `undefined` for a route without a body. */
  readonly body: Body;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly caller: GatewayCaller & { readonly signal: AbortSignal };
}

export interface WireEvent {
  /** The `event:` field of server-sent events, where the API has one. */
  readonly event?: string;
  /** Written as JSON, but for a string, which is written as it is (`[DONE]`). */
  readonly data: unknown;
}

/** An answer. A stream that throws ends with what `errorEvent` of its family gives; its first item decides whether the status can still be an error. */
export type WireAnswer = { readonly headers?: Readonly<Record<string, string>> } & (
  | { readonly kind: 'json'; readonly body: unknown; readonly status?: number }
  | { readonly kind: 'text'; readonly body: string; readonly status?: number }
  | { readonly kind: 'events'; readonly events: AsyncIterable<WireEvent> }
  | { readonly kind: 'lines'; readonly lines: AsyncIterable<unknown> }
);

/** The routes of one API with what answers them. It knows nothing of HTTP but this. */
export interface WireApi {
  readonly family: WireFamily;
  readonly routes: readonly WireRoute[];
  /** By the route's id. */
  readonly handlers: Readonly<Record<string, (call: WireCall) => Promise<WireAnswer>>>;
  /** The body and the status of an error, as the API it mirrors gives them. */
  error(error: NootropicError): { readonly status: number; readonly body: unknown };
  /** The last event, or line, of a stream that failed. */
  errorEvent(error: NootropicError): WireEvent;
}

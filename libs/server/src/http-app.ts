import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import type { Flight } from './http-flights.ts';
import { errorBody, refusalHeaders, statusOf, type Refusal } from './http-refusal.ts';

/** What is noted of a request while it is answered, for metrics and the audit log. */
export interface Seen {
  /** The pattern of the route, never the path; empty where no route matched. */
  route: string;
  client: string;
}

export interface HttpEnv {
  readonly Bindings: {
    readonly incoming: IncomingMessage;
    readonly outgoing: ServerResponse;
    readonly flight: Flight;
    readonly seen: Seen;
  };
}

export type HttpContext = Context<HttpEnv>;

/** Of a stream: said here, it is written as it comes. Otherwise the adapter of Node's server waits a millisecond for what may make it one piece. */
export const streamHeaders = { 'transfer-encoding': 'chunked' };

/** An error as the assistant's own routes give it. */
export function refuse(refusal: Refusal): Response {
  return Response.json(errorBody(refusal), { status: statusOf(refusal), headers: refusalHeaders(refusal) });
}

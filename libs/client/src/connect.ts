import { assistantContract, NootropicError, type Assistant } from '@nootropic/contracts';
import { createORPCClient, ORPCError, type ClientContext, type ClientLink } from '@orpc/client';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { resumable, type ResumeOptions } from './resumable.ts';
import { ownLink } from './wire-link.ts';

export interface Endpoint extends ResumeOptions {
  /** `http://127.0.0.1:PORT` of a host. */
  readonly url: string;
  /** Unset for a page of the host itself, whose cookie says who asks. */
  readonly token?: string;
  /** Default the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/**
 * The assistant of a running host, with the interface of the one in process, errors included: a rejection is a `NootropicError`.
 * A host that does not answer is `HOST_UNREACHABLE`. A turn whose stream breaks off is taken up again (see `resumable`).
 */
export function connect(endpoint: Endpoint): Assistant {
  const { url, token, fetch: own } = endpoint;
  const link: ClientLink<ClientContext> = new OpenAPILink(assistantContract, {
    url,
    // A page says that it means a request: no other page could make a browser send this header along with the cookie.
    headers: token === undefined ? { 'x-nootropic-request': '1' } : { authorization: `Bearer ${token}` },
    fetch: (request, init) => (own ?? fetch)(request, init),
  });
  return resumable(createORPCClient(ownLink(() => link, isLost)), endpoint);
}

/** Whether this is a connection that failed, or an answer that broke off, in any implementation of fetch. */
function isLost(thrown: unknown): boolean {
  for (let cause: unknown = thrown; cause instanceof Error && !(cause instanceof ORPCError); cause = cause.cause)
    if (!NootropicError.is(cause) && (cause instanceof TypeError || cause instanceof SyntaxError)) return true;
  return false;
}

import { assistantContract, errorTable, NootropicError, type Assistant, type ErrorCode } from '@nootropic/contracts';
import { createORPCClient, onError, ORPCError } from '@orpc/client';
import { OpenAPILink } from '@orpc/openapi-client/fetch';

export interface Endpoint {
  /** `http://127.0.0.1:PORT` of a host. */
  readonly url: string;
  readonly token: string;
  /** Default the global `fetch`. */
  readonly fetch?: typeof fetch;
}

/**
 * The assistant of a running host, with the interface of the one in process, errors included: a rejection is a `NootropicError`.
 * A host that does not answer is `HOST_UNREACHABLE`.
 */
export function connect(endpoint: Endpoint): Assistant {
  const link = new OpenAPILink(assistantContract, {
    url: endpoint.url,
    headers: { authorization: `Bearer ${endpoint.token}` },
    ...(endpoint.fetch && { fetch: (request, init) => (endpoint.fetch ?? fetch)(request, init) }),
    interceptors: [
      onError((cause) => {
        throw fromWire(cause);
      }),
      async ({ next }) => {
        const output = await next();
        return isStream(output) ? withOwnErrors(output) : output;
      },
    ],
  });
  return createORPCClient(link);
}

function isStream(output: unknown): output is AsyncIterableIterator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

/** The same stream; what goes wrong while it runs is a `NootropicError` too. */
async function* withOwnErrors(stream: AsyncIterableIterator<unknown>): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (cause) {
    throw fromWire(cause);
  }
}

function fromWire(cause: unknown): NootropicError {
  if (!(cause instanceof ORPCError))
    return NootropicError.from(cause, cause instanceof TypeError ? 'HOST_UNREACHABLE' : 'INTERNAL');
  const data: unknown = cause.data;
  const hint =
    typeof data === 'object' && data !== null && 'hint' in data && typeof data.hint === 'string'
      ? { hint: data.hint }
      : {};
  return new NootropicError(
    Object.hasOwn(errorTable, cause.code)
      ? (cause.code as ErrorCode)
      : cause.code === 'BAD_REQUEST'
        ? 'INPUT_INVALID'
        : 'INTERNAL',
    cause.message,
    { ...hint, cause },
  );
}

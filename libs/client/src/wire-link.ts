import { errorTable, NootropicError, type ErrorCode } from '@nootropic/contracts';
import { ORPCError, type ClientContext, type ClientLink } from '@orpc/client';

/**
 * The same link; what goes wrong is a `NootropicError`, before a stream and while it runs, and a stream that is returned ends at once,
 * also while a `next` waits, here and at the host.
 *
 * @param isLost Whether something that was thrown means that the host cannot be reached.
 */
export function ownLink(
  link: () => ClientLink<ClientContext>,
  isLost: (cause: unknown) => boolean,
): ClientLink<ClientContext> {
  return {
    async call(path, input, options) {
      const stop = new AbortController();
      const { signal: given } = options;
      const signal = given ? AbortSignal.any([stop.signal, given]) : stop.signal;
      const own = (cause: unknown) => fromWire(cause, !signal.aborted && isLost(cause));
      try {
        const output = await link().call(path, input, { ...options, signal });
        return isStream(output) ? ownStream(output, stop, own) : output;
      } catch (cause) {
        throw own(cause);
      }
    },
  };
}

function isStream(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

const end = { done: true, value: undefined } as const;

function ownStream(
  source: AsyncIterator<unknown>,
  stop: AbortController,
  own: (cause: unknown) => NootropicError,
): AsyncGenerator<unknown, void, void> {
  let isOver = false;
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    stop.abort();
    source.return?.().catch(() => undefined);
  };
  const stream: AsyncGenerator<unknown, void, void> = {
    async next() {
      if (isOver) return end;
      try {
        const result = await source.next();
        if (result.done !== true && !isOver) return result;
        isOver = true;
        return end;
      } catch (cause) {
        if (isOver) return end;
        isOver = true;
        throw own(cause);
      }
    },
    return() {
      leave();
      return Promise.resolve(end);
    },
    throw(cause) {
      leave();
      return Promise.reject(cause instanceof Error ? cause : new NootropicError('INTERNAL', String(cause)));
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]() {
      leave();
      return Promise.resolve();
    },
  };
  return stream;
}

/** Codes of oRPC's own, for what never came to the assistant. */
const otherCodes: Readonly<Record<string, ErrorCode>> = {
  BAD_REQUEST: 'INPUT_INVALID',
  UNAUTHORIZED: 'UNAUTHORIZED',
  FORBIDDEN: 'DENIED',
  NOT_FOUND: 'NOT_FOUND',
  PAYLOAD_TOO_LARGE: 'REQUEST_TOO_LARGE',
  TOO_MANY_REQUESTS: 'RATE_LIMITED',
  SERVICE_UNAVAILABLE: 'HOST_UNREACHABLE',
  BAD_GATEWAY: 'HOST_UNREACHABLE',
  GATEWAY_TIMEOUT: 'HOST_UNREACHABLE',
};

function fromWire(cause: unknown, isLost: boolean): NootropicError {
  if (isLost) return new NootropicError('HOST_UNREACHABLE', undefined, { cause });
  if (!(cause instanceof ORPCError)) return NootropicError.from(cause);
  const data: unknown = cause.data;
  const code = Object.hasOwn(errorTable, cause.code) ? (cause.code as ErrorCode) : otherCodes[cause.code];
  const hint = field(data, 'hint');
  return new NootropicError(
    code ?? 'INTERNAL',
    code === 'INPUT_INVALID' ? withIssues(cause.message, data) : cause.message,
    {
      ...(hint !== undefined && { hint }),
      cause,
    },
  );
}

function field(data: unknown, name: string): string | undefined {
  const value: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** What the schema says of an input: `contextLength: Too small`. */
function withIssues(message: string, data: unknown): string {
  const issues: unknown = typeof data === 'object' && data !== null ? Reflect.get(data, 'issues') : undefined;
  if (!Array.isArray(issues)) return message;
  const said = issues.slice(0, 3).map((issue: unknown) => {
    const path: unknown = typeof issue === 'object' && issue !== null ? Reflect.get(issue, 'path') : undefined;
    return [Array.isArray(path) ? path.join('.') : '', field(issue, 'message') ?? ''].filter(Boolean).join(': ');
  });
  return said.length === 0 ? message : said.join('; ');
}

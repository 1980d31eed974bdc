import { NootropicError } from '@nootropic/contracts';

/** What is known of a failure beyond its code: the `cause` of an error that a server's answer led to. */
interface ServerTrouble {
  /** The HTTP status; 0 where there was none. */
  readonly status: number;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether another try may mend it; unset: the status decides. */
  readonly again?: boolean;
  readonly cause?: unknown;
}

function troubleOf(error: unknown): ServerTrouble | undefined {
  const cause = NootropicError.is(error) ? error.cause : undefined;
  return typeof cause === 'object' && cause !== null && 'status' in cause && typeof cause.status === 'number'
    ? (cause as ServerTrouble)
    : undefined;
}

/** Servers say these when they are ill or overloaded; 529 is Anthropic's word for the latter. */
const illStatuses: readonly number[] = [500, 502, 503, 504, 520, 522, 524, 529];

/** Whether the failure may pass by itself. */
export function isWorthAnotherTry(error: unknown): boolean {
  if (!NootropicError.is(error)) return false;
  const trouble = troubleOf(error);
  if (trouble?.again !== undefined) return trouble.again;
  if (error.code === 'MODEL_UNREACHABLE' || error.code === 'QUEUE_FULL') return true;
  return trouble !== undefined && (trouble.status === 408 || illStatuses.includes(trouble.status));
}

/** Whether the failure speaks against the server, not against the request. A server that allows no more requests now is well. */
export function isFailureOfServer(error: unknown): boolean {
  if (!NootropicError.is(error)) return false;
  return error.code === 'MODEL_TIMEOUT' || (error.code !== 'QUEUE_FULL' && isWorthAnotherTry(error));
}

/** What the server asked to wait before the next request; `undefined` where it did not say. */
export function retryAfterMs(error: unknown): number | undefined {
  return troubleOf(error)?.retryAfterMs;
}

/** The wait that an answer's headers ask for: `retry-after-ms`, or `retry-after` in seconds or as a date. */
export function waitOf(headers: Headers, now: number): number | undefined {
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isFinite(date) ? Math.max(0, date - now) : undefined;
}

/** Nothing answers at this address, or nothing may be asked there. */
export function unreachable(url: string, advice: string, cause: unknown): NootropicError {
  if (NootropicError.is(cause) && cause.code === 'OFFLINE') return cause;
  return new NootropicError('MODEL_UNREACHABLE', `No model server answers at ${url} (${reasonOf(cause)}).`, {
    cause,
    hint: advice,
  });
}

function reasonOf(error: unknown): string {
  const codes: Record<string, string> = {
    ECONNREFUSED: 'the connection was refused: nothing listens there',
    ENOTFOUND: 'the host name is not known',
    EAI_AGAIN: 'the host name cannot be looked up',
    ECONNRESET: 'the connection was closed',
    ETIMEDOUT: 'the connection timed out',
    EHOSTUNREACH: 'the host cannot be reached',
    ENETUNREACH: 'the network cannot be reached',
    UND_ERR_CONNECT_TIMEOUT: 'the connection timed out',
    UND_ERR_SOCKET: 'the connection was closed',
  };
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const inner: unknown = at instanceof AggregateError ? at.errors[0] : at;
    const code = typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : '';
    if (code in codes) return codes[code] ?? code;
    if (code !== '') return code;
    if (at.cause === undefined) return at.message;
  }
  return String(error);
}

/** The sentence in an error body: OpenAI's `error.message`, Ollama's `error`, FastAPI's `detail`, or the text itself. */
export function messageOf(body: string): string {
  try {
    const found = textIn(JSON.parse(body) as unknown, 0);
    if (found !== undefined) return found;
  } catch {
    // Not JSON: the text itself is the message.
  }
  const plain = body
    .replace(/<(script|style)[^]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length > 300 ? `${plain.slice(0, 300)}…` : plain;
}

function textIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value !== 'object' || value === null || depth > 3) return undefined;
  for (const key of ['error', 'message', 'detail', 'msg', '0']) {
    const found = textIn((value as Record<string, unknown>)[key], depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How llama.cpp, vLLM, Ollama and OpenAI say that a prompt does not fit. */
const tooLong =
  /exceeds? (the )?(\w+ ){0,3}context|context (length|size|window) (is )?exceeded|maximum context length|input length exceeds/i;

/** What an error of a model server means, by its HTTP status; 0 for an error inside a stream. The message holds the server's own words. */
export function refusal(answer: {
  readonly url: string;
  readonly status: number;
  readonly body: string;
  /** What the server asked to wait, in milliseconds. */
  readonly waitMs?: number | undefined;
  /** Set where the server is a provider's cloud: what to do about its key. */
  readonly keyAdvice?: string | undefined;
}): NootropicError {
  const { status, waitMs, keyAdvice } = answer;
  const said = messageOf(answer.body);
  const words = said === '' ? 'no reason given' : said;
  const message =
    status === 0 ? `${answer.url} reported an error: ${words}` : `${answer.url} answered ${status}: ${words}`;
  const trouble: ServerTrouble = { status, retryAfterMs: waitMs };
  const as = (code: 'MODEL_REFUSED' | 'MODEL_NOT_FOUND' | 'MODEL_UNREACHABLE' | 'KEY_MISSING', hint?: string) =>
    new NootropicError(code, message, { cause: trouble, ...(hint !== undefined && { hint }) });

  if (tooLong.test(said)) return new NootropicError('CONTEXT_OVERFLOW', message, { cause: trouble });
  // Google and xAI answer 400 to a wrong key.
  if (status === 400 && keyAdvice !== undefined && /api[ _-]?key/i.test(said) && /valid|incorrect|missing/i.test(said))
    return as('KEY_MISSING', keyAdvice);
  switch (status) {
    case 401:
      return keyAdvice === undefined
        ? as('MODEL_REFUSED', 'Check the API key that is configured for this server.')
        : as('KEY_MISSING', keyAdvice);
    case 403:
      return as('MODEL_REFUSED', keyAdvice ?? 'Check the API key that is configured for this server.');
    case 404:
      return as(
        'MODEL_NOT_FOUND',
        'Check the name of the model and that the address ends as the server’s manual says (often in /v1).',
      );
    case 405:
    case 501:
      return new NootropicError('MODEL_UNSUPPORTED', message, { cause: trouble });
    case 429: {
      // No wait mends an account without money.
      if (/insufficient_quota|billing|credit balance/i.test(answer.body))
        return new NootropicError('MODEL_REFUSED', message, {
          cause: { status, again: false } satisfies ServerTrouble,
          hint: 'Look at the plan and the billing of your account there, or use another model.',
        });
      const wait = waitMs === undefined ? '' : ` It allows the next request in ${Math.ceil(waitMs / 1000)} s.`;
      return new NootropicError('QUEUE_FULL', message + wait, {
        cause: trouble,
        hint: 'The server allows no more requests now. Wait, then try again.',
      });
    }
    case 502:
    case 503:
    case 504:
    case 520:
    case 522:
    case 524:
    case 529:
      return as('MODEL_UNREACHABLE', 'The server is starting, overloaded or behind a gateway that cannot reach it.');
    default:
      return status >= 500
        ? as('MODEL_REFUSED', 'The server failed. Look at its own log; it may still be loading the model.')
        : as('MODEL_REFUSED');
  }
}

/**
 * The `NootropicError` inside whatever a vendor's package threw: packages wrap what their `fetch` rejects with.
 * What holds none was a broken stream or a broken protocol, and becomes `MODEL_REFUSED`.
 */
export function serverFailure(error: unknown, url: string): NootropicError {
  for (let at: unknown = error, depth = 0; at !== undefined && at !== null && depth < 6; depth += 1) {
    if (NootropicError.is(at)) return at;
    at = at instanceof Error ? at.cause : undefined;
  }
  const text = error instanceof Error ? error.message : String(error);
  if (statusOf(error) >= 400) return refusal({ url, status: statusOf(error), body: text });
  if (
    /did not receive done|terminated|socket|premature|aborted|ECONNRESET|other side closed/i.test(
      `${text} ${reasonOf(error)}`,
    )
  )
    return cutStream(url, error);
  if (error instanceof SyntaxError || /malformed|unexpected token|JSON/i.test(text)) {
    return new NootropicError('MODEL_REFUSED', `${url} sent a line that is not JSON.`, {
      cause: error,
      hint: 'The server broke the protocol; look at its own log.',
    });
  }
  return refusal({ url, status: 0, body: text });
}

/** The HTTP status that a vendor's error carries; 0 without one. */
export function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 0;
  const status = Number('status' in error ? error.status : 'statusCode' in error ? error.statusCode : Number.NaN);
  return Number.isInteger(status) ? status : 0;
}

/** The server stopped in the middle of an answer. */
export function cutStream(url: string, cause?: unknown): NootropicError {
  const trouble: ServerTrouble = { status: 0, again: true, cause };
  return new NootropicError('MODEL_REFUSED', `${url} ended its answer in the middle.`, {
    cause: trouble,
    hint: 'The server may have crashed or been stopped; look at its own log, then ask again.',
  });
}

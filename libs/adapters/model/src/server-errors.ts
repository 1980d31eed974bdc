import { NootropicError } from '@nootropic/contracts';

/** Nothing answers at this address. */
export function unreachable(url: string, advice: string, cause: unknown): NootropicError {
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
}): NootropicError {
  const said = messageOf(answer.body);
  const words = said === '' ? 'no reason given' : said;
  const message =
    answer.status === 0
      ? `${answer.url} reported an error: ${words}`
      : `${answer.url} answered ${answer.status}: ${words}`;
  if (tooLong.test(said)) {
    return new NootropicError('CONTEXT_OVERFLOW', message);
  }
  switch (answer.status) {
    case 401:
    case 403:
      return new NootropicError('MODEL_REFUSED', message, {
        hint: 'Check the API key that is configured for this server.',
      });
    case 404:
      return new NootropicError('MODEL_NOT_FOUND', message, {
        hint: 'Check the name of the model and that the address ends as the server’s manual says (often in /v1).',
      });
    case 405:
    case 501:
      return new NootropicError('MODEL_UNSUPPORTED', message);
    case 429:
      return new NootropicError('MODEL_REFUSED', message, {
        hint: 'The server allows no more requests now. Wait, then try again.',
      });
    default:
      return answer.status >= 500
        ? new NootropicError('MODEL_REFUSED', message, {
            hint: 'The server failed. Look at its own log; it may still be loading the model.',
          })
        : new NootropicError('MODEL_REFUSED', message);
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
  return refusal({ url, status: statusOf(error), body: text });
}

function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : Number.NaN;
  return Number.isInteger(status) ? status : 0;
}

/** The server stopped in the middle of an answer. */
export function cutStream(url: string, cause?: unknown): NootropicError {
  return new NootropicError('MODEL_REFUSED', `${url} ended its answer in the middle.`, {
    cause,
    hint: 'The server may have crashed or been stopped; look at its own log, then ask again.',
  });
}

import { NootropicError } from '@nootropic/contracts';

/** What is known of a refusal by status, as the cause of its error. */
interface Refusal {
  readonly status: number;
  /** Milliseconds that the place asks to wait. */
  readonly waitMs?: number;
}

/** Statuses after which the same request may be granted. */
const passingStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

/** The place does not answer, or stopped in the middle, or may not be asked. */
export function placeUnreachable(url: string, why: string, cause?: unknown): NootropicError {
  if (NootropicError.is(cause) && cause.code === 'OFFLINE') return cause;
  return new NootropicError('SOURCE_UNREACHABLE', `${hostOf(url)} cannot be reached: ${why}.`, {
    cause,
    ...(isCertificateFault(cause) && {
      hint: 'The certificate of the place or of a proxy is not trusted: name the file of its authority in NODE_EXTRA_CA_CERTS.',
    }),
  });
}

/** What a failed `fetch` says in words: the reason lies some causes deep. */
export function reasonOf(error: unknown): string {
  const chain = causes(error);
  const deepest = chain.at(-1);
  const code = chain.map(codeOf).find((one) => one !== '');
  const message = deepest instanceof Error && deepest.message !== '' ? deepest.message : String(deepest);
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}

/**
 * The error for a response that is not the thing asked for. `wait` is read from `Retry-After`, in seconds or as a date
 * (RFC 9110, section 10.2.3); `now` in milliseconds since 1970.
 */
export function refusedBy(response: Response, url: string, now: number): NootropicError {
  const { status } = response;
  const place = hostOf(url);
  const waitMs = readWait(response.headers.get('retry-after'), now);
  const cause: Refusal = { status, ...(waitMs !== undefined && { waitMs }) };
  if (status === 401 || status === 403)
    return new NootropicError('DENIED', `${place} does not give this without permission (${status}).`, {
      cause,
      hint: 'The model may be private or ask to accept its terms; see the page of the model.',
    });
  if (status === 404 || status === 410)
    return new NootropicError('MODEL_NOT_FOUND', `${place} has no such model or file.`, {
      cause,
      hint: 'Check the name; `nootropic models search WORDS` finds names.',
    });
  if (status === 429)
    return new NootropicError(
      'SOURCE_UNREACHABLE',
      `${place} has had too many requests from here${waitMs === undefined ? '' : ` and asks to wait ${Math.ceil(waitMs / 1000)} s`}.`,
      { cause, hint: 'Try again later; a token in HF_TOKEN has higher limits.' },
    );
  return new NootropicError('SOURCE_UNREACHABLE', `${place} answers with status ${status}.`, { cause });
}

/** Whether trying again may help. */
export function isPassing(error: unknown): boolean {
  if (!NootropicError.is(error) || error.code !== 'SOURCE_UNREACHABLE') return false;
  const refusal = refusalOf(error);
  return refusal === undefined ? !isCertificateFault(error.cause) : passingStatuses.has(refusal.status);
}

/** Milliseconds that the place asked to wait before the next request. */
export function askedWait(error: unknown): number | undefined {
  return NootropicError.is(error) ? refusalOf(error)?.waitMs : undefined;
}

export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url;
}

function refusalOf(error: NootropicError): Refusal | undefined {
  const { cause } = error;
  return typeof cause === 'object' && cause !== null && 'status' in cause ? (cause as Refusal) : undefined;
}

function readWait(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && chain.length < 8;) {
    chain.push(at);
    const errors = (at as { errors?: unknown }).errors;
    at = Array.isArray(errors) && errors.length > 0 ? (errors[0] as unknown) : (at as { cause?: unknown }).cause;
  }
  return chain;
}

function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : '';
  return typeof code === 'string' ? code : '';
}

function isCertificateFault(error: unknown): boolean {
  return causes(error).some((one) =>
    /CERT|SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|ERR_TLS_CERT_ALTNAME/.test(codeOf(one)),
  );
}

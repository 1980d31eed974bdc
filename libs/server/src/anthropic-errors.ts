import { errorTable, type ErrorCode, type NootropicError } from '@nootropic/contracts';
import type { WireEvent } from './wire-handler.ts';

/** Statuses other than the table's: what is wrong with a request is 400 in this API, whatever it is. */
const statuses: Partial<Record<ErrorCode, number>> = {
  CONTEXT_OVERFLOW: 400,
  MODEL_UNSUPPORTED: 400,
  MODEL_REF_INVALID: 404,
};

/** Names of errors by status (https://docs.anthropic.com/en/api/errors). */
function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
      return 'overloaded_error';
    case 504:
      return 'timeout_error';
    default:
      return status < 500 ? 'invalid_request_error' : 'api_error';
  }
}

/** Status and body of an error as Anthropic gives them. The hint is part of the message, since clients show nothing else. */
export function anthropicError(error: NootropicError): { readonly status: number; readonly body: object } {
  const status = statuses[error.code] ?? errorTable[error.code].status;
  return { status, body: { type: 'error', error: { type: typeOf(status), message: messageOf(error) } } };
}

export function anthropicErrorEvent(error: NootropicError): WireEvent {
  return { event: 'error', data: anthropicError(error).body };
}

/** Agents look for these words, with the two counts, to make their conversation shorter by themselves. */
function messageOf({ code, message, hint }: NootropicError): string {
  const whole = hint === '' ? message : `${message} ${hint}`;
  if (code !== 'CONTEXT_OVERFLOW') return whole;
  const [has, fits] = message.match(/\d+/gu) ?? [];
  return has === undefined || fits === undefined
    ? `prompt is too long: ${whole}`
    : `prompt is too long: ${has} tokens > ${fits} maximum. ${whole}`;
}

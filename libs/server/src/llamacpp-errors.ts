import { errorTable, type ErrorCode, type NootropicError } from '@nootropic/contracts';
import type { WireEvent } from './wire-handler.ts';

/** Status and name of an error, where llama.cpp has others than the table. */
const kinds: Partial<Record<ErrorCode, { readonly status: number; readonly type: string }>> = {
  CONTEXT_OVERFLOW: { status: 400, type: 'exceed_context_size_error' },
  // There it is 501: but nothing is wrong with this server, and another model may do.
  MODEL_UNSUPPORTED: { status: 400, type: 'not_supported_error' },
  MODEL_REF_INVALID: { status: 404, type: 'not_found_error' },
  INPUT_INVALID: { status: 400, type: 'invalid_request_error' },
};

/** Names of errors by status, from `tools/server/server-common.cpp`. */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 404) return 'not_found_error';
  if (status === 429 || status === 503) return 'unavailable_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** Status and body of an error as llama.cpp's server gives them. The hint is part of the message, since clients show nothing else. */
export function llamacppError(error: NootropicError): { readonly status: number; readonly body: object } {
  const status = kinds[error.code]?.status ?? errorTable[error.code].status;
  const type = kinds[error.code]?.type ?? typeOf(status);
  const message = error.hint === '' ? error.message : `${error.message} ${error.hint}`;
  const [has, fits] = error.code === 'CONTEXT_OVERFLOW' ? (error.message.match(/\d+/gu) ?? []) : [];
  const counts = fits === undefined ? {} : { n_prompt_tokens: Number(has), n_ctx: Number(fits) };
  return { status, body: { error: { code: status, message, type, ...counts } } };
}

export function llamacppErrorEvent(error: NootropicError): WireEvent {
  return { data: llamacppError(error).body };
}

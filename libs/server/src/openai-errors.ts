import { errorTable, NootropicError, type ErrorCode } from '@nootropic/contracts';
import type { WireEvent } from './wire-handler.ts';

interface Kind {
  readonly status?: number;
  readonly type: string;
  readonly code: string;
  readonly param?: string;
}

/** What OpenAI calls an error (https://platform.openai.com/docs/guides/error-codes). Others are named by their status. */
const kinds: Partial<Record<ErrorCode, Kind>> = {
  UNAUTHORIZED: { type: 'invalid_request_error', code: 'invalid_api_key' },
  DENIED: { type: 'permission_error', code: 'forbidden' },
  REMOTE_FORBIDDEN: { type: 'permission_error', code: 'forbidden' },
  MODEL_NOT_FOUND: { type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
  MODEL_REF_INVALID: { status: 404, type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
  MODEL_UNSUPPORTED: { status: 400, type: 'invalid_request_error', code: 'unsupported_value' },
  CONTEXT_OVERFLOW: { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' },
  INPUT_INVALID: { type: 'invalid_request_error', code: 'invalid_value' },
  RATE_LIMITED: { type: 'requests', code: 'rate_limit_exceeded' },
  QUEUE_FULL: { type: 'requests', code: 'rate_limit_exceeded' },
  QUOTA_SPENT: { type: 'insufficient_quota', code: 'insufficient_quota' },
  // Nothing is wrong with the request, and the next one may be served.
  MODEL_LOAD_FAILED: { status: 503, type: 'server_error', code: 'model_load_failed' },
};

/** A value that is not taken, with the field it stands in. */
export function refuseField(param: string, message: string, hint?: string): NootropicError {
  return new NootropicError('INPUT_INVALID', message, { cause: { param }, ...(hint !== undefined && { hint }) });
}

/** The same for what no model here can do. */
export function unsupportedField(param: string, message: string): NootropicError {
  return new NootropicError('MODEL_UNSUPPORTED', message, { cause: { param } });
}

/** Status and body of an error as OpenAI gives them. The hint is part of the message, since clients show nothing else. */
export function openaiError(error: NootropicError): { readonly status: number; readonly body: object } {
  const kind = kinds[error.code];
  const status = kind?.status ?? errorTable[error.code].status;
  return {
    status,
    body: {
      error: {
        message: [ended(error.message), error.hint].filter((text) => text !== '').join(' '),
        type: kind?.type ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
        param: paramOf(error) ?? kind?.param ?? null,
        code: kind?.code ?? error.code.toLowerCase(),
      },
    },
  };
}

export function openaiErrorEvent(error: NootropicError): WireEvent {
  return { data: openaiError(error).body };
}

function paramOf({ cause }: NootropicError): string | undefined {
  if (typeof cause === 'object' && cause !== null && 'param' in cause && typeof cause.param === 'string')
    return cause.param;
  return undefined;
}

function ended(text: string): string {
  return /[.!?]$/u.test(text) ? text : `${text}.`;
}

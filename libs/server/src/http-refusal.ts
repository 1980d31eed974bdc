import { errorTable, type NootropicError } from '@nootropic/contracts';
import { redactError } from './redact-error.ts';

/** Why a request is not served, with what the answer says beside the error. */
export interface Refusal {
  readonly error: NootropicError;
  /** Default: what the error table says of its code. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export function isRefusal(value: object): value is Refusal {
  return 'error' in value;
}

export function statusOf({ error, status }: Refusal): number {
  return status ?? errorTable[error.code].status;
}

/** A client that is refused for now hears when to come back. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
  const later = [429, 503].includes(statusOf(refusal)) ? { 'retry-after': '1' } : {};
  return { ...later, ...refusal.headers };
}

/** The body of an error as the assistant's own routes give it. */
export function errorBody(refusal: Refusal): object {
  const error = redactError(refusal.error);
  return { ...error.toJSON(), status: statusOf(refusal), data: { hint: error.hint } };
}

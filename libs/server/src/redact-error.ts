import { NootropicError, type ErrorBody } from '@nootropic/contracts';
import { redactText } from '@nootropic/observability/secret-patterns';

export { redactText };

/** The same error, with secrets taken out of its words: what a server answered, or an address that was given, may hold one. */
export function redactError(error: NootropicError): NootropicError {
  const message = redactText(error.message);
  const hint = redactText(error.hint);
  if (message === error.message && hint === error.hint) return error;
  return new NootropicError(error.code, message, { hint, cause: error.cause });
}

export function redactErrorBody<Body extends ErrorBody>(body: Body): Body {
  return { ...body, message: redactText(body.message), hint: redactText(body.hint) };
}

/** The same value with secrets taken out of every text in it, however deep. Names of fields stay. */
export function redactValue<Value>(value: Value): Value {
  if (typeof value === 'string') return redactText(value) as Value;
  if (Array.isArray(value)) return value.map((each: unknown) => redactValue(each)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redactValue(each as unknown)])) as Value;
}

import { NootropicError } from '@nootropic/contracts';

/** Longest text that is parsed, in bytes of UTF-8. */
export const maxTextBytes = 5 * 1024 * 1024;

/** @throws `INPUT_INVALID` for a text over `maxTextBytes`. */
export function refuseLongText(path: string, text: string): void {
  if (text.length > maxTextBytes || (text.length * 3 > maxTextBytes && Buffer.byteLength(text) > maxTextBytes))
    throw new NootropicError('INPUT_INVALID', `${path} is over 5 MB, the most that is parsed.`);
}

/** @throws `ABORTED` when the caller no longer wants the answer. */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new NootropicError('ABORTED', 'Parsing was cancelled.', { cause: signal.reason });
}

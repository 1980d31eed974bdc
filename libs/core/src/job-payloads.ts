import {
  chainInputSchema,
  completionsJobSchema,
  executeInputSchema,
  indexJobSchema,
  NootropicError,
  sendInputSchema,
  type JobKind,
} from '@nootropic/contracts';
import { planChain } from './chain-plan.ts';

/** What each kind of job takes. Of a turn: nobody is there to be asked, and nobody reads along. */
export const jobPayloads = {
  turn: sendInputSchema.omit({ attended: true, keepSeconds: true }).strict(),
  chain: chainInputSchema,
  completions: completionsJobSchema,
  execute: executeInputSchema,
  index: indexJobSchema,
} as const;

export type JobPayload<Kind extends JobKind> = ReturnType<(typeof jobPayloads)[Kind]['parse']>;

/**
 * The payload as its kind takes it. Throws `INPUT_INVALID` with the field in the message, so that what could never run is not queued, and what another
 * program queued is not run.
 */
export function checkPayload<Kind extends JobKind>(kind: Kind, payload: unknown): JobPayload<Kind> {
  const parsed = jobPayloads[kind].safeParse(payload);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = ['payload', ...(issue?.path ?? [])].join('.');
    throw new NootropicError(
      'INPUT_INVALID',
      `${field} of a job of kind ${kind}: ${issue?.message ?? 'is not right'}.`,
    );
  }
  if (kind === 'chain') planChain(jobPayloads.chain.parse(payload));
  return parsed.data as JobPayload<Kind>;
}

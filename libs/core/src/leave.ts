import {
  NootropicError,
  type PermissionSubject,
  type PermissionVerdict,
  type TurnEventBody,
} from '@nootropic/contracts';
import type { ApprovalMemory } from './approval-memory.ts';
import type { Answer, Desk } from './approvals.ts';
import type { Policy, PolicySituation } from './policy.ts';

export interface LeaveOptions {
  readonly policy: Pick<Policy, 'judge'>;
  readonly situation: PolicySituation;
  /** What was answered `always` in this session. */
  readonly memory: ApprovalMemory;
  readonly desk: Desk;
  readonly newId: () => string;
  /** Hears of every request, before anybody is waited for. */
  readonly onAsk?: (shown: ShownRequest) => AsyncGenerator<TurnEventBody, unknown>;
  readonly signal: AbortSignal;
}

/** Throws `INPUT_INVALID` for parts that what is shown does not have. */
export type CheckWithout = (without: NonNullable<Answer['without']>) => void;

/** What a person is shown. */
export type ShownRequest = Omit<Extract<TurnEventBody, { type: 'approval-request' }>, 'type' | 'requestId'>;

export interface GivenLeave {
  readonly given: boolean;
  /** Why not, for the model. */
  readonly words: string;
  /** Of a change: what of its diff it is not given for. */
  readonly without?: Answer['without'];
}

/** Obtains leave to do things: from the rules, from what was answered before, or from a person. */
export interface Leave {
  /** Whether somebody can be asked. */
  readonly attended: boolean;
  /**
   * For all of the subjects together; one that is denied denies all. `show` is called only where a person is asked.
   *
   * @param how With `atLeast`, a person is asked also where the rules allow it; with `checkWithout`, leave can be given for a part.
   */
  obtain(
    subjects: readonly PermissionSubject[],
    show: () => ShownRequest,
    how?: { readonly atLeast?: 'ask' | undefined; readonly checkWithout?: CheckWithout },
  ): AsyncGenerator<TurnEventBody, GivenLeave>;
  /** Asks a person, whatever the rules say. Where nobody is there, the answer is `deny`. */
  ask(shown: ShownRequest, checkWithout?: CheckWithout): AsyncGenerator<TurnEventBody, Answer>;
}

const nobodyThere = 'Nobody is there to be asked.';

export function createLeave(options: LeaveOptions): Leave {
  const { policy, situation, memory, desk, newId, signal } = options;

  async function* ask(shown: ShownRequest, checkWithout?: CheckWithout): AsyncGenerator<TurnEventBody, Answer> {
    signal.throwIfAborted();
    const requestId = newId();
    if (!situation.attended) {
      yield { type: 'approval-request', requestId, ...shown };
      yield { type: 'approval-answer', requestId, decision: 'deny', text: nobodyThere, automatic: true };
      return { decision: 'deny', text: nobodyThere, automatic: true };
    }
    if (options.onAsk) yield* options.onAsk(shown);
    // Whoever is shown the request may answer before the next step is asked for.
    const waiting = desk.wait(requestId, signal, (given) => checkParts(given, checkWithout));
    waiting.catch(() => undefined);
    yield { type: 'approval-request', requestId, ...shown };
    const answer = await waiting;
    const { decision, text, without } = answer;
    yield {
      ...{ type: 'approval-answer', requestId, decision },
      ...(text !== undefined && text !== '' && { text }),
      ...(without && { without: [...without] }),
    };
    return answer;
  }

  return {
    attended: situation.attended,
    ask,
    async *obtain(subjects, show, { atLeast, checkWithout } = {}) {
      const open: { readonly subject: PermissionSubject; readonly verdict: PermissionVerdict }[] = [];
      for (const subject of subjects) {
        // What nobody is there to be asked for is put on the record as a request that was denied.
        const verdict = await policy.judge(subject, { ...situation, attended: true });
        if (verdict.decision === 'deny') return { given: false, words: `This is not permitted: ${verdict.reason}` };
        const decision = verdict.decision === 'allow' ? (atLeast ?? 'allow') : 'ask';
        if (decision === 'ask' && !(await memory.covers(subject, verdict))) open.push({ subject, verdict });
      }
      const [first] = open;
      if (!first) return { given: true, words: '' };
      const offers = open.length === 1 ? first.verdict.offers : undefined;
      const answer = yield* ask(
        { reason: first.verdict.reason, ...show(), ...(offers && offers.length > 0 && { offers }) },
        checkWithout,
      );
      if (answer.decision === 'deny') return { given: false, words: refusal(answer) };
      if (answer.decision === 'always') for (const each of open) await memory.keep(each.subject, each.verdict);
      return { given: true, words: '', ...(answer.without && { without: answer.without }) };
    },
  };
}

function checkParts({ decision, without }: Answer, check: CheckWithout | undefined): void {
  if (!without) return;
  if (decision !== 'allow')
    throw new NootropicError('INPUT_INVALID', 'Parts can be left out of a change that is allowed, and of no other.');
  if (!check) throw new NootropicError('INPUT_INVALID', 'Nothing can be left out of this: it is no change of files.');
  check(without);
}

function refusal({ text, automatic }: Answer): string {
  if (automatic === true)
    return `${nobodyThere} What needs to be asked for is refused; do without it, or say what you would have done.`;
  const said = text?.trim() ?? '';
  return said === ''
    ? 'The user said no. Do not try the same again; do it in another way, or ask what is wanted.'
    : `The user said no: ${said}`;
}

/** What went wrong as an answer to the model; what must end the turn is thrown. */
export function wordsOf(cause: unknown): string {
  const error = NootropicError.from(cause);
  if (['ABORTED', 'DISK_FULL', 'INTERNAL'].includes(error.code)) throw error;
  return `${error.message} ${error.hint}`;
}

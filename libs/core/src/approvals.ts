import { NootropicError, type HunkSelection } from '@nootropic/contracts';

export interface Answer {
  readonly decision: 'allow' | 'always' | 'deny';
  /** The answer to a question, or why it is denied. */
  readonly text?: string | undefined;
  /** Nobody was there to be asked. */
  readonly automatic?: true;
  /** Of a change that is allowed: what of its diff is not to be made. */
  readonly without?: HunkSelection;
}

/** Where one running turn waits for people. */
export interface Desk {
  /**
   * Resolves with the answer to this request. Rejects with `ABORTED` when the signal aborts first.
   *
   * @param check Throws for an answer that does not fit the request; whoever gave it hears that, and the request goes on waiting.
   */
  wait(requestId: string, signal: AbortSignal, check?: (answer: Answer) => void): Promise<Answer>;
  /** What was said since the last call, oldest first. */
  takeSaid(): string[];
  /** From here on nothing is taken for this turn. */
  close(): void;
}

/**
 * Who waits for a person, by session. Held in the memory of this process: a turn and the answers to it are different requests to the same
 * host, and a turn does not outlive its process.
 */
export interface Approvals {
  open(sessionId: string): Desk;
  /** Throws `APPROVAL_UNKNOWN` where nothing waits for it, and `INPUT_INVALID` for an answer that does not fit the request. */
  answer(sessionId: string, requestId: string, answer: Answer): void;
  /** False where no turn of the session runs. With several, the one that began last hears it. */
  say(sessionId: string, text: string): boolean;
}

interface OpenDesk {
  readonly waiting: Map<string, (answer: Answer) => void>;
  said: string[];
}

export function createApprovals(): Approvals {
  const desks = new Map<string, OpenDesk[]>();
  return {
    open(sessionId) {
      const mine: OpenDesk = { waiting: new Map(), said: [] };
      desks.set(sessionId, [...(desks.get(sessionId) ?? []), mine]);
      return {
        wait: async (requestId, signal, check) => {
          if (signal.aborted) throw new NootropicError('ABORTED');
          return new Promise((resolve, reject) => {
            const onAbort = () => {
              mine.waiting.delete(requestId);
              reject(new NootropicError('ABORTED'));
            };
            signal.addEventListener('abort', onAbort, { once: true });
            mine.waiting.set(requestId, (answer) => {
              check?.(answer);
              mine.waiting.delete(requestId);
              signal.removeEventListener('abort', onAbort);
              resolve(answer);
            });
          });
        },
        takeSaid() {
          const { said } = mine;
          mine.said = [];
          return said;
        },
        close() {
          const rest = (desks.get(sessionId) ?? []).filter((desk) => desk !== mine);
          if (rest.length > 0) desks.set(sessionId, rest);
          else desks.delete(sessionId);
        },
      };
    },
    answer(sessionId, requestId, answer) {
      const resolve = desks
        .get(sessionId)
        ?.map(({ waiting }) => waiting.get(requestId))
        .find((each) => each !== undefined);
      if (!resolve) throw new NootropicError('APPROVAL_UNKNOWN', `Nothing waits for an answer to ${requestId}.`);
      resolve(answer);
    },
    say(sessionId, text) {
      const desk = desks.get(sessionId)?.at(-1);
      desk?.said.push(text);
      return desk !== undefined;
    },
  };
}

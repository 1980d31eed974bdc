import { NootropicError, type Assistant, type ChainEvent, type Job } from '@nootropic/contracts';

export const fakeJob: Job = {
  ...{ id: '3f2a1b4c-0000', kind: 'turn', label: 'fix it', state: 'done', priority: 0, payload: { text: 'fix it' } },
  retry: { attempts: 3, delayMs: 1000, maxDelayMs: 3_600_000, jitter: 0.5 },
  ...{ attempts: 1, timeoutMs: 3_600_000, createdAt: 0, runAt: 0, startedAt: 1000, endedAt: 13_000 },
  result: { text: 'It is \u001b[31mfixed.', reason: 'done' },
};

export interface FakeJobs {
  /** What jobs and chains were asked. */
  readonly asked: unknown[];
  /** What `watch` gives. Default: it waits, runs, is done. */
  readonly seen: AsyncIterable<Job>;
  readonly listed: readonly Job[];
  readonly chain: AsyncIterable<ChainEvent>;
}

const running: Job = { ...fakeJob, state: 'running', progress: { done: 1, total: 4, note: 'search' } };

async function* usual(): AsyncGenerator<Job> {
  yield { ...fakeJob, state: 'waiting' };
  yield running;
  yield fakeJob;
}

async function* usualChain(): AsyncGenerator<ChainEvent> {
  const end = { type: 'step-end' as const, tokensRead: 9, tokensReused: 4, tokensWritten: 2 };
  yield { type: 'step-start', step: 'draft', copy: 1, model: 'small' };
  yield { type: 'step-start', step: 'other', copy: 2, model: 'large' };
  yield { type: 'step-text', step: 'draft', copy: 1, text: 'A dr' };
  yield { type: 'step-text', step: 'other', copy: 2, text: 'Other.' };
  yield { type: 'step-text', step: 'draft', copy: 1, text: 'aft.' };
  yield { ...end, step: 'draft', copy: 1, text: 'A draft.' };
  yield { ...end, step: 'other', copy: 2, text: 'Other.' };
  yield { type: 'chain-end', text: 'The \u001b[31mresult.', steps: { draft: ['A draft.'], other: ['Other.'] } };
}

/** A queue with one job that is done, and another that runs. */
export function fakeJobs(options: Partial<FakeJobs> = {}): Pick<Assistant, 'jobs' | 'chains'> {
  const { asked = [], seen = usual(), chain = usualChain(), listed = [fakeJob, running] } = options;
  const known = ({ id }: { id: string }): void => {
    if (id === 'nope') throw new NootropicError('NOT_FOUND', 'There is no job "nope".');
  };
  return {
    jobs: {
      add: async (input) => {
        asked.push(input);
        return { job: { ...fakeJob, state: 'waiting' }, added: true };
      },
      list: async (input) => {
        asked.push(input);
        return [...listed];
      },
      show: async (input) => {
        known(input);
        return fakeJob;
      },
      watch: async (input) => {
        known(input);
        return (async function* () {
          yield* seen;
        })();
      },
      change: async (input) => {
        known(input);
        asked.push(input);
        return { ...fakeJob, state: input.what === 'retry' ? 'waiting' : 'cancelled' };
      },
    },
    chains: {
      run: async (input) => {
        asked.push(input);
        return (async function* () {
          yield* chain;
        })();
      },
    },
  };
}

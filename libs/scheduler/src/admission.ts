import { NootropicError, type WorkClass } from '@nootropic/contracts';
import type { Clock } from './clock.ts';
import { createFairShare, type FairShareOptions } from './fair-share.ts';
import type { MemoryLedger } from './memory-ledger.ts';
import { classDeadlines, createWorkOrder, type WaitingWork, type WorkOrderOptions } from './work-order.ts';

export interface AdmissionLimits {
  /** Calls that are with the runtimes at once; the step loop orders those. Default 8. */
  readonly running?: number;
  /** How many of them may be `embed` or `batch`, so that a person always finds a place. Default 2. */
  readonly background?: number;
  /** Calls that wait at most, all clients together. Default 64. */
  readonly waiting?: number;
  /** Calls of one client that wait at most. Default 32. */
  readonly waitingPerClient?: number;
}

export interface AdmissionOptions extends WorkOrderOptions, FairShareOptions {
  readonly clock: Clock;
  readonly ledger: MemoryLedger;
  readonly limits?: AdmissionLimits;
}

export interface AdmissionView {
  readonly running: number;
  readonly waiting: readonly { readonly workClass: WorkClass; readonly client: string; readonly waitedMs: number }[];
  /** Milliseconds until a call of class `chat` that came now would begin, as far as past calls tell. */
  readonly estimatedWaitMs: number;
}

/** Permission to call a runtime. Give it back when the call has ended, however it ended. */
export interface AdmissionTicket {
  release(): void;
}

/**
 * Who may call a runtime now. `enter` waits in a bounded queue and rejects with `QUEUE_FULL`, naming an estimate, where that is full;
 * with `ABORTED` when the signal fires first.
 */
export interface Admission {
  readonly ledger: MemoryLedger;
  enter(
    work: { readonly workClass: WorkClass; readonly client: string },
    signal?: AbortSignal,
  ): Promise<AdmissionTicket>;
  view(): AdmissionView;
}

interface Waiting extends WaitingWork {
  readonly grant: () => void;
}

/** What a call is taken to last before one of its class was seen, in milliseconds. */
const firstGuess: Readonly<Record<WorkClass, number>> = {
  completion: 500,
  chat: 10_000,
  agent: 10_000,
  embed: 200,
  batch: 5_000,
};

const isBackground = (workClass: WorkClass): boolean => workClass === 'embed' || workClass === 'batch';

/** The host's half of the scheduler: a bounded queue in front of every runtime, in the same order as the step loop behind it. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { clock, ledger } = options;
  const {
    running: runningLimit = 8,
    background = 2,
    waiting: waitingLimit = 64,
    waitingPerClient = 32,
  } = options.limits ?? {};
  // A call lasts seconds where a unit of the step loop lasts tenths of one, so ageing is slower here.
  const order = createWorkOrder({ ageingMs: 15_000, fairnessMs: 10_000, ...options });
  const share = createFairShare(options);
  const waiting = new Set<Waiting>();
  const lasting = new Map<WorkClass, number>();
  let running = 0;
  let runningBackground = 0;
  let tickets = 0;

  const lasts = (workClass: WorkClass): number => lasting.get(workClass) ?? firstGuess[workClass];
  const mayRun = (work: WaitingWork): boolean =>
    running < runningLimit && (!isBackground(work.workClass) || runningBackground < background);

  const estimate = (workClass: WorkClass): number => {
    const now = clock.now();
    const rank = order.rank({ workClass, since: now }, now);
    let ahead = 0;
    for (const work of waiting) if (order.rank(work, now) <= rank) ahead += lasts(work.workClass);
    return Math.round(ahead / runningLimit + (running >= runningLimit ? lasts(workClass) / 2 : 0));
  };

  const dispatch = (): void => {
    for (;;) {
      const next = order.next([...waiting].filter(mayRun), clock.now(), (client) => share.lead(client));
      if (next === undefined) return;
      waiting.delete(next);
      next.grant();
    }
  };

  const refuseIfFull = (work: { workClass: WorkClass; client: string }): void => {
    const own = [...waiting].filter((other) => other.client === work.client).length;
    if (waiting.size < waitingLimit && own < waitingPerClient) return;
    const seconds = Math.max(1, Math.ceil(estimate(work.workClass) / 1_000));
    const whose =
      waiting.size < waitingLimit ? `${own} requests of ${work.client} wait` : `${waiting.size} requests wait`;
    throw new NootropicError('QUEUE_FULL', `${whose} for a model already. Try again in about ${seconds} s.`);
  };

  const ticket = (work: { workClass: WorkClass; client: string }): AdmissionTicket => {
    const since = clock.now();
    running += 1;
    if (isBackground(work.workClass)) runningBackground += 1;
    let released = false;
    return {
      release() {
        if (released) return;
        released = true;
        const took = Math.max(0, clock.now() - since);
        lasting.set(work.workClass, lasts(work.workClass) + 0.2 * (took - lasts(work.workClass)));
        share.charge(work.client, took);
        share.leave(work.client);
        running -= 1;
        if (isBackground(work.workClass)) runningBackground -= 1;
        dispatch();
      },
    };
  };

  return {
    ledger,
    async enter(work, signal) {
      if (signal?.aborted === true) throw new NootropicError('ABORTED');
      const now = clock.now();
      const probe: WaitingWork = {
        ...work,
        since: now,
        deadline: now + classDeadlines[work.workClass],
        ticket: tickets++,
      };
      if (!mayRun(probe)) refuseIfFull(work);
      share.join(work.client);
      return new Promise<AdmissionTicket>((resolve, reject) => {
        const entry: Waiting = {
          ...probe,
          grant: () => {
            signal?.removeEventListener('abort', onAbort);
            resolve(ticket(work));
          },
        };
        const onAbort = (): void => {
          waiting.delete(entry);
          share.leave(work.client);
          reject(new NootropicError('ABORTED'));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(entry);
        dispatch();
      });
    },
    view: () => ({
      running,
      waiting: [...waiting].map((work) => ({
        workClass: work.workClass,
        client: work.client,
        waitedMs: clock.now() - work.since,
      })),
      estimatedWaitMs: estimate('chat'),
    }),
  };
}

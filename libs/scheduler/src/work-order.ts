import { workClasses, type WorkClass } from '@nootropic/contracts';

/** Work that nobody waits for. */
export function isBackground(workClass: WorkClass): boolean {
  return workClass === 'embed' || workClass === 'batch';
}

/** Milliseconds from asking to the first token, by class. Work without one is ordered by when it came. */
export const classDeadlines: Readonly<Record<WorkClass, number>> = {
  completion: 300,
  chat: 2_000,
  agent: 10_000,
  embed: 30_000,
  batch: 120_000,
};

export interface WaitingWork {
  readonly workClass: WorkClass;
  readonly client: string;
  /** When this unit began to wait. */
  readonly since: number;
  /** When its result is wanted. */
  readonly deadline: number;
  /** Milliseconds by which it goes before its equals. Default 0. */
  readonly credit?: number;
  /** Breaks ties: lower came first. */
  readonly ticket: number;
}

export interface WorkOrderOptions {
  /** Waiting this many milliseconds raises work by one class, so that the lowest reaches the highest. Default 1000. */
  readonly ageingMs?: number;
  /** A client this many milliseconds ahead of the least served one goes behind the others of its class. Default 1000. */
  readonly fairnessMs?: number;
}

/** Chooses what comes next. Pure: the same work, time and leads give the same choice. */
export interface WorkOrder {
  /** Class after ageing: 0 is the most urgent. */
  rank(work: Pick<WaitingWork, 'workClass' | 'since'>, now: number): number;
  next<Work extends WaitingWork>(
    waiting: readonly Work[],
    now: number,
    lead: (client: string) => number,
  ): Work | undefined;
}

/**
 * The order of work: the more urgent class first; inside a class the client that is not ahead of its share; then the
 * earliest deadline (EDF, Liu and Layland 1973); then the order of arrival. Waiting raises the class step by step:
 * work of the lowest class waits at most four steps of `ageingMs` before it competes as the highest, by deadline, and it came first.
 */
export function createWorkOrder(options: WorkOrderOptions = {}): WorkOrder {
  const { ageingMs = 1_000, fairnessMs = 1_000 } = options;

  const rank: WorkOrder['rank'] = (work, now) =>
    Math.max(0, workClasses.indexOf(work.workClass) - Math.floor(Math.max(0, now - work.since) / ageingMs));

  return {
    rank,
    next(waiting, now, lead) {
      const bounded = (work: WaitingWork) => Math.min(work.deadline, work.since + classDeadlines[work.workClass]);
      let best: (typeof waiting)[number] | undefined;
      let bestKey: readonly number[] = [];
      for (const work of waiting) {
        const level = rank(work, now);
        // Aged work counts as wanted when it came: it has waited long enough.
        const aged = level < workClasses.indexOf(work.workClass);
        const key = [
          level,
          !aged && lead(work.client) > fairnessMs ? 1 : 0,
          (aged ? work.since : bounded(work)) - (work.credit ?? 0),
          work.ticket,
        ];
        if (best === undefined || isBefore(key, bestKey)) {
          best = work;
          bestKey = key;
        }
      }
      return best;
    },
  };
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

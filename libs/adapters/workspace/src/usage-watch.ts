import type { RunRequest, RunResult } from '@nootropic/contracts';
import { usageOf, type Usage, type UsageTarget } from './process-usage.ts';

export interface UsageWatchOptions {
  readonly limits: NonNullable<RunRequest['limits']>;
  /** Asked before each look. */
  readonly target: () => UsageTarget;
  /** Is told when something is above its limit; then the watch is over. */
  readonly onLimit: (limit: NonNullable<RunResult['limit']>) => void;
  /** Default: what the kernel says. */
  readonly usage?: (target: UsageTarget, most: number) => Usage | undefined;
}

export interface UsageWatch extends Disposable {
  /** The most memory that was seen, in bytes; 0 where none was. */
  peak(): number;
}

/** Milliseconds between two looks. The first come sooner: many programs end within the first. */
const intervalMs = 50;
const firstMs = 5;
/** A process has threads, and a runtime has many: so many for each before they count as a limit passed. */
const threadsEach = 8;
const leastThreads = 256;

/** Processes and threads together that go with a limit of processes. */
export function tasksOf(processes: number): number {
  return Math.max(leastThreads, processes * threadsEach);
}

/**
 * Looks every 50 ms at what a program and all its children take, and says when it is too much. It is a watchdog: between two looks a program can take
 * more, by what it can touch in that time.
 */
export function watchUsage({ limits, target, onLimit, usage = usageOf }: UsageWatchOptions): UsageWatch {
  const { memory = Infinity, processes = Infinity } = limits;
  const tasks = tasksOf(processes);
  let peak = 0;
  let wait = firstMs;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  const look = async (): Promise<void> => {
    const now = usage(target(), processes);
    if (now && (now.processes > processes || now.tasks >= tasks)) {
      isOver = true;
      onLimit('processes');
    } else if (now) {
      const exact = now.bytes > memory && now.processes > 1 ? await now.share() : now.bytes;
      // What ended while it was counted has no share any more.
      const bytes = Math.min(now.bytes, exact);
      peak = Math.max(peak, bytes);
      if (bytes > memory && !isOver) {
        isOver = true;
        onLimit('memory');
      }
    }
    wait = Math.min(intervalMs, wait * 2);
    if (!isOver) plan();
  };
  const plan = (): void => {
    timer = setTimeout(() => void look(), wait);
  };
  plan();
  return {
    peak: () => peak,
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

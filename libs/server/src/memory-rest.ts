import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface MemoryRestOptions {
  /** Grows with each request. */
  readonly begun: () => number;
  /** Whether something is worked on for which a pause of some 50 ms would be felt. */
  readonly isBusy: () => Promise<boolean> | boolean;
  /** Milliseconds between two looks. Default 10 000. */
  readonly everyMs?: number;
  /** Bytes that this process has in memory. Default: as Node says. */
  readonly resident?: () => number;
  /** Gives back what is not used. Default: see `collectAll`. */
  readonly collect?: () => void;
}

/** So few requests between two looks are a page that is open, or a program that asks how things are. */
const fewRequests = 20;
/** Under a load that goes on, so many looks lie between two times: nothing is worked on at that moment, but a request may come. */
const looksUnderLoad = 6;
/** Growth since the last time that is worth a pause: this share, and this many bytes. */
const worthShare = 1.1;
const worthBytes = 16 * 1024 * 1024;

/**
 * Gives memory back to the system while little is to do. V8 keeps the pages that a busy time made it take, hundreds of megabytes of them, until the system
 * is short of memory; on the machine of a person a browser or a model would rather have them.
 */
export function createMemoryRest(options: MemoryRestOptions): Disposable {
  const { begun, isBusy, everyMs = 10_000, resident = () => process.memoryUsage.rss(), collect = collectAll } = options;
  let seen = begun();
  let least = 0;
  let looks = 0;
  const look = async (): Promise<void> => {
    const latest = begun();
    const isQuiet = latest - seen <= fewRequests;
    seen = latest;
    looks += 1;
    if (!isQuiet && looks < looksUnderLoad) return;
    if (resident() <= least * worthShare + worthBytes || (await isBusy())) return;
    collect();
    looks = 0;
    least = resident();
  };
  const timer = setInterval(() => void look().catch(() => undefined), everyMs);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The only collection of V8 that also lets its spare pages go; about 50 ms for a heap of 50 MB. */
function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: { type: string; execution: string; flavor: string }) => void;
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

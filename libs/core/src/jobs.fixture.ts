import type { Later } from './later.ts';

/** Time that passes only when it is told to. */
export interface ManualTime {
  readonly now: () => number;
  readonly later: Later;
  /** Lets so many milliseconds pass, in steps, so that whoever waits gets his turn at each. */
  pass(ms: number): Promise<void>;
}

export function createManualTime(start = Date.UTC(2026, 0, 1)): ManualTime {
  let time = start;
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  const settle = async (): Promise<void> => {
    // Work between two timers is many promises, one after the other, none of which needs the clock.
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
  };
  return {
    now: () => time,
    later: (ms, call) => {
      const timer = { at: time + Math.max(0, ms), call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async pass(ms) {
      const end = time + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        time = Math.max(time, next.at);
        timers.delete(next);
        next.call();
        await settle();
      }
      time = end;
    },
  };
}

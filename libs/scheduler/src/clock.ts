/** Milliseconds that only go forward, from any start. `performance` and `{ now: Date.now }` are such clocks; a test hands in its own. */
export interface Clock {
  now(): number;
}

/** Runs something once, after so many milliseconds; what comes back cancels it. */
export type Timer = (run: () => void, milliseconds: number) => () => void;

/** Real time. What waits on it does not keep the program alive. */
export const realTimer: Timer = (run, milliseconds) => {
  const handle = setTimeout(run, milliseconds);
  if (typeof handle === 'object') handle.unref();
  return () => clearTimeout(handle);
};

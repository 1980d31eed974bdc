/** Calls back after so many milliseconds, and gives what calls it off. */
export type Later = (ms: number, call: () => void) => () => void;

/** The longest that a timer can wait; a longer wait is made of several. */
const longest = 2_147_483_647;

/** Real time. A timer that nobody waits for does not keep the process. */
export const inRealTime: Later = (ms, call) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (left: number): void => {
    const step = Math.min(left, longest);
    timer = setTimeout(() => (left > step ? wait(left - step) : call()), step);
    if (typeof timer === 'object' && 'unref' in timer) timer.unref();
  };
  wait(ms);
  return () => clearTimeout(timer);
};

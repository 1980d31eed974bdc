/** When the next piece of urgent work is to be expected, from when the last ones came. */
export interface ArrivalForecast {
  note(now: number): void;
  /**
   * Milliseconds from now within which one time in five something urgent will have come; 0 when it is overdue.
   * `undefined` when too little is known.
   */
  freeFor(now: number): number | undefined;
}

/** Gaps remembered: a burst of typing is about so long. */
const remembered = 16;
const fewest = 4;
const risk = 0.2;

/**
 * The empirical distribution of the last gaps between arrivals, given that nothing has come since the last one: of the gaps that were longer
 * than the time passed, the one that a fifth of them fall below. People type in rhythms, and programs ask at intervals; so a unit of
 * background work is made to end before the next keystroke rather than to be cut off by it.
 *
 * @param longest gaps beyond this many milliseconds are pauses and say nothing of the rhythm.
 */
export function createArrivalForecast(longest: number): ArrivalForecast {
  const gaps: number[] = [];
  let last: number | undefined;
  return {
    note(now) {
      if (last !== undefined && now - last <= longest) {
        gaps.push(now - last);
        if (gaps.length > remembered) gaps.shift();
      }
      last = now;
    },
    freeFor(now) {
      if (last === undefined || gaps.length < fewest) return undefined;
      const passed = now - last;
      const longer = gaps.filter((gap) => gap > passed).sort((a, b) => a - b);
      if (longer.length === 0) return undefined;
      return (longer[Math.floor(longer.length * risk)] ?? passed) - passed;
    },
  };
}

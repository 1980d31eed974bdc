/** Lets promises that can settle, settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}

/** A clock and timers that move when the test lets time pass. */
export function createVirtualTime() {
  let now = 0;
  const due = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    clock: { now: () => now },
    timer: (run: () => void, milliseconds: number) => {
      const entry = { at: now + milliseconds, run };
      due.add(entry);
      return () => void due.delete(entry);
    },
    /** Milliseconds until the timers that wait now. */
    waits: () => [...due].map(({ at }) => at - now),
    async pass(milliseconds: number) {
      const end = now + milliseconds;
      for (;;) {
        await settle();
        const next = [...due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
      await settle();
    },
  };
}

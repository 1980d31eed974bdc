/** Time that jumps from event to event, so that a day takes a second. */
export interface VirtualTime {
  now(): number;
  readonly timer: (run: () => void, milliseconds: number) => () => void;
  sleep(milliseconds: number): Promise<void>;
  /** Runs until nothing is left to happen. */
  run(): Promise<void>;
}

interface TimedEvent {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** A discrete-event clock: a binary heap of events; after each, all that can settle does, before time moves on. */
export function createVirtualTime(): VirtualTime {
  const heap: TimedEvent[] = [];
  let now = 0;
  let order = 0;

  const before = (a: TimedEvent, b: TimedEvent): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
  const swap = (a: number, b: number): void => {
    const [x, y] = [heap[a], heap[b]];
    if (x === undefined || y === undefined) return;
    heap[a] = y;
    heap[b] = x;
  };
  const earlier = (a: number, b: number): boolean => {
    const [x, y] = [heap[a], heap[b]];
    return x !== undefined && y !== undefined && before(x, y);
  };
  const push = (event: TimedEvent): void => {
    heap.push(event);
    for (let at = heap.length - 1; at > 0 && earlier(at, (at - 1) >> 1); at = (at - 1) >> 1) swap(at, (at - 1) >> 1);
  };
  const pop = (): TimedEvent | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) heap[0] = last;
    for (let at = 0; ;) {
      const least = [at * 2 + 1, at * 2 + 2].reduce((best, child) => (earlier(child, best) ? child : best), at);
      if (least === at) return first;
      swap(at, least);
      at = least;
    }
  };
  const timer: VirtualTime['timer'] = (run, milliseconds) => {
    const event: TimedEvent = { at: now + Math.max(0, milliseconds), order: (order += 1), run };
    push(event);
    return () => (event.run = undefined);
  };

  return {
    now: () => now,
    timer,
    sleep: (milliseconds) => new Promise((resolve) => void timer(resolve, milliseconds)),
    async run() {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const event = pop();
        if (event === undefined) return;
        if (event.run === undefined) continue;
        now = event.at;
        event.run();
      }
    },
  };
}

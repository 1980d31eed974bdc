/** What is taken comes in order, whatever the order in which it was added. */
export interface PriorityQueue<T> {
  add(item: T): void;
  /** The first of all that are left, and takes it out; `undefined` where none is. */
  take(): T | undefined;
}

/** A binary heap: both members take time in the logarithm of the length. `isBefore` must be an order without equals, or the order of equals is any. */
export function createQueue<T>(isBefore: (a: T, b: T) => boolean): PriorityQueue<T> {
  const items: T[] = [];
  return {
    add(item) {
      let at = items.length;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        const above = items[parent] as T;
        if (!isBefore(item, above)) break;
        items[at] = above;
        at = parent;
      }
      items[at] = item;
    },
    take() {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0 || last === undefined) return first;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= items.length) break;
        if (child + 1 < items.length && isBefore(items[child + 1] as T, items[child] as T)) child += 1;
        if (!isBefore(items[child] as T, last)) break;
        items[at] = items[child] as T;
        at = child;
      }
      items[at] = last;
      return first;
    },
  };
}

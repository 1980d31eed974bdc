/** A stream that ends when it is returned, also while a `next` is waiting: its source hears of it at once, by its signal. */
export function stoppable<T>(
  open: (signal: AbortSignal) => AsyncGenerator<T, void>,
  signal?: AbortSignal,
): AsyncGenerator<T, void, void> {
  const stop = new AbortController();
  const source = open(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal);
  const stream: AsyncGenerator<T, void, void> = {
    next: () => source.next(),
    return: () => {
      stop.abort();
      return source.return();
    },
    throw: (cause) => {
      stop.abort();
      return source.throw(cause);
    },
    [Symbol.asyncIterator]: () => stream,
    async [Symbol.asyncDispose]() {
      await stream.return();
    },
  };
  return stream;
}

/**
 * Does a piece of work, gives what it reports while it goes on, and returns its result. An item of type `progress` that nobody has taken yet gives
 * way to the next one. A failure of the work is thrown after what it reported.
 */
export async function* reported<Item extends { readonly type: string }, Result>(
  work: (report: (item: Item) => void) => Promise<Result>,
): AsyncGenerator<Item, Result> {
  const waiting: Item[] = [];
  let wake = (): void => {};
  let isOver = false;
  const task = work((item) => {
    if (item.type === 'progress' && waiting.at(-1)?.type === 'progress') waiting.pop();
    waiting.push(item);
    wake();
  });
  const ended = task.then(
    () => (isOver = true),
    () => (isOver = true),
  );
  for (;;) {
    const next = waiting.shift();
    if (next) yield next;
    else if (isOver) break;
    else await Promise.race([ended, new Promise<void>((resolve) => (wake = resolve))]);
  }
  return task;
}

/** The same as one stream: the items, then the result. */
export async function* reportOf<T extends { readonly type: string }>(
  work: (report: (item: T) => void) => Promise<T>,
): AsyncGenerator<T, void> {
  yield yield* reported<T, T>(work);
}

/** A place that calls a symbol. Lines count from 1. */
export interface CallerPlace {
  readonly path: string;
  readonly line: number;
}

/** Where a symbol is called, as far as the graph knows. */
export interface Callers {
  readonly places: readonly CallerPlace[];
  /** Whether there are more than are listed. */
  readonly isCut: boolean;
}

export interface CallerCountsOptions {
  /** Asks the graph. */
  readonly ask: (symbol: string, signal: AbortSignal) => Promise<Callers | undefined>;
  /** Requests at once: somebody who scrolls through a file must not fill the host's queue. Default 2. */
  readonly atOnce?: number;
  /** Symbols that are remembered. Default 500. */
  readonly remembered?: number;
}

/**
 * Where symbols are called, each asked once until something was saved. Only what is shown is asked for, a few at a time, and who does not want the answer any
 * more is not served.
 */
export function createCallerCounts({ ask, atOnce = 2, remembered = 500 }: CallerCountsOptions) {
  const known = new Map<string, Callers | undefined>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async (): Promise<void> => {
    if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
    running += 1;
  };
  const leave = (): void => {
    running -= 1;
    waiting.shift()?.();
  };

  return {
    async of(symbol: string, signal: AbortSignal): Promise<Callers | undefined> {
      if (known.has(symbol)) return known.get(symbol);
      await enter();
      try {
        if (signal.aborted) return undefined;
        if (known.has(symbol)) return known.get(symbol);
        const found = await ask(symbol, signal);
        known.set(symbol, found);
        if (known.size > remembered) known.delete(known.keys().next().value ?? '');
        return found;
      } finally {
        leave();
      }
    },
    /** Forgets all of it: the code has changed. */
    forget(): void {
      known.clear();
    },
  };
}

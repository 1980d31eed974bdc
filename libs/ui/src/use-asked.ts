import { NootropicError } from '@nootropic/contracts';
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Asked<T> {
  /** The latest answer; it stays while it is asked for again, and when that fails. */
  readonly value: T | undefined;
  /** Why the latest try failed. */
  readonly error: NootropicError | undefined;
  readonly loading: boolean;
  readonly again: () => void;
}

/**
 * Asks the assistant and shows the answer. Asked again when one of `inputs` changes, on `again()`, and with `everyMs` while the page is looked at.
 * An answer that comes after a newer question is thrown away, and the call behind it is ended.
 */
export function useAsked<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  { everyMs }: { readonly everyMs?: number } = {},
): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({ value: undefined, error: undefined, loading: true });
  const [turn, setTurn] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async (): Promise<void> => {
      if (document.hidden && everyMs !== undefined) {
        timer = setTimeout(() => void run(), everyMs);
        return;
      }
      try {
        const value = await latest.current(stop.signal);
        if (!stop.signal.aborted) setState({ value, error: undefined, loading: false });
      } catch (cause) {
        if (!stop.signal.aborted)
          setState((before) => ({ ...before, error: NootropicError.from(cause), loading: false }));
      }
      if (everyMs !== undefined && !stop.signal.aborted) timer = setTimeout(() => void run(), everyMs);
    };
    setState((before) => ({ ...before, loading: true }));
    void run();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [...inputs, turn, everyMs]);
  const again = useCallback(() => setTurn((count) => count + 1), []);
  return { ...state, again };
}

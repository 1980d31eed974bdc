import { NootropicError, type Assistant } from '@nootropic/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';

export interface BenchState {
  /** The model that is measured now, and how far that is. */
  readonly running:
    { readonly name: string; readonly task: string; readonly done: number; readonly total: number } | undefined;
  readonly error: NootropicError | undefined;
  /** Measurements that came to their end: what lists models asks again when it grows. */
  readonly measured: number;
}

export interface Bench {
  readonly store: StoreApi<BenchState>;
  /** Measures a model; one at a time, since two would measure each other. */
  readonly start: (name: string) => Promise<void>;
  readonly stop: () => void;
}

/** Measuring goes on when another view is shown. */
export function createBench(assistant: Pick<Assistant, 'models'>): Bench {
  const store = createStore<BenchState>()(() => ({ running: undefined, error: undefined, measured: 0 }));
  let stopping = new AbortController();
  return {
    store,
    async start(name) {
      if (store.getState().running) return;
      stopping = new AbortController();
      const { signal } = stopping;
      store.setState({ running: { name, task: '', done: 0, total: 0 }, error: undefined });
      try {
        for await (const event of await assistant.models.bench({ name }, { signal })) {
          if (event.type === 'progress') {
            const { task, done, total } = event;
            store.setState({ running: { name, task, done, total } });
          } else store.setState(({ measured }) => ({ measured: measured + 1 }));
        }
      } catch (cause) {
        if (!signal.aborted) store.setState({ error: NootropicError.from(cause) });
      } finally {
        store.setState({ running: undefined });
      }
    },
    stop: () => stopping.abort(),
  };
}

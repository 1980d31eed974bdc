import { NootropicError, type Assistant } from '@nootropic/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Face } from '../face.ts';
import { newTransfer, reduceTransfer, type Transfer, type TransferEvent } from './transfers.ts';

export interface TransfersState {
  readonly transfers: readonly Transfer[];
  /** Models that have arrived since the page was opened: what lists models asks again when it grows. */
  readonly arrived: number;
}

export interface Transfers {
  readonly store: StoreApi<TransfersState>;
  /** Downloads a model, or goes on where a download stopped. */
  readonly pull: (ref: string, name: string) => void;
  /** Takes in a file that is on this machine. */
  readonly importFile: (path: string) => void;
  /** Ends a transfer; what has arrived is kept. */
  readonly stop: (ref: string) => void;
  readonly again: (ref: string) => void;
  /** Takes a transfer that has ended off the list. */
  readonly forget: (ref: string) => void;
}

interface TransfersWorld {
  readonly assistant: Pick<Assistant, 'models'>;
  readonly keep: Face['keep'];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const key = 'models.transfers';
/** How often it is written down how far a download is, in milliseconds. */
const keepMs = 500;

/** Downloads and imports of the page. They go on when another view is shown; one that was cut off with the page is there again, interrupted. */
export function createTransfers({ assistant, keep, now }: TransfersWorld): Transfers {
  const store = createStore<TransfersState>()(() => ({ transfers: readKept(keep.read(key)), arrived: 0 }));
  const running = new Map<string, AbortController>();
  let keptAt = 0;

  const write = (): void => {
    keptAt = now();
    const open = store.getState().transfers.filter(({ kind, state }) => kind === 'pull' && state !== 'done');
    keep.write(
      key,
      open.map(({ ref, name, done, total }) => ({ ref, name, done, total })),
    );
  };
  const change = (ref: string, event: TransferEvent): void => {
    store.setState(({ transfers, arrived }) => ({
      transfers: transfers.map((each) => (each.ref === ref ? reduceTransfer(each, event, now()) : each)),
      arrived: arrived + (event.type === 'pulled' || event.type === 'imported' ? 1 : 0),
    }));
    if (event.type !== 'progress' || now() - keptAt > keepMs) write();
  };

  const run = async (transfer: Transfer): Promise<void> => {
    const { ref, kind } = transfer;
    if (running.has(ref)) return;
    const stop = new AbortController();
    running.set(ref, stop);
    store.setState(({ transfers }) => ({
      transfers: transfers.some((each) => each.ref === ref) ? transfers : [...transfers, transfer],
    }));
    change(ref, { type: 'begin' });
    try {
      const options = { signal: stop.signal };
      const events =
        kind === 'pull'
          ? await assistant.models.pull({ ref }, options)
          : await assistant.models.import({ path: ref }, options);
      for await (const event of events) change(ref, event);
      const ended = store.getState().transfers.find((each) => each.ref === ref);
      if (ended?.state === 'running') change(ref, { type: 'interrupted' });
    } catch (cause) {
      change(
        ref,
        stop.signal.aborted ? { type: 'interrupted' } : { type: 'failed', error: NootropicError.from(cause) },
      );
    } finally {
      running.delete(ref);
    }
  };

  return {
    store,
    pull: (ref, name) => void run(newTransfer({ ref, kind: 'pull', name })),
    importFile: (path) =>
      void run(newTransfer({ ref: path, kind: 'import', name: path.split(/[\\/]/u).at(-1) ?? path })),
    stop: (ref) => running.get(ref)?.abort(),
    again(ref) {
      const found = store.getState().transfers.find((each) => each.ref === ref);
      if (found) void run(found);
    },
    forget(ref) {
      running.get(ref)?.abort();
      store.setState(({ transfers }) => ({ transfers: transfers.filter((each) => each.ref !== ref) }));
      write();
    },
  };
}

function readKept(kept: unknown): Transfer[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null || !('ref' in each) || typeof each.ref !== 'string') return [];
    const { ref, name, done, total } = each as Record<'ref' | 'name' | 'done' | 'total', unknown>;
    const number = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : 0);
    const begun = newTransfer({ ref: String(ref), kind: 'pull', name: typeof name === 'string' ? name : String(ref) });
    return [{ ...begun, state: 'interrupted' as const, done: number(done), total: number(total) }];
  });
}

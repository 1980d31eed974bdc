import type { NootropicError, StoredModel } from '@nootropic/contracts';

/** A model on its way to this machine. */
export interface Transfer {
  /** As it was asked for: a reference to pull, or the path of a file to import. */
  readonly ref: string;
  readonly kind: 'pull' | 'import';
  readonly name: string;
  /** `interrupted`: what has arrived is kept, and it can go on. */
  readonly state: 'running' | 'interrupted' | 'failed' | 'done';
  readonly done: number;
  /** 0 while it is not known. */
  readonly total: number;
  /** Where this run began, where an earlier one had got to. */
  readonly from: number;
  /** What arrived when, over the last seconds: the speed comes of it. */
  readonly samples: readonly { readonly time: number; readonly done: number }[];
  readonly license?: string;
  readonly error?: NootropicError;
  readonly model?: StoredModel;
}

export type TransferEvent =
  | { readonly type: 'begin' }
  | { readonly type: 'resolved'; readonly ref: string; readonly bytes: number; readonly license?: string | undefined }
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'pulled' | 'imported'; readonly model: StoredModel }
  | { readonly type: 'interrupted' }
  | { readonly type: 'failed'; readonly error: NootropicError };

/** How far back the speed looks, in milliseconds: long enough to be steady, short enough to follow a network that changes. */
const windowMs = 10_000;
/** A speed from less than this says nothing. */
const leastMs = 500;
/** The first report of a download that an earlier try began is far from nothing. */
const farFromNothing = 16_000_000;

export function newTransfer(what: Pick<Transfer, 'ref' | 'kind' | 'name'>): Transfer {
  return { ...what, state: 'running', done: 0, total: 0, from: 0, samples: [] };
}

/** The transfer after an event, which came at a time in milliseconds. */
export function reduceTransfer(transfer: Transfer, event: TransferEvent, time: number): Transfer {
  switch (event.type) {
    case 'begin': {
      const { error: _error, ...rest } = transfer;
      return { ...rest, state: 'running', samples: [], from: 0 };
    }
    case 'resolved':
      return { ...transfer, total: event.bytes, ...(event.license !== undefined && { license: event.license }) };
    case 'progress': {
      const first = transfer.samples.length === 0;
      const kept = transfer.samples.filter((sample) => time - sample.time <= windowMs);
      return {
        ...transfer,
        done: event.done,
        total: event.total,
        ...(first && event.done >= farFromNothing && { from: event.done }),
        samples: [...kept, { time, done: event.done }],
      };
    }
    case 'interrupted':
      return { ...transfer, state: 'interrupted', samples: [] };
    case 'failed':
      return { ...transfer, state: 'failed', error: event.error, samples: [] };
    default:
      return { ...transfer, state: 'done', model: event.model, done: transfer.total, samples: [] };
  }
}

/** Bytes in a second, lately; `undefined` while it is too soon to tell. */
export function speedOf({ samples }: Transfer): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.time - first.time < leastMs || last.done <= first.done) return undefined;
  return (last.done - first.done) / ((last.time - first.time) / 1000);
}

/** Milliseconds until it has arrived at the speed of now. */
export function leftMsOf(transfer: Transfer): number | undefined {
  const speed = speedOf(transfer);
  const left = transfer.total - transfer.done;
  return speed === undefined || left <= 0 ? undefined : (left / speed) * 1000;
}

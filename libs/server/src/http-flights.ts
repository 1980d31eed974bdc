import { NootropicError } from '@nootropic/contracts';

/** One request that is being answered. */
export interface Flight {
  /** Aborts when the client has gone, and when the host ends. */
  readonly signal: AbortSignal;
  /** Says that the answer is a stream: it is ended at once when the host ends, with a proper last event. */
  streams(): void;
  /** The answer is out, or nobody waits for it any more. */
  end(gone: boolean): void;
}

export interface Flights {
  begin(): Flight;
  /** Aborts when the host begins to end; whoever begins something after that is refused. */
  readonly stopping: AbortSignal;
  /** Requests that are being answered. */
  count(): number;
  /** Requests so far. */
  begun(): number;
  /**
   * Ends what is running: streams at once, answers in one piece when half of the time is over. Resolves when all are out, or after `milliseconds`.
   */
  drain(milliseconds: number): Promise<void>;
}

interface Flying {
  readonly controller: AbortController;
  streams: boolean;
}

export function createFlights(): Flights {
  const flying = new Set<Flying>();
  let begun = 0;
  const stop = new AbortController();
  let onEmpty: () => void = () => undefined;
  const reason = (): NootropicError => new NootropicError('HOST_STOPPING');
  return {
    stopping: stop.signal,
    count: () => flying.size,
    begun: () => begun,
    begin() {
      begun += 1;
      const one: Flying = { controller: new AbortController(), streams: false };
      flying.add(one);
      return {
        signal: one.controller.signal,
        streams() {
          one.streams = true;
          if (stop.signal.aborted) one.controller.abort(reason());
        },
        end(gone) {
          if (gone) one.controller.abort(new NootropicError('ABORTED', 'The client went away.'));
          flying.delete(one);
          if (flying.size === 0) onEmpty();
        },
      };
    },
    async drain(milliseconds) {
      stop.abort(reason());
      for (const one of flying) if (one.streams) one.controller.abort(reason());
      if (flying.size === 0) return;
      const late = setTimeout(() => {
        for (const one of flying) one.controller.abort(reason());
      }, milliseconds / 2);
      let end: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
        end = setTimeout(resolve, milliseconds);
      });
      clearTimeout(late);
      clearTimeout(end);
    },
  };
}

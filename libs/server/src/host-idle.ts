export interface IdleWatchOptions {
  /** Milliseconds without work after which `onIdle` is called, once. */
  readonly idleMs: number;
  readonly isBusy: () => Promise<boolean> | boolean;
  /** Grows with each piece of work, so that also what came and went between two looks counts. */
  readonly begun: () => number;
  readonly onIdle: () => void;
  /** Milliseconds that only go forward. Default: the process's own clock. */
  readonly now?: () => number;
  /** Calls back every so many milliseconds until it is stopped. Default: Node's timer, which does not keep the process alive. */
  readonly every?: (milliseconds: number, look: () => void) => () => void;
}

export interface IdleWatch extends Disposable {
  /** Milliseconds left if nothing comes. */
  endsInMs(): number;
  /** Looks whether there is work. It looks by itself too. */
  look(): Promise<void>;
}

/** Tells when nothing was to do for so long. */
export function createIdleWatch(options: IdleWatchOptions): IdleWatch {
  const { idleMs, isBusy, begun, onIdle, now = () => performance.now(), every = everyUnheld } = options;
  let last = now();
  let seen = begun();
  let isOver = false;
  const look = async (): Promise<void> => {
    if (isOver) return;
    const latest = begun();
    if (latest !== seen || (await isBusy())) last = now();
    else if (now() - last >= idleMs && !isOver) {
      isOver = true;
      stop();
      onIdle();
    }
    seen = latest;
  };
  const stop = every(Math.max(50, Math.min(idleMs / 10, 10_000)), () => void look().catch(() => undefined));
  return {
    endsInMs: () => Math.max(0, idleMs - (now() - last)),
    look,
    [Symbol.dispose]() {
      isOver = true;
      stop();
    },
  };
}

function everyUnheld(milliseconds: number, look: () => void): () => void {
  const timer = setInterval(look, milliseconds);
  timer.unref();
  return () => clearInterval(timer);
}

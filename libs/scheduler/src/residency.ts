import { NootropicError, type MemoryEstimate } from '@nootropic/contracts';
import { realTimer, type Clock, type Timer } from './clock.ts';
import { createEvictionOrder, type EvictionPolicy } from './eviction-order.ts';
import type { MemoryLedger, MemoryReservation } from './memory-ledger.ts';
import { inTurn, unlessAborted } from './residency-waiting.ts';

/**
 * How to get a model into memory. A key stands for a reference with its role and load options, and always comes with the same spec.
 */
export interface ResidentSpec<Loaded extends AsyncDisposable> {
  /** What a person calls it; it stands in refusals and notes. */
  readonly what: string;
  /** Asked before each load. A total of 0 needs no room: a model that runs elsewhere. */
  estimate(): Promise<MemoryEstimate>;
  /** Fires only when the residency is disposed: a caller that gives up does not take a load from the others. */
  load(signal: AbortSignal): Promise<Loaded>;
  /** Name of the device whose memory it takes, as the ledger knows it. Default: the machine's main memory. */
  readonly device?: string;
  /** How long this caller waits for models that are at work to make room, in milliseconds. Default: the residency's own. */
  readonly patienceMs?: number;
}

/** A loaded model that stays loaded until `release`. Give it back when the call has ended, however it ended. */
export interface ModelLease<Loaded> {
  readonly model: Loaded;
  /**
   * A second call does nothing.
   * @param broken the model works no more (its process has ended): nobody gets it again, the next use loads anew.
   */
  release(broken?: boolean): void;
}

export interface ResidentView {
  readonly key: string;
  readonly what: string;
  /** `busy`: somebody holds a lease. */
  readonly state: 'loading' | 'busy' | 'idle';
  /** Bytes set aside; 0 while it waits for room. */
  readonly planned: number;
  readonly pinned: boolean;
  readonly leases: number;
  /** Of its last use, on the clock that was handed in. */
  readonly usedAt: number;
  readonly uses: number;
  /** What loading it takes, as measured here; estimated from its size before the first load. */
  readonly reloadSeconds: number;
}

/** Something that was unloaded without being asked for by name. */
export interface Unloaded {
  readonly key: string;
  readonly what: string;
  readonly bytes: number;
  readonly why: 'room' | 'idle' | 'pressure';
}

export interface ResidencyOptions {
  readonly clock: Clock;
  readonly ledger: MemoryLedger;
  /** Which idle model makes room. Default `gdsf`; `lru` is there to compare with. */
  readonly policy?: EvictionPolicy;
  /** Unloads what nobody used for this many milliseconds, unless it is pinned. Default: never. */
  readonly idleMs?: number;
  /** How long a caller waits for models that are at work to make room, in milliseconds. Default five minutes. */
  readonly patienceMs?: number;
  /** Bytes per second from the disk, for what a load will cost before one was measured. Default 500 MB/s. */
  readonly diskSpeed?: number;
  /** Default: real time. */
  readonly timer?: Timer;
  /** Something was unloaded to make room, for lack of use, or under pressure. */
  readonly onUnloaded?: (unloaded: Unloaded) => void;
}

/**
 * Which models are in memory.
 *
 * - `use` gives a lease on a model and loads it first where it is not there. Callers share one load. The memory is set aside in the
 *   ledger before; where it does not fit, idle models are unloaded, those first that are cheapest to do without, never one under a lease
 *   and never more than needed. Nothing is unloaded for a model that would not fit even so: that is refused with `MODEL_TOO_LARGE`.
 *   Where only models that are generating are in the way, it waits for them `patienceMs` long and then rejects with `QUEUE_FULL`;
 *   after ten seconds no new use of theirs begins before it.
 *   Rejects with `ABORTED` when the signal fires, and with whatever the load rejects with; the next use tries again.
 * - `pin` loads a model and keeps it: it makes no room for others and does not go for lack of use. `unload` also ends that.
 * - `unload` unloads a model as soon as its leases are back; false where it was not loaded. A use that comes meanwhile loads it again after.
 * - `evict` unloads the idle model that is cheapest to do without, pinned ones last; `undefined` where all are busy.
 * - `readyMs` says how long a use would wait for the load: 0 where it is loaded, `undefined` where nothing is known of the key.
 *
 * Disposing unloads all. Loads under way are aborted, leases are not waited for.
 */
export interface Residency<Loaded extends AsyncDisposable> {
  use(key: string, spec: ResidentSpec<Loaded>, signal?: AbortSignal): Promise<ModelLease<Loaded>>;
  pin(key: string, spec: ResidentSpec<Loaded>, signal?: AbortSignal): Promise<void>;
  unload(key: string): Promise<boolean>;
  evict(): Promise<Unloaded | undefined>;
  readyMs(key: string): number | undefined;
  view(): readonly ResidentView[];
  [Symbol.asyncDispose](): Promise<void>;
}

interface Entry<Loaded extends AsyncDisposable> {
  readonly key: string;
  readonly spec: ResidentSpec<Loaded>;
  /** Ends the wait for room, or the load. */
  readonly stop: AbortController;
  state: 'waiting' | 'loading' | 'loaded' | 'leaving';
  ready: Promise<void>;
  model: Loaded | undefined;
  reservation: MemoryReservation | undefined;
  /** Callers that wait for the load; they count as users, so that it is not evicted before they get it. */
  takers: number;
  /** What it waits for: the models at work that are in the way; and since when. */
  behind: readonly Entry<Loaded>[];
  readonly since: number;
  leases: number;
  pinned: boolean;
  /** Its process has ended, or somebody wants it out: it goes when the last lease is back. */
  wanted: boolean;
  usedAt: number;
  gone: PromiseWithResolvers<void>;
}

/** How often, and how far apart in milliseconds, the memory is looked at again after an unload: systems take a moment to count it as free. */
const recovery = { looks: 8, everyMs: 125 };
/** For so long calls may still begin on a model that another waits to replace; then they queue behind it, or it would wait for ever. */
const overtakingMs = 10_000;
/** How much the newest load counts in the mean of the load times. */
const newestLoad = 0.5;

export function createResidency<Loaded extends AsyncDisposable>(options: ResidencyOptions): Residency<Loaded> {
  const { clock, ledger, idleMs, patienceMs = 300_000, diskSpeed = 500e6, timer = realTimer, onUnloaded } = options;
  const entries = new Map<string, Entry<Loaded>>();
  const order = createEvictionOrder(options.policy);
  const loadSeconds = new Map<string, number>();
  const oneAtATime = inTurn();
  const roomSeekers = new Set<() => void>();
  let disposed = false;
  let cancelIdle: (() => void) | undefined;

  const changed = (): void => {
    for (const look of [...roomSeekers]) look();
    watchIdle();
  };
  const bytesOf = (entry: Entry<Loaded>): number => entry.reservation?.bytes ?? 0;
  const secondsOf = (entry: Entry<Loaded>): number => loadSeconds.get(entry.key) ?? bytesOf(entry) / diskSpeed;
  const isIdle = (entry: Entry<Loaded>): boolean =>
    entry.state === 'loaded' && entry.leases === 0 && entry.takers === 0;
  const sized = (list: readonly Entry<Loaded>[]) =>
    list.map((entry) => ({ key: entry.key, bytes: bytesOf(entry), entry }));

  const dispose = async (entry: Entry<Loaded>): Promise<void> => {
    entry.state = 'leaving';
    try {
      await entry.model?.[Symbol.asyncDispose]();
    } finally {
      entry.reservation?.release();
      if (entries.get(entry.key) === entry) entries.delete(entry.key);
      entry.gone.resolve();
      changed();
    }
  };

  const unloadIdle = async (entry: Entry<Loaded>, why: Unloaded['why']): Promise<Unloaded> => {
    const unloaded = { key: entry.key, what: entry.spec.what, bytes: bytesOf(entry), why };
    if (why !== 'idle') order.evicted(entry.key);
    await dispose(entry);
    onUnloaded?.(unloaded);
    return unloaded;
  };

  const watchIdle = (): void => {
    cancelIdle?.();
    cancelIdle = undefined;
    if (idleMs === undefined || disposed) return;
    const idle = [...entries.values()].filter((entry) => isIdle(entry) && !entry.pinned);
    if (idle.length === 0) return;
    const due = Math.min(...idle.map((entry) => entry.usedAt)) + idleMs;
    cancelIdle = timer(
      () => {
        const late = idle.filter((entry) => isIdle(entry) && !entry.pinned && entry.usedAt + idleMs <= clock.now());
        // A model that cannot be disposed of has still left the book; the host's runtime reports its own failures.
        void Promise.allSettled(late.map((entry) => unloadIdle(entry, 'idle'))).then(watchIdle);
      },
      Math.max(1, due - clock.now()),
    );
  };

  const pause = (milliseconds: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    timer(resolve, milliseconds);
    return promise;
  };

  /** A reservation, made by unloading what is idle if need be; or the busy models that would have to end first. */
  const seekRoom = async (
    entry: Entry<Loaded>,
    estimate: MemoryEstimate,
  ): Promise<MemoryReservation | Entry<Loaded>[]> => {
    const { what, device } = entry.spec;
    const request = { what, estimate, ...(device === undefined ? {} : { device }) };
    let looks = 0;
    for (;;) {
      entry.stop.signal.throwIfAborted();
      const fit = await ledger.fits(request);
      if (fit.fits) return ledger.reserve(request);
      const others = [...entries.values()].filter(
        (other) => other !== entry && other.spec.device === device && bytesOf(other) > 0 && !other.pinned,
      );
      const missing = fit.needed - fit.free;
      const victims = order.victims(sized(others.filter(isIdle)), missing);
      if (victims !== undefined && victims.length > 0) {
        await Promise.all(victims.map((victim) => unloadIdle(victim.entry, 'room')));
        looks = recovery.looks;
      } else if (looks > 0) {
        looks -= 1;
        await pause(recovery.everyMs);
      } else {
        const busy = others.filter((other) => !isIdle(other));
        if (busy.length > 0 && others.reduce((sum, other) => sum + bytesOf(other), 0) >= missing) return busy;
        const pinned = [...entries.values()].filter((other) => other.pinned && other !== entry);
        const kept =
          pinned.length === 0
            ? ''
            : ` ${listed(pinned.map((other) => other.spec.what))} ${pinned.length === 1 ? 'was' : 'were'} loaded to stay.`;
        throw new NootropicError('MODEL_TOO_LARGE', `${fit.reason}${kept}`);
      }
    }
  };

  const room = async (entry: Entry<Loaded>, estimate: MemoryEstimate): Promise<MemoryReservation> => {
    for (;;) {
      const look = Promise.withResolvers<void>();
      const wake = (): void => look.resolve();
      roomSeekers.add(wake);
      entry.stop.signal.addEventListener('abort', wake, { once: true });
      try {
        const found = await oneAtATime(() => seekRoom(entry, estimate));
        if (!Array.isArray(found)) return found;
        entry.behind = found;
        await look.promise;
        entry.stop.signal.throwIfAborted();
      } finally {
        roomSeekers.delete(wake);
        entry.stop.signal.removeEventListener('abort', wake);
      }
    }
  };

  const load = async (entry: Entry<Loaded>): Promise<void> => {
    try {
      const estimate = await entry.spec.estimate();
      entry.stop.signal.throwIfAborted();
      if (estimate.total > 0) entry.reservation = await room(entry, estimate);
      entry.state = 'loading';
      const since = clock.now();
      const model = await entry.spec.load(entry.stop.signal);
      entry.model = model;
      entry.stop.signal.throwIfAborted();
      const took = Math.max(0, clock.now() - since) / 1_000;
      const before = loadSeconds.get(entry.key);
      loadSeconds.set(entry.key, before === undefined ? took : before + newestLoad * (took - before));
      entry.reservation?.settle();
      entry.usedAt = clock.now();
      entry.state = 'loaded';
    } catch (error) {
      await dispose(entry).catch(() => undefined);
      throw NootropicError.is(error) || !entry.stop.signal.aborted ? error : new NootropicError('ABORTED');
    }
    released(entry);
  };

  const begin = (key: string, spec: ResidentSpec<Loaded>): Entry<Loaded> => {
    const entry: Entry<Loaded> = {
      key,
      spec,
      stop: new AbortController(),
      state: 'waiting',
      ready: Promise.resolve(),
      model: undefined,
      reservation: undefined,
      takers: 0,
      behind: [],
      since: clock.now(),
      leases: 0,
      pinned: false,
      wanted: false,
      usedAt: clock.now(),
      gone: Promise.withResolvers<void>(),
    };
    entries.set(key, entry);
    entry.ready = load(entry);
    // Where every caller has given up, nobody is left to hear of a failure.
    entry.ready.catch(() => undefined);
    return entry;
  };

  /** The load, for as long as this caller has the patience to wait for room. */
  const ready = async (entry: Entry<Loaded>, patience: number): Promise<void> => {
    if (entry.state === 'loaded') return;
    const late = Promise.withResolvers<never>();
    const cancel = timer(() => {
      if (entry.state !== 'waiting') return;
      const behind = entry.behind.map((other) => other.spec.what);
      const why = behind.length === 0 ? '' : ` while ${listed(behind)} ${behind.length === 1 ? 'is' : 'are'} at work`;
      const said = `There is no room for ${entry.spec.what}${why}; that has not changed for ${Math.ceil(patience / 1_000)} s.`;
      late.reject(new NootropicError('QUEUE_FULL', said));
    }, patience);
    try {
      await Promise.race([entry.ready, late.promise]);
    } finally {
      cancel();
    }
  };

  const waitsLongFor = (busy: Entry<Loaded>): Entry<Loaded> | undefined =>
    [...entries.values()].find(
      (entry) => entry.state === 'waiting' && entry.behind.includes(busy) && clock.now() - entry.since > overtakingMs,
    );

  const take = async <Result>(
    key: string,
    spec: ResidentSpec<Loaded>,
    how: { readonly signal: AbortSignal | undefined; readonly taken: (entry: Entry<Loaded>, model: Loaded) => Result },
  ): Promise<Result> => {
    for (;;) {
      if (how.signal?.aborted === true || disposed) throw new NootropicError('ABORTED');
      const found = entries.get(key);
      if (found !== undefined && (found.state === 'leaving' || found.wanted || found.stop.signal.aborted)) {
        await unlessAborted(found.gone.promise, how.signal);
        continue;
      }
      const before = found?.state === 'loaded' ? waitsLongFor(found) : undefined;
      if (before !== undefined) {
        await unlessAborted(
          before.ready.catch(() => undefined),
          how.signal,
        );
        continue;
      }
      const entry = found ?? begin(key, spec);
      entry.takers += 1;
      try {
        await unlessAborted(ready(entry, spec.patienceMs ?? patienceMs), how.signal);
        if (entry.state === 'loaded' && entry.model !== undefined && !entry.wanted)
          return how.taken(entry, entry.model);
      } finally {
        entry.takers -= 1;
        // Room is made for somebody; a load that has begun is finished, since the next keystroke wants it.
        if (entry.takers === 0 && entry.state === 'waiting' && !entry.pinned) entry.stop.abort();
        released(entry);
      }
    }
  };

  const released = (entry: Entry<Loaded>): void => {
    if (!isIdle(entry)) return;
    // Nobody waits for this unload; whoever asked for it by name hears from `gone`.
    if (entry.wanted) dispose(entry).catch(() => undefined);
    else changed();
  };

  return {
    use: (key, spec, signal) =>
      take(key, spec, {
        signal,
        taken(entry, model) {
          entry.leases += 1;
          entry.usedAt = clock.now();
          order.used({ key, bytes: bytesOf(entry) }, secondsOf(entry));
          let back = false;
          return {
            model,
            release(broken = false) {
              if (back) return;
              back = true;
              entry.leases -= 1;
              entry.usedAt = clock.now();
              if (broken) entry.wanted = true;
              released(entry);
            },
          };
        },
      }),
    pin: (key, spec, signal) =>
      take(key, spec, {
        signal,
        taken(entry) {
          entry.pinned = true;
        },
      }),
    async unload(key) {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      entry.pinned = false;
      if (entry.state === 'leaving') await entry.gone.promise;
      else {
        entry.wanted = true;
        if (entry.state === 'waiting') entry.stop.abort();
        if (isIdle(entry)) await dispose(entry);
        else await entry.gone.promise;
      }
      return true;
    },
    async evict() {
      const idle = [...entries.values()].filter((entry) => isIdle(entry) && bytesOf(entry) > 0);
      const free = idle.filter((entry) => !entry.pinned);
      const victim = order.first(sized(free.length > 0 ? free : idle));
      return victim === undefined ? undefined : unloadIdle(victim.entry, 'pressure');
    },
    readyMs(key) {
      if (entries.get(key)?.state === 'loaded') return 0;
      const seconds = loadSeconds.get(key);
      return seconds === undefined ? undefined : seconds * 1_000;
    },
    view: () =>
      [...entries.values()]
        .filter((entry) => entry.state !== 'leaving')
        .map((entry) => ({
          key: entry.key,
          what: entry.spec.what,
          state: entry.state !== 'loaded' ? 'loading' : entry.leases > 0 ? 'busy' : 'idle',
          planned: bytesOf(entry),
          pinned: entry.pinned,
          leases: entry.leases,
          usedAt: entry.usedAt,
          uses: order.uses(entry.key),
          reloadSeconds: secondsOf(entry),
        })),
    async [Symbol.asyncDispose]() {
      disposed = true;
      cancelIdle?.();
      const all = [...entries.values()];
      for (const entry of all) entry.stop.abort();
      await Promise.allSettled(
        all.map((entry) =>
          entry.state === 'loaded' ? dispose(entry) : entry.state === 'leaving' ? entry.gone.promise : entry.ready,
        ),
      );
    },
  };
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

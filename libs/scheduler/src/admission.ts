import { NootropicError, workClasses, type WorkClass } from '@nootropic/contracts';
import type { Clock } from './clock.ts';
import { createFairShare, type FairShareOptions } from './fair-share.ts';
import { createCallEstimate, type ExpectedWork } from './call-estimate.ts';
import {
  classDeadlines,
  createWorkOrder,
  isBackground,
  type WaitingWork,
  type WorkOrderOptions,
} from './work-order.ts';

/** All of them count per device. */
export interface AdmissionLimits {
  /** Calls that are with the runtimes at once; the step loop orders those. Default 8. */
  readonly running?: number;
  /** How many of them may be `embed` or `batch`, so that a person always finds a place. Default 2. */
  readonly background?: number;
  /** Places beyond `running` that only a `completion` may take: it is over soon, and the step loop lets it pass. Default 2. */
  readonly urgent?: number;
  /** Calls that wait at most, all clients together. Default 64. */
  readonly waiting?: number;
  /** Calls of one client that wait at most. Default 32. */
  readonly waitingPerClient?: number;
}

export interface AdmissionOptions extends WorkOrderOptions, FairShareOptions {
  readonly clock: Clock;
  readonly limits?: AdmissionLimits;
  /**
   * Milliseconds to the first token beyond which a result is of no use to anybody; such work is refused at once instead of queued.
   * Default: 2000 for `completion`, no bound for the others.
   */
  readonly usableMs?: Partial<Readonly<Record<WorkClass, number>>>;
  /** Calls that a device computes at once, for the estimates: 1 where units take turns, more for a server that batches. Default 1. */
  readonly lanes?: (device: string) => number;
  /** The longest unit of the step loop, in milliseconds: what urgent work waits for in any case. Default 200. */
  readonly blockingMs?: number;
  /** A call was let in after so many milliseconds. */
  readonly onWait?: (workClass: WorkClass, milliseconds: number) => void;
  /** A call was refused with `QUEUE_FULL`. */
  readonly onRefused?: (workClass: WorkClass) => void;
}

/** A call that wants to compute. */
export interface AdmissionRequest extends ExpectedWork {
  readonly client: string;
  /** What computes it: calls for different devices do not stand in each other's way. Default `local`. */
  readonly device?: string;
  /** Milliseconds until its model is in memory, as far as known. Default 0. */
  readonly readyMs?: number;
  /**
   * Only the newest of this client's calls is wanted: older ones with `latestOnly` on the same device end as aborted,
   * whether they wait or run. What an editor asks for while somebody types.
   */
  readonly latestOnly?: boolean;
}

export interface AdmissionView {
  readonly running: number;
  readonly waiting: readonly {
    readonly workClass: WorkClass;
    readonly client: string;
    readonly device: string;
    readonly waitedMs: number;
  }[];
  /** Milliseconds until a call of class `chat` that came now would begin, on the device where that is longest. */
  readonly estimatedWaitMs: number;
}

/** What a call was seen to take. What is left out is not learned from. */
export interface AdmissionOutcome {
  /** Prompt tokens that were evaluated, and that the model still held. */
  readonly read?: number;
  readonly reused?: number;
  readonly written?: number;
}

/** Permission to call a runtime. Give it back when the call has ended, however it ended. */
export interface AdmissionTicket {
  /** Fires when a newer call has taken this one's place. */
  readonly signal: AbortSignal;
  release(outcome?: AdmissionOutcome): void;
}

/**
 * Who may call a runtime now. `enter` waits in a bounded queue. It rejects with `QUEUE_FULL`, naming an estimate, where that is full
 * or the result would come too late to be of use; with `ABORTED` when the signal fires first or a newer call takes its place.
 */
export interface Admission {
  enter(request: AdmissionRequest, signal?: AbortSignal): Promise<AdmissionTicket>;
  /** Milliseconds until the first token of such a call, as far as past calls tell: the wait, the load and the prompt. */
  predict(request: AdmissionRequest): number;
  view(): AdmissionView;
}

interface Call {
  readonly request: AdmissionRequest;
  readonly device: string;
  /** Ends it in favour of a newer one. */
  readonly supersede: () => void;
}

interface Waiting extends WaitingWork, Call {
  readonly grant: () => void;
}

interface Running extends Call {
  readonly since: number;
  readonly expectedMs: number;
}

/**
 * The host's half of the scheduler: a bounded queue in front of every runtime, in the same order as the step loop behind it.
 *
 * Clients share by the milliseconds of computing that their calls took, as far as speeds are known, otherwise by how long they were out.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { clock, onWait, onRefused, blockingMs = 200, lanes = () => 1 } = options;
  const usableMs: AdmissionOptions['usableMs'] = { completion: 2_000, ...options.usableMs };
  const {
    running: runningLimit = 8,
    background = 2,
    urgent = 2,
    waiting: waitingLimit = 64,
    waitingPerClient = 32,
  } = options.limits ?? {};
  // A call lasts seconds where a unit of the step loop lasts tenths of one, so ageing is slower here.
  const order = createWorkOrder({ ageingMs: 15_000, fairnessMs: 10_000, ...options });
  const share = createFairShare(options);
  const service = createCallEstimate();
  const waiting = new Set<Waiting>();
  const running = new Set<Running>();
  let tickets = 0;

  const on = <Item extends Call>(calls: Iterable<Item>, device: string): Item[] =>
    [...calls].filter((call) => call.device === device);

  const hasPlace = (workClass: WorkClass, device: string): boolean => {
    const there = on(running, device);
    if (there.length >= runningLimit + (workClass === 'completion' ? urgent : 0)) return false;
    return !isBackground(workClass) || there.filter((call) => isBackground(call.request.workClass)).length < background;
  };

  const waitMs = (request: AdmissionRequest): number => {
    const now = clock.now();
    const { workClass, device = 'local' } = request;
    // The step loop behind the places goes by class, so less urgent calls cost one unit, however many they are.
    const before = (call: Call): boolean =>
      workClasses.indexOf(call.request.workClass) <= workClasses.indexOf(workClass) && !supersedes(request, call);
    const remaining = (call: Running): number => Math.max(call.expectedMs - (now - call.since), call.expectedMs / 4);
    const there = on(running, device);
    let ahead = 0;
    for (const call of there) if (before(call)) ahead += remaining(call);
    for (const call of on(waiting, device)) if (before(call)) ahead += service.expect(call.request).totalMs;
    const unit = there.length > 0 ? Math.min(blockingMs, ...there.map(remaining)) : 0;
    const place = hasPlace(workClass, device) ? 0 : Math.min(...there.map(remaining));
    return Math.round(Math.max(ahead / Math.max(1, lanes(device)), unit, Number.isFinite(place) ? place : 0));
  };

  const predict = (request: AdmissionRequest): number =>
    Math.round(Math.max(waitMs(request), request.readyMs ?? 0) + service.expect(request).firstTokenMs);

  const refuse = (request: AdmissionRequest, reason: string): never => {
    onRefused?.(request.workClass);
    throw new NootropicError('QUEUE_FULL', reason);
  };

  const refuseIfFull = (request: AdmissionRequest): void => {
    const { workClass, client, device = 'local' } = request;
    const queued = on(waiting, device).filter((call) => !supersedes(request, call));
    const own = queued.filter((other) => other.client === client).length;
    if (hasPlace(workClass, device) || (queued.length < waitingLimit && own < waitingPerClient)) return;
    const whose = queued.length < waitingLimit ? `${own} requests of ${client} wait` : `${queued.length} requests wait`;
    refuse(request, `${whose} for a model already. Try again in about ${inSeconds(waitMs(request))}.`);
  };

  const refuseIfUseless = (request: AdmissionRequest): void => {
    const { workClass } = request;
    const bound = usableMs[workClass];
    const first = predict(request);
    if (bound === undefined || first <= bound) return;
    const wait = waitMs(request);
    const { firstTokenMs } = service.expect(request);
    // What is never tried is never measured again, and a guess that was too high would hold for ever.
    if (firstTokenMs > bound) service.doubt(request);
    const parts = [
      wait > 0 ? `${inSeconds(wait)} until it would begin` : '',
      (request.readyMs ?? 0) > 0 ? `${inSeconds(request.readyMs ?? 0)} to load its model` : '',
      `${inSeconds(firstTokenMs)} to read its prompt`,
    ].filter((part) => part !== '');
    refuse(
      request,
      `The first words of this ${workClass} would come in about ${inSeconds(first)} (${parts.join(', ')}), and after ${inSeconds(bound)} they are of no use. Ask again with a shorter prompt, or in about ${inSeconds(wait)}.`,
    );
  };

  const dispatch = (): void => {
    for (;;) {
      const ready = [...waiting].filter((work) => hasPlace(work.workClass, work.device));
      const next = order.next(ready, clock.now(), (client) => share.lead(client));
      if (next === undefined) return;
      waiting.delete(next);
      next.grant();
    }
  };

  const ticketFor = (call: Call, stop: AbortController): AdmissionTicket => {
    const { request } = call;
    const since = clock.now();
    const entry: Running = { ...call, since, expectedMs: service.expect(request).totalMs };
    running.add(entry);
    let released = false;
    return {
      signal: stop.signal,
      release(outcome = {}) {
        if (released) return;
        released = true;
        running.delete(entry);
        const took = Math.max(0, clock.now() - since);
        // A call that was cut short says nothing about how long such calls last.
        if (!stop.signal.aborted) service.learn(request, { ...outcome, totalMs: took });
        share.charge(request.client, service.computingMs(request, outcome) ?? took);
        share.leave(request.client);
        dispatch();
      },
    };
  };

  return {
    async enter(request, signal) {
      if (signal?.aborted === true) throw new NootropicError('ABORTED');
      const { workClass, client, device = 'local' } = request;
      const now = clock.now();
      // The older ones are of no use any more, whatever becomes of this one.
      for (const older of [...waiting, ...running]) if (supersedes(request, older)) older.supersede();
      refuseIfUseless(request);
      refuseIfFull(request);
      share.join(client);
      const stop = new AbortController();
      return new Promise<AdmissionTicket>((resolve, reject) => {
        const onAbort = (): void => {
          if (!waiting.delete(entry)) return;
          signal?.removeEventListener('abort', onAbort);
          share.leave(client);
          reject(new NootropicError('ABORTED'));
        };
        const supersede = (): void => {
          stop.abort(new NootropicError('ABORTED', 'A newer request took its place.'));
          onAbort();
        };
        const entry: Waiting = {
          workClass,
          client,
          since: now,
          deadline: now + classDeadlines[workClass],
          ticket: tickets++,
          request,
          device,
          supersede,
          grant: () => {
            signal?.removeEventListener('abort', onAbort);
            onWait?.(workClass, clock.now() - now);
            resolve(ticketFor({ request, device, supersede }, stop));
          },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        waiting.add(entry);
        dispatch();
      });
    },
    predict,
    view: () => {
      const devices = new Set([...running, ...waiting].map((call) => call.device));
      return {
        running: running.size,
        waiting: [...waiting].map((work) => ({
          workClass: work.workClass,
          client: work.client,
          device: work.device,
          waitedMs: clock.now() - work.since,
        })),
        estimatedWaitMs: Math.max(
          0,
          ...[...devices].map((device) => waitMs({ workClass: 'chat', client: '', device })),
        ),
      };
    },
  };
}

function supersedes(newer: AdmissionRequest, older: Call): boolean {
  return (
    newer.latestOnly === true &&
    older.request.latestOnly === true &&
    newer.client === older.request.client &&
    (newer.device ?? 'local') === older.device
  );
}

function inSeconds(milliseconds: number): string {
  return milliseconds < 950
    ? `${(Math.max(100, milliseconds) / 1_000).toFixed(1)} s`
    : `${Math.ceil(milliseconds / 1_000)} s`;
}

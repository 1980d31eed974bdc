import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IndexRunOptions } from '@nootropic/context';
import { NootropicError, type IndexProgress, type Model } from '@nootropic/contracts';
import type { FromIndexProcess, IndexProcessSettings, ToIndexProcess } from './index-protocol.ts';

export interface IndexProcessOptions extends IndexProcessSettings {
  /** The file that the process runs. */
  readonly entry: URL;
  /** Gives the vectors of a model that only this process holds. Not asked for the built-in one. */
  readonly model: Pick<Model, 'embed'>;
  readonly waitsFor: () => Promise<string>;
  readonly onWarning: (message: string) => void;
  /** Megabytes of V8's heap. Default 512. */
  readonly heapMegabytes?: number;
  /** Milliseconds without work after which the process is ended, to be started again by the next run. Default 300 000. */
  readonly restMs?: number;
  /** Default: `fork`. */
  readonly start?: (entry: URL, argv: string[], execArgv: string[]) => ChildProcess;
  /** Milliseconds that only go forward. Default: the process's own clock. */
  readonly now?: () => number;
}

export interface IndexProcessHealth {
  /** `idle`: nothing was to do yet; `ready`: it waits for work; `restarting`: it ended, and is started again by the next run. */
  readonly state: 'idle' | 'starting' | 'ready' | 'busy' | 'restarting' | 'degraded';
  readonly pid?: number;
  /** Unexpected ends so far. */
  readonly restarts: number;
  readonly detail: string;
}

export interface IndexProcess extends AsyncDisposable {
  run(options: IndexRunOptions): AsyncIterable<IndexProgress>;
  health(): IndexProcessHealth;
}

/** Unexpected ends within this many milliseconds after which it is not started again until they are over. */
const crashWindowMs = 600_000;
const allowedCrashes = 3;
/** Wait before the first restart; each further one waits four times longer. */
const backoffMs = 100;

/** Milliseconds after which the process is told anew whether it may work. */
const paceMs = 250;

function forkQuietly(entry: URL, argv: string[], execArgv: string[]): ChildProcess {
  return fork(entry, argv, { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

/** It ends by itself when nobody listens to it any more; what cannot is made to. */
function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  child.once('exit', () => clearTimeout(timer));
}

type Listener = (message: FromIndexProcess | { readonly type: 'gone'; readonly why: string }) => void;

/**
 * Indexes one workspace in a process of low priority, which is started when there is first something to do. It alone writes the index; this
 * process reads it. A run whose process ends unexpectedly goes on in a new one after a short wait, from what was written; after three such ends
 * within ten minutes it rejects with `INDEX_UNAVAILABLE`, as runs do from then on until that time is over.
 */
export function createIndexProcess(options: IndexProcessOptions): IndexProcess {
  const { entry, model, waitsFor, onWarning, heapMegabytes = 512, start = forkQuietly } = options;
  const { now = () => performance.now(), restMs = 300_000 } = options;
  const { root, dir, embedder, ownModel, dimensions, vectors, maxFileBytes } = options;
  const settings: IndexProcessSettings = {
    root,
    dir,
    embedder,
    ...(ownModel !== undefined && { ownModel }),
    dimensions,
    vectors,
    maxFileBytes,
  };
  const listeners = new Map<number, Listener>();
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let lastId = 0;
  let said = '';
  const ends: number[] = [];
  let restarts = 0;
  let lastEnd = '';
  let isReady = false;
  let disposed = false;
  /** Was told to end, since nothing was to do. */
  let dismissed: ChildProcess | undefined;
  let restTimer: NodeJS.Timeout | undefined;

  /** Whoever has asked about many folders would else have a process for each of them, for as long as the host runs. */
  const rest = (): void => {
    if (child === undefined || listeners.size > 0) return;
    dismissed = child;
    end(child);
  };

  const recentEnds = (): number => {
    while (ends.length > 0 && now() - (ends[0] ?? 0) > crashWindowMs) ends.shift();
    return ends.length;
  };
  const refuseDegraded = (): void => {
    if (recentEnds() < allowedCrashes) return;
    throw new NootropicError(
      'INDEX_UNAVAILABLE',
      `The process that indexes ${root} ended ${String(ends.length)} times within ten minutes: ${lastEnd}.`,
      { hint: 'It is tried again later; `nootropic doctor` shows the free memory and disk.', cause: said },
    );
  };

  const send = (message: ToIndexProcess): void => void child?.send(message, () => undefined);

  async function embed(id: number, texts: readonly string[]): Promise<void> {
    try {
      send({ type: 'vectors', id, vectors: await model.embed(texts, { workClass: 'batch' }) });
    } catch (error) {
      const { code, message } = NootropicError.from(error);
      send({ type: 'no-vectors', id, code, message });
    }
  }

  function started(): ChildProcess {
    if (child !== undefined) return child;
    const fresh = start(entry, [JSON.stringify(settings)], [`--max-old-space-size=${String(heapMegabytes)}`]);
    child = fresh;
    said = '';
    isReady = false;
    ended = new Promise((resolve) => {
      const gone = (why: string): void => {
        if (child === fresh) child = undefined;
        if (!disposed && fresh !== dismissed) {
          ends.push(now());
          restarts += 1;
          lastEnd = why;
          onWarning(`The process that indexes ${root} ended: ${why}.`);
        }
        // Who listens when one has ended that was told to waits for the next.
        if (fresh !== dismissed) for (const listener of [...listeners.values()]) listener({ type: 'gone', why });
        resolve();
      };
      fresh.once('exit', (code, signal) => gone(signal ?? `exit code ${String(code)}`));
      fresh.once('error', (error) => fresh.pid === undefined && gone(error.message));
    });
    fresh.stderr?.setEncoding('utf8').on('data', (text: string) => (said = `${said}${text}`.slice(-2000)));
    fresh.on('message', (given) => {
      const message = given as FromIndexProcess;
      if (message.type === 'embed') void embed(message.id, message.texts);
      else if (message.type === 'warning') onWarning(message.message);
      else if (message.type === 'ready') isReady = true;
      else listeners.get(message.id)?.(message);
    });
    return fresh;
  }

  async function* run({ signal, rebuild = false, only, inBackground }: IndexRunOptions): AsyncGenerator<IndexProgress> {
    clearTimeout(restTimer);
    lastId += 1;
    const id = lastId;
    const arrived: Parameters<Listener>[0][] = [];
    let wake: () => void = () => undefined;
    listeners.set(id, (message) => {
      arrived.push(message);
      wake();
    });
    let progressed = false;
    const pace = async (): Promise<void> =>
      send({ type: 'pace', inBackground: inBackground(), waitsFor: await waitsFor() });
    const stop = (): void => send({ type: 'stop', id });
    const timer = setInterval(() => void pace(), paceMs);
    signal.addEventListener('abort', stop, { once: true });
    let over = true;
    /** Of a rebuild that was broken off, what is done already is not done again. */
    const begin = async (rebuilds: boolean): Promise<boolean> => {
      refuseDegraded();
      const waitMs = recentEnds() === 0 ? 0 : (ends.at(-1) ?? 0) + backoffMs * 4 ** (recentEnds() - 1) - now();
      if (child === undefined && waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return false;
      // Of the index there is one writer at a time.
      if (child !== undefined && child === dismissed) await ended;
      if (signal.aborted) return false;
      over = false;
      started();
      await pace();
      send({ type: 'run', id, rebuild: rebuilds, ...(only !== undefined && { only }) });
      return true;
    };
    try {
      let running = await begin(rebuild);
      while (running) {
        const message = arrived.shift();
        if (message === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        if (message.type === 'progress') {
          progressed ||= message.progress.done > 0;
          yield message.progress;
          continue;
        }
        over = true;
        if (message.type === 'failed') throw new NootropicError(message.code, message.message);
        if (message.type === 'gone') {
          if (disposed) throw new NootropicError('ABORTED');
          running = await begin(rebuild && !progressed);
          continue;
        }
        return;
      }
    } finally {
      clearInterval(timer);
      signal.removeEventListener('abort', stop);
      if (!over) {
        stop();
        // Only one run at a time: the next begins when this one has ended.
        while (!arrived.some(({ type }) => type === 'ended' || type === 'failed' || type === 'gone')) {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
      listeners.delete(id);
      if (listeners.size === 0 && !disposed) restTimer = setTimeout(rest, restMs).unref();
    }
  }

  return {
    run,
    health() {
      const pid = child?.pid;
      const common = { restarts, ...(pid !== undefined && { pid }) };
      if (recentEnds() >= allowedCrashes) return { state: 'degraded', ...common, detail: lastEnd };
      if (child === undefined)
        return restarts > 0
          ? { state: 'restarting', ...common, detail: `starts again with the next run; ${lastEnd}` }
          : { state: 'idle', ...common, detail: 'not started' };
      if (!isReady) return { state: 'starting', ...common, detail: '' };
      return listeners.size > 0
        ? { state: 'busy', ...common, detail: 'indexing' }
        : { state: 'ready', ...common, detail: '' };
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      clearTimeout(restTimer);
      if (child !== undefined) end(child);
      await ended;
    },
  };
}

import { fork, type ChildProcess } from 'node:child_process';
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
  /** Default: `fork`. */
  readonly start?: (entry: URL, argv: string[], execArgv: string[]) => ChildProcess;
}

export interface IndexProcess extends AsyncDisposable {
  run(options: IndexRunOptions): AsyncIterable<IndexProgress>;
}

/** Milliseconds after which the process is told anew whether it may work. */
const paceMs = 250;

function forkQuietly(entry: URL, argv: string[], execArgv: string[]): ChildProcess {
  return fork(entry, argv, { execArgv, serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
}

type Listener = (message: FromIndexProcess | { readonly type: 'gone'; readonly why: string }) => void;

/**
 * Indexes one workspace in a process of low priority, which is started when there is first something to do, and started again when it ended.
 * It alone writes the index; this process reads it. A run whose process ends rejects with `INTERNAL`: what was written is kept,
 * and the next run goes on from there.
 */
export function createIndexProcess(options: IndexProcessOptions): IndexProcess {
  const { entry, model, waitsFor, onWarning, heapMegabytes = 512, start = forkQuietly } = options;
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
    ended = new Promise((resolve) => {
      const gone = (why: string): void => {
        if (child === fresh) child = undefined;
        for (const listener of [...listeners.values()]) listener({ type: 'gone', why });
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
      else if (message.type !== 'ready') listeners.get(message.id)?.(message);
    });
    return fresh;
  }

  async function* run({ signal, rebuild = false, only, inBackground }: IndexRunOptions): AsyncGenerator<IndexProgress> {
    lastId += 1;
    const id = lastId;
    const arrived: Parameters<Listener>[0][] = [];
    let wake: () => void = () => undefined;
    listeners.set(id, (message) => {
      arrived.push(message);
      wake();
    });
    const pace = async (): Promise<void> =>
      send({ type: 'pace', inBackground: inBackground(), waitsFor: await waitsFor() });
    const stop = (): void => send({ type: 'stop', id });
    started();
    const timer = setInterval(() => void pace(), paceMs);
    signal.addEventListener('abort', stop, { once: true });
    let over = false;
    try {
      await pace();
      send({ type: 'run', id, rebuild, ...(only !== undefined && { only }) });
      for (;;) {
        const message = arrived.shift();
        if (message === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        if (message.type === 'progress') {
          yield message.progress;
          continue;
        }
        over = true;
        if (message.type === 'failed') throw new NootropicError(message.code, message.message);
        if (message.type === 'gone')
          throw new NootropicError('INTERNAL', `The process that indexes ended: ${message.why}.`, { cause: said });
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
    }
  }

  return {
    run,
    async [Symbol.asyncDispose]() {
      const running = child;
      if (running === undefined) return;
      running.disconnect();
      const timer = setTimeout(() => running.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
}

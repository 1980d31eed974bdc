import { NootropicError, type ComputeGate } from '@nootropic/contracts';
import type {
  FromModelProcess,
  LoadCommand,
  ModelCall,
  ModelProcessChannel,
  ToModelProcess,
} from './llama-protocol.ts';
import { watchCores } from './model-process-cores.ts';
import { guardParent } from './model-process-guard.ts';
import { holdModel, type HeldModel, type Job, type NativeLlama } from './model-process-model.ts';

export interface ModelProcessOptions {
  readonly channel: ModelProcessChannel;
  /** Orders all computing in this process: the scheduler's step loop. */
  readonly gate: ComputeGate;
  /** Use a GPU where a binary for it is installed and works. Default `auto`. */
  readonly gpu?: 'auto' | false;
}

/**
 * The model process: holds llama.cpp through node-llama-cpp and does what the host sends. Nothing is written to stdout, nothing is
 * downloaded or compiled, and a request that fails is answered, never thrown.
 */
export function runModelProcess(options: ModelProcessOptions): void {
  const { channel } = options;
  const models = new Map<number, HeldModel>();
  const running = new Map<number, AbortController>();
  const busy = createBusyWatch(options.gate);
  let native: Promise<NativeLlama> | undefined;

  const openNative = (): Promise<NativeLlama> => {
    native ??= loadNative(channel, options.gpu ?? 'auto');
    native.catch(() => (native = undefined));
    return native;
  };

  const held = (model: number): HeldModel => {
    const found = models.get(model);
    if (found === undefined) throw new NootropicError('INTERNAL', 'This model is not loaded in the model process.');
    return found;
  };

  const load = async (message: { id: number; model: number; load: LoadCommand }): Promise<unknown> => {
    const onProgress = (): void => channel.send({ type: 'progress', id: message.id });
    const guard = guardParent();
    try {
      const opened = await openNative();
      onProgress();
      const model = await holdModel(opened, busy.gate, { command: message.load, onProgress });
      models.set(message.model, model);
      return model.loaded;
    } catch (cause) {
      throw loadFailure(cause, message.load.path);
    } finally {
      guard.stop();
    }
  };

  const call = async (model: HeldModel, asked: ModelCall, job: Job): Promise<unknown> => {
    switch (asked.kind) {
      case 'generate':
        return model.generate(asked.request, job);
      case 'infill':
        return model.infill(asked.request, job);
      case 'embed':
        return model.embed(asked.texts, job);
      case 'rerank':
        return model.rerank(asked.query, asked.documents, job);
      case 'count':
        return model.count(asked.text);
    }
  };

  const serve = async (message: Extract<ToModelProcess, { type: 'load' | 'unload' | 'call' }>): Promise<unknown> => {
    if (message.type === 'load') return load(message);
    if (message.type === 'unload') {
      const model = models.get(message.model);
      models.delete(message.model);
      await model?.dispose();
      return undefined;
    }
    const abort = new AbortController();
    running.set(message.id, abort);
    try {
      return await call(held(message.model), message.call, {
        jobId: String(message.id),
        workClass: message.workClass,
        client: message.client,
        signal: abort.signal,
        emit: (event) => channel.send({ type: 'event', id: message.id, event }),
      });
    } finally {
      running.delete(message.id);
    }
  };

  channel.onMessage((message) => {
    if (message.type === 'ping') channel.send({ type: 'pong', busyMs: busy.since() });
    else if (message.type === 'abort') running.get(message.id)?.abort();
    else {
      serve(message).then(
        (value) => channel.send({ type: 'done', id: message.id, value }),
        (error: unknown) =>
          channel.send({ type: 'failed', id: message.id, error: NootropicError.from(error).toJSON() }),
      );
    }
  });
  // Ready means that the library is open, so that the watch over a load sees the load alone. A failure to open it is told by the load.
  openNative().then(
    () => channel.send({ type: 'ready' }),
    () => channel.send({ type: 'ready' }),
  );
}

/** The same gate, and how long the unit that runs now has been running. */
function createBusyWatch(gate: ComputeGate): { gate: ComputeGate; since(): number } {
  let started: number | undefined;
  return {
    since: () => (started === undefined ? 0 : performance.now() - started),
    gate: {
      async acquire(unit, signal) {
        const lease = await gate.acquire(unit, signal);
        started = performance.now();
        return {
          tokens: lease.tokens,
          release(evaluated) {
            started = undefined;
            lease.release(evaluated);
          },
        };
      },
    },
  };
}

async function loadNative(channel: ModelProcessChannel, gpu: 'auto' | false): Promise<NativeLlama> {
  const library = await import('node-llama-cpp');
  const log = (level: Extract<FromModelProcess, { type: 'log' }>['level'], message: string): void => {
    channel.send({ type: 'log', level, message: message.trim() });
  };
  const llama = await library.getLlama({
    gpu,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    // Set anew before each unit of work, see below.
    maxThreads: 1,
    logLevel: library.LlamaLogLevel.warn,
    logger: (level, message) =>
      log(level === 'fatal' || level === 'error' ? 'error' : level === 'warn' ? 'warn' : 'debug', message),
  });
  return { library, llama, freeCores: watchCores(llama.cpuMathCores) };
}

function loadFailure(cause: unknown, path: string): NootropicError {
  if (NootropicError.is(cause)) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (name === 'InsufficientMemoryError')
    return new NootropicError('MODEL_TOO_LARGE', `${path} does not fit into memory: ${message}`, { cause });
  return new NootropicError('MODEL_LOAD_FAILED', `${path} could not be loaded: ${message}`, { cause });
}

import { NootropicError, type ComputeGate } from '@nootropic/contracts';
import type {
  FromModelProcess,
  LoadCommand,
  ModelCall,
  ModelProcessChannel,
  ModelStatus,
  ToModelProcess,
} from './llama-protocol.ts';
import type { ModelProcessSettings } from './model-process-arguments.ts';
import { createEventBatch } from './model-process-events.ts';
import { guardParent } from './model-process-guard.ts';
import type { HeldModel, Job, NativeLlama } from './model-process-held.ts';
import { holdModel, type MeteredModel } from './model-process-model.ts';
import { openSwapFolder } from './model-process-swap.ts';
import { createThreadGovernor } from './model-process-threads.ts';

export interface ModelProcessOptions {
  readonly channel: ModelProcessChannel;
  /**
   * Orders all computing in this process: the scheduler's step loop. `together`: how many sequences the device computes at once with
   * profit; 1 on a processor, where two at once are no faster than one after the other.
   */
  readonly createGate: (traits: { readonly together: number }) => ComputeGate;
  readonly settings: ModelProcessSettings;
}

/** After this long without a call, what was read since the last time is written to the disk. */
const keepAfterMs = 10_000;
const togetherOnGpu = 8;

/**
 * The model process: holds llama.cpp through node-llama-cpp and does what the host sends. Nothing is written to stdout, nothing is
 * downloaded or compiled, and a request that fails is answered, never thrown.
 */
export function runModelProcess(options: ModelProcessOptions): void {
  const { channel } = options;
  const models = new Map<number, MeteredModel>();
  const running = new Map<number, AbortController>();
  let native: Promise<NativeLlama> | undefined;
  let opened: { readonly gate: ComputeGate; readonly since: () => number } | undefined;
  let keepTimer: ReturnType<typeof setTimeout> | undefined;

  const openNative = (): Promise<NativeLlama> => {
    native ??= loadNative(channel, options.settings);
    native.catch(() => (native = undefined));
    return native;
  };

  const gateOf = ({ llama }: NativeLlama): ComputeGate => {
    opened ??= createBusyWatch(options.createGate({ together: llama.gpu === false ? 1 : togetherOnGpu }));
    return opened.gate;
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
      const library = await openNative();
      onProgress();
      const { load: command, model: number } = message;
      const model = await holdModel(library, gateOf(library), { command, model: number, onProgress });
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
        return model.count(asked.what);
      case 'tokenize':
        return model.tokenize(asked.text, asked.special);
      case 'detokenize':
        return model.detokenize(asked.tokens);
    }
  };

  /** What was read lately is written to the disk once nobody asks for anything: then it costs nobody time. */
  const keepLater = (): void => {
    clearTimeout(keepTimer);
    if (options.settings.states === undefined) return;
    keepTimer = setTimeout(() => {
      for (const model of models.values()) void model.keep();
    }, keepAfterMs);
    keepTimer.unref();
  };

  const shrink = async (step: 'caches' | 'contexts'): Promise<number> => {
    const before = process.memoryUsage.rss();
    for (const model of models.values()) await model.shrink(step);
    return Math.max(0, before - process.memoryUsage.rss());
  };

  const serve = async (
    message: Extract<ToModelProcess, { type: 'load' | 'unload' | 'call' | 'status' | 'shrink' }>,
  ): Promise<unknown> => {
    if (message.type === 'load') return load(message);
    if (message.type === 'status') return [...models].map(([number, model]) => statusOf(number, model));
    if (message.type === 'shrink') return shrink(message.step);
    if (message.type === 'unload') {
      const model = models.get(message.model);
      models.delete(message.model);
      await model?.dispose();
      return undefined;
    }
    const abort = new AbortController();
    const events = createEventBatch((list) => channel.send({ type: 'events', id: message.id, events: list }));
    running.set(message.id, abort);
    try {
      return await call(held(message.model), message.call, {
        jobId: String(message.id),
        workClass: message.workClass,
        client: message.client,
        session: message.session,
        signal: abort.signal,
        emit: events.push,
      });
    } finally {
      events.flush();
      running.delete(message.id);
      keepLater();
    }
  };

  channel.onMessage((message) => {
    if (message.type === 'ping') channel.send({ type: 'pong', busyMs: opened?.since() ?? 0 });
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
    ({ llama }) => channel.send({ type: 'ready', gpu: llama.gpu }),
    () => channel.send({ type: 'ready', gpu: false }),
  );
}

function statusOf(number: number, model: MeteredModel): ModelStatus {
  const { sequences, held, busy } = model.view();
  const { kvType, gpuLayers } = model;
  return {
    model: number,
    busy,
    sequences,
    heldTokens: held,
    kvType,
    gpuLayers,
    anonymous: model.anonymous(),
    ...model.meter(),
  };
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

async function loadNative(channel: ModelProcessChannel, { gpu, states }: ModelProcessSettings): Promise<NativeLlama> {
  const library = await import('node-llama-cpp');
  const log = (level: Extract<FromModelProcess, { type: 'log' }>['level'], message: string): void => {
    channel.send({ type: 'log', level, message: message.trim() });
  };
  const open = (wanted: 'auto' | false) =>
    library.getLlama({
      gpu: wanted,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      // Set anew before each unit of work, see below.
      maxThreads: 1,
      logLevel: library.LlamaLogLevel.warn,
      logger: (level, message) =>
        log(level === 'fatal' || level === 'error' ? 'error' : level === 'warn' ? 'warn' : 'debug', message),
    });
  const llama = await open(gpu).catch((cause: unknown) => {
    if (gpu === false) throw cause;
    log('warn', `The GPU cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`);
    return open(false);
  });
  return {
    library,
    llama,
    threads: createThreadGovernor(llama.cpuMathCores),
    states,
    swapFolder: openSwapFolder(states?.root),
    onFailure: (message) => log('warn', message),
  };
}

function loadFailure(cause: unknown, path: string): NootropicError {
  if (NootropicError.is(cause)) return cause;
  const name = cause instanceof Error ? cause.name : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (name === 'InsufficientMemoryError')
    return new NootropicError('MODEL_TOO_LARGE', `${path} does not fit into memory: ${message}`, { cause });
  return new NootropicError('MODEL_LOAD_FAILED', `${path} could not be loaded: ${message}`, { cause });
}

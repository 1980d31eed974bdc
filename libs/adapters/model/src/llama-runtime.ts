import { spawn as nodeSpawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  NootropicError,
  type GgufHeader,
  type LoadOptions,
  type MemoryEstimate,
  type ModelInfo,
  type ModelRuntime,
  type RuntimeHealth,
  type Telemetry,
} from '@nootropic/contracts';
import { checkGguf, type GgufSummary } from './gguf-check.ts';
import { identityOf } from './llama-identity.ts';
import { createLlamaModel, unlessStopped } from './llama-model.ts';
import { superviseLlama, type LlamaLink, type LlamaProcessLimits } from './llama-process.ts';
import type { LoadedModel, ModelStatus } from './llama-protocol.ts';
import { formatModelProcessArguments } from './model-process-arguments.ts';
import { parseModelRef } from './model-ref.ts';

export interface LlamaRuntimeOptions {
  /** The file that the model process runs: a `.ts` file in the source tree, a `.js` file in a bundle. */
  readonly processEntry: URL | string;
  /** Bytes that a model will need, from its header: the scheduler's `estimateGgufMemory`. */
  readonly estimateMemory: (header: GgufHeader, options: Omit<LoadOptions, 'signal' | 'threads'>) => MemoryEstimate;
  /** Default `auto`: a GPU where there is one. */
  readonly gpu?: 'auto' | 'off';
  /** Folder in which what models have read is kept over restarts, and the bytes that it may take. Default: nothing is kept. */
  readonly states?: { readonly root: string; readonly limit: number };
  /** Default: Node's. */
  readonly spawn?: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  readonly telemetry?: Telemetry;
  /** A model that ran on the processor, alone in its process, is about to be unloaded: what it took, beside what was estimated for it. */
  readonly onUseMeasured?: (seen: MeasuredUse) => void;
  /** Default: the process's own clock. */
  readonly clock?: { now(): number };
  /** How long a load may go without progress, in milliseconds. Default 7000, and a second more for every 50 MB. */
  readonly loadTimeoutMs?: number;
  /** How long the end of a cancelled generation may wait for exact counts, in milliseconds. Default 200. */
  readonly abortGraceMs?: number;
  /** Folder in which compiled code is kept, so that the process starts faster. Default: none. */
  readonly compileCache?: string;
  readonly limits?: LlamaProcessLimits;
}

export interface MeasuredUse {
  readonly summary: GgufSummary;
  readonly options: LoadOptions;
  /** Bytes that the process took for it; what it reads of the mapped file comes on top. */
  readonly anonymous: number;
}

interface Entry {
  readonly key: string;
  readonly model: number;
  readonly path: string;
  readonly options: LoadOptions;
  readonly summary: GgufSummary;
  readonly estimate: MemoryEstimate;
  handles: number;
  uses: number;
  /** Milliseconds since 1970. */
  usedAt: number;
  /** On the processor alone: loading it on the GPU failed. */
  cpuOnly: boolean;
  link: LlamaLink | undefined;
  loading: Promise<LoadedModel> | undefined;
  loaded: LoadedModel | undefined;
}

const bytesPerSecond = 50_000_000;
/** How long a status may take: a process that is loading has no time to answer. */
const statusMs = 300;

/**
 * Models from GGUF files (`file:PATH`), run by llama.cpp in one supervised child process that is started at the first load.
 *
 * A file is checked before it comes near the native loader. If loading it still ends or stalls the process, that file is refused from then
 * on without another try, until it changes; models that were loaded beside it come back by themselves at their next call. Of a crash in the
 * middle of a generation only that generation is lost (`MODEL_CRASHED`). What cannot be loaded on a GPU is loaded on the processor.
 */
export function createLlamaRuntime(options: LlamaRuntimeOptions): ModelRuntime {
  const { clock = performance, abortGraceMs = 200, loadTimeoutMs = 7_000 } = options;
  let gpuOff = options.gpu === 'off';
  const process = superviseLlama({
    start: starter(options, () => gpuOff),
    telemetry: options.telemetry,
    now: () => clock.now(),
    limits: options.limits,
  });
  const entries = new Map<string, Entry>();
  const opening = new Map<string, Promise<Entry>>();
  const culprits = new Map<string, { readonly mark: string; readonly error: NootropicError }>();
  const disposal = new AbortController();
  let models = 0;
  let lastLoad: Promise<unknown> = Promise.resolve();

  /** Loads one after the other: so a crash can be laid to one file, and two loads do not fight for the disk. */
  const loadInto = (entry: Entry): Promise<LoadedModel> => {
    entry.loading ??= lastLoad
      .then(async () => {
        const link = await process.connect();
        const loaded = await loadWatched(entry, link).catch((cause: unknown) => loadOnProcessor(entry, link, cause));
        entry.link = await process.connect();
        entry.loaded = loaded;
        return loaded;
      })
      .finally(() => (entry.loading = undefined));
    lastLoad = entry.loading.catch(() => undefined);
    return entry.loading;
  };

  /** The second try of a load that a GPU had a part in; the error again where none had. */
  const loadOnProcessor = async (entry: Entry, link: LlamaLink, cause: unknown): Promise<LoadedModel> => {
    const tried = link.gpu !== false && !entry.cpuOnly && entry.options.gpuLayers !== 0;
    if (!tried || disposal.signal.aborted || !NootropicError.is(cause)) throw cause;
    options.telemetry?.log(
      'warn',
      `${entry.path} could not be loaded on the GPU and is loaded on the processor: ${cause.message}`,
    );
    entry.cpuOnly = true;
    // A driver that ended the process once would do so again.
    if (!link.alive) gpuOff = true;
    culprits.delete(entry.path);
    return loadWatched(entry, await process.connect());
  };

  const loadWatched = async (entry: Entry, link: LlamaLink): Promise<LoadedModel> => {
    const { path, summary } = entry;
    const patience = loadTimeoutMs + (summary.bytes / bytesPerSecond) * 1_000;
    const alone = link.open === 0;
    const watch = (): ReturnType<typeof setTimeout> =>
      setTimeout(() => link.kill(`it stood still while it loaded ${path}`), patience);
    let timer = watch();
    const { role = summary.role, contextLength, threads, kvType, sequences } = entry.options;
    const gpuLayers = entry.cpuOnly ? 0 : entry.options.gpuLayers;
    const load = { path, role, contextLength, threads, kvType, sequences, gpuLayers, identity: await identityOf(path) };
    const asked = link.ask(
      { type: 'load', model: entry.model, load },
      {
        onProgress: () => {
          clearTimeout(timer);
          timer = watch();
        },
      },
    );
    try {
      return (await asked.answer) as LoadedModel;
    } catch (cause) {
      if (!NootropicError.is(cause) || cause.code !== 'MODEL_CRASHED' || disposal.signal.aborted) throw cause;
      const error = new NootropicError(
        'MODEL_LOAD_FAILED',
        `Loading ${path} ended the model process: ${cause.message}`,
        {
          cause,
          hint: 'The file is probably damaged, or of a kind that this version cannot load. Get it again, or choose another model.',
        },
      );
      if (alone) culprits.set(path, { mark: await markOf(path), error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };

  const open = async (path: string, loadOptions: LoadOptions, key: string): Promise<Entry> => {
    const mark = await markOf(path);
    const culprit = culprits.get(path);
    if (culprit?.mark === mark) throw culprit.error;
    // The process comes up while the file is checked. What goes wrong with it shows when it is asked.
    process.connect().catch(() => undefined);
    const summary = await checkGguf(path, { signal: disposal.signal });
    const entry: Entry = {
      key,
      model: ++models,
      path,
      options: loadOptions,
      summary,
      estimate: options.estimateMemory(summary.header, { role: summary.role, ...loadOptions }),
      handles: 0,
      uses: 0,
      usedAt: Date.now(),
      cpuOnly: false,
      link: undefined,
      loading: undefined,
      loaded: undefined,
    };
    await loadInto(entry);
    entries.set(key, entry);
    return entry;
  };

  const ready = async (entry: Entry): Promise<{ link: LlamaLink; model: number }> => {
    if (entry.link?.alive !== true) await loadInto(entry);
    if (entry.link === undefined) throw new NootropicError('MODEL_CRASHED');
    entry.uses += 1;
    entry.usedAt = Date.now();
    return { link: entry.link, model: entry.model };
  };

  const status = async (): Promise<ModelStatus[]> => {
    const link = [...entries.values()].find((entry) => entry.link?.alive === true)?.link;
    if (link === undefined) return [];
    const late = Promise.withResolvers<ModelStatus[]>();
    const timer = setTimeout(() => late.resolve([]), statusMs);
    try {
      return await Promise.race([link.ask({ type: 'status' }).answer as Promise<ModelStatus[]>, late.promise]);
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  };

  /** What the only model of the process took, now that it has computed: an estimate can be checked against that. */
  const measureUse = async (entry: Entry, link: LlamaLink): Promise<void> => {
    if (options.onUseMeasured === undefined) return;
    const found = (await link.ask({ type: 'status' }).answer.catch(() => [])) as ModelStatus[];
    const anonymous = found.find(({ model }) => model === entry.model)?.anonymous;
    if (anonymous === undefined) return;
    const { summary, options: loaded } = entry;
    options.onUseMeasured({ summary, options: { role: summary.role, ...loaded }, anonymous });
  };

  const release = async (entry: Entry): Promise<void> => {
    entry.handles -= 1;
    if (entry.handles > 0) return;
    const alone = entries.size === 1;
    entries.delete(entry.key);
    const { link } = entry;
    if (link?.alive !== true) return;
    if (alone && entry.uses > 0 && link.gpu === false) await measureUse(entry, link);
    await link.ask({ type: 'unload', model: entry.model }).answer.catch(() => undefined);
  };

  return {
    scheme: 'file',
    async load(ref, loadOptions = {}) {
      const { signal, ...rest } = loadOptions;
      if (disposal.signal.aborted || signal?.aborted === true) throw new NootropicError('ABORTED');
      const path = await pathOf(ref);
      const { role, contextLength: length, threads, kvType, gpuLayers, sequences } = rest;
      const key = JSON.stringify([path, role, length, threads, kvType, gpuLayers, sequences]);
      let entry = entries.get(key);
      if (entry === undefined) {
        const shared = opening.get(key) ?? open(path, rest, key).finally(() => opening.delete(key));
        opening.set(key, shared);
        shared.catch(() => undefined);
        entry = await unlessStopped(shared, signal);
      }
      const own = entry;
      own.handles += 1;
      const { can, contextLength, dimensions } = own.loaded ?? { can: [], contextLength: 0, dimensions: 0 };
      const info: ModelInfo = {
        ref: `file:${path}`,
        name: own.summary.name,
        can,
        contextLength,
        dimensions,
        local: true,
      };
      return createLlamaModel({ info, ready: () => ready(own), release: () => release(own), abortGraceMs });
    },
    async estimate(ref, loadOptions = {}) {
      const { signal, ...rest } = loadOptions;
      const { header, role } = await checkGguf(await pathOf(ref), signal ? { signal } : {});
      return options.estimateMemory(header, { role, ...rest });
    },
    // Files lie anywhere: what is on the machine is known to the model store.
    list: async () => [],
    async health() {
      const found = await status();
      const models = [...entries.values()].flatMap((entry): RuntimeHealth['models'][number][] => {
        const own = found.find(({ model }) => model === entry.model);
        const { loaded, summary, options: asked, usedAt, uses } = entry;
        if (loaded === undefined) return [];
        return [
          {
            ref: `file:${entry.path}`,
            name: summary.name,
            role: asked.role ?? summary.role,
            state: entry.loading !== undefined ? 'loading' : own?.busy === true ? 'busy' : 'idle',
            contextLength: loaded.contextLength,
            sequences: own?.sequences ?? asked.sequences ?? 1,
            heldTokens: own?.heldTokens ?? 0,
            kvType: own?.kvType ?? asked.kvType ?? 'f16',
            gpuLayers: own?.gpuLayers ?? 0,
            threads: own?.threads ?? 0,
            usedAt,
            uses,
            ...(own?.anonymous !== undefined && { measured: own.anonymous + entry.estimate.weights }),
            ...(own?.promptSpeed !== undefined && { promptSpeed: own.promptSpeed }),
            ...(own?.writeSpeed !== undefined && { writeSpeed: own.writeSpeed }),
          },
        ];
      });
      return { ...process.health(), models };
    },
    async shrink(step) {
      const link = [...entries.values()].find((entry) => entry.link?.alive === true)?.link;
      if (link === undefined) return 0;
      return ((await link.ask({ type: 'shrink', step }).answer.catch(() => 0)) as number) ?? 0;
    },
    async [Symbol.asyncDispose]() {
      disposal.abort();
      await process[Symbol.asyncDispose]();
    },
  };
}

/**
 * How the model process is started. One thread for native calls: with Node's usual four, each token is decoded and sampled on another one,
 * and moving between cores was measured to cost a quarter of the speed at two threads (44 tokens a second against 59). The price is that
 * nothing is generated while a model is being loaded.
 */
function starter(options: LlamaRuntimeOptions, gpuOff: () => boolean): () => ChildProcess {
  const spawn = options.spawn ?? nodeSpawn;
  const entry = options.processEntry instanceof URL ? fileURLToPath(options.processEntry) : options.processEntry;
  const argumentsOf = (): string[] =>
    formatModelProcessArguments({
      gpu: gpuOff() ? false : 'auto',
      ...(options.states && { states: options.states }),
    });
  return () =>
    spawn(globalThis.process.execPath, [entry, ...argumentsOf()], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
      env: {
        ...globalThis.process.env,
        UV_THREADPOOL_SIZE: '1',
        ...(options.compileCache !== undefined && { NODE_COMPILE_CACHE: options.compileCache }),
      },
    });
}

async function pathOf(ref: string): Promise<string> {
  const parsed = parseModelRef(ref);
  if (parsed.scheme !== 'file') throw new NootropicError('MODEL_REF_INVALID', `${ref} is not a model file.`);
  try {
    return await realpath(parsed.path);
  } catch (cause) {
    throw new NootropicError('MODEL_NOT_FOUND', `There is no model file ${parsed.path}.`, { cause });
  }
}

/** Changes when the file does. */
async function markOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs, ino } = await stat(path);
    return `${size} ${mtimeMs} ${ino}`;
  } catch (cause) {
    throw new NootropicError('MODEL_NOT_FOUND', `There is no model file ${path}.`, { cause });
  }
}

import { spawn as nodeSpawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  NootropicError,
  type LoadOptions,
  type MemoryEstimate,
  type ModelInfo,
  type ModelRuntime,
  type Telemetry,
} from '@nootropic/contracts';
import { checkGguf, type GgufFacts, type GgufSummary } from './gguf-check.ts';
import { createLlamaModel, unlessStopped } from './llama-model.ts';
import { superviseLlama, type LlamaLink, type LlamaProcessLimits } from './llama-process.ts';
import type { LoadedModel } from './llama-protocol.ts';
import { parseModelRef } from './model-ref.ts';

export interface LlamaRuntimeOptions {
  /** The file that the model process runs: a `.ts` file in the source tree, a `.js` file in a bundle. */
  readonly processEntry: URL | string;
  /** Bytes that a model will need, from its header: the scheduler's `estimateGgufMemory`. */
  readonly estimateMemory: (header: GgufFacts, options: { contextLength?: number }) => MemoryEstimate;
  /** Default: Node's. */
  readonly spawn?: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  readonly telemetry?: Telemetry;
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

interface Entry {
  readonly key: string;
  readonly model: number;
  readonly path: string;
  readonly options: LoadOptions;
  readonly summary: GgufSummary;
  handles: number;
  link: LlamaLink | undefined;
  loading: Promise<LoadedModel> | undefined;
  loaded: LoadedModel | undefined;
}

const bytesPerSecond = 50_000_000;

/**
 * Models from GGUF files (`file:PATH`), run by llama.cpp in one supervised child process that is started at the first load.
 *
 * A file is checked before it comes near the native loader. If loading it still ends or stalls the process, that file is refused from then
 * on without another try, until it changes; models that were loaded beside it come back by themselves at their next call. Of a crash in the
 * middle of a generation only that generation is lost (`MODEL_CRASHED`).
 */
export function createLlamaRuntime(options: LlamaRuntimeOptions): ModelRuntime {
  const { clock = performance, abortGraceMs = 200, loadTimeoutMs = 7_000 } = options;
  const process = superviseLlama({
    start: starter(options),
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
        const loaded = await loadWatched(entry, link);
        entry.link = link;
        entry.loaded = loaded;
        return loaded;
      })
      .finally(() => (entry.loading = undefined));
    lastLoad = entry.loading.catch(() => undefined);
    return entry.loading;
  };

  const loadWatched = async (entry: Entry, link: LlamaLink): Promise<LoadedModel> => {
    const { path, summary } = entry;
    const patience = loadTimeoutMs + (summary.bytes / bytesPerSecond) * 1_000;
    const alone = link.open === 0;
    const watch = (): ReturnType<typeof setTimeout> =>
      setTimeout(() => link.kill(`it stood still while it loaded ${path}`), patience);
    let timer = watch();
    const { role = summary.role, contextLength, threads } = entry.options;
    const asked = link.ask(
      { type: 'load', model: entry.model, load: { path, role, contextLength, threads } },
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
      handles: 0,
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
    return { link: entry.link, model: entry.model };
  };

  const release = async (entry: Entry): Promise<void> => {
    entry.handles -= 1;
    if (entry.handles > 0) return;
    entries.delete(entry.key);
    const { link } = entry;
    if (link?.alive === true) await link.ask({ type: 'unload', model: entry.model }).answer.catch(() => undefined);
  };

  return {
    scheme: 'file',
    async load(ref, loadOptions = {}) {
      const { signal, ...rest } = loadOptions;
      if (disposal.signal.aborted || signal?.aborted === true) throw new NootropicError('ABORTED');
      const path = await pathOf(ref);
      const key = JSON.stringify([path, rest.role, rest.contextLength, rest.threads]);
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
      const { contextLength, signal } = loadOptions;
      const { header } = await checkGguf(await pathOf(ref), signal ? { signal } : {});
      return options.estimateMemory(header, contextLength === undefined ? {} : { contextLength });
    },
    // Files lie anywhere: what is on the machine is known to the model store.
    list: async () => [],
    health: () => process.health(),
    async [Symbol.asyncDispose]() {
      disposal.abort();
      await process[Symbol.asyncDispose]();
    },
  };
}

function starter(options: LlamaRuntimeOptions): () => ChildProcess {
  const spawn = options.spawn ?? nodeSpawn;
  const entry = options.processEntry instanceof URL ? fileURLToPath(options.processEntry) : options.processEntry;
  return () =>
    spawn(globalThis.process.execPath, [entry], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
      env: {
        ...globalThis.process.env,
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

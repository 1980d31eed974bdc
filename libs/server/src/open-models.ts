import type {
  Config,
  EgressCause,
  Machine,
  Model,
  ModelRuntime,
  ModelStore,
  ResponseCache,
  RuntimeHealth,
  Telemetry,
  UsageLog,
} from '@nootropic/contracts';
import { admissionTelemetry, createModels, type LoadPlanLimits, type Models } from '@nootropic/core';
import {
  checkGguf,
  cloudPrice,
  cloudProviders,
  createBuiltinEmbedder,
  createCloudRuntime,
  createHuggingfaceFetch,
  createLlamaRuntime,
  createModelStore,
  createOllamaRuntime,
  createOpenaiRuntime,
  loadCatalogue,
  catalogueCandidates,
} from '@nootropic/model';
import type { CatalogueCandidate } from '@nootropic/core';
import type { ModelRole } from '@nootropic/contracts';
import {
  createAdmission,
  createMemoryLedger,
  createResidency,
  watchPressure,
  type Admission,
  type MemoryLedger,
  type PlanCandidate,
  type Residency,
} from '@nootropic/scheduler';
import { entryOf } from './entry-of.ts';
import { waysToModel } from './loopback-models.ts';
import { createMemoryLessons } from './memory-lessons.ts';
import type { Paths } from './paths.ts';
import { readProjectRules, realFolders } from './project-rules.ts';

const mebibyte = 2 ** 20;
/** Changes when the same request would be answered otherwise. */
const answersVersion = '1';

export interface OpenModelsOptions {
  readonly paths: Paths;
  readonly config: Config;
  readonly env: NodeJS.ProcessEnv;
  readonly telemetry: Telemetry;
  readonly machine: Machine;
  readonly usage: UsageLog;
  readonly answers: ResponseCache;
  /** The key of a provider. */
  readonly readKey: (provider: (typeof cloudProviders)[number]) => Promise<string | undefined>;
  /** What goes out, by what it is for. */
  readonly fetch: (cause: EgressCause) => typeof fetch;
  readonly now: () => number;
}

/** Everything that holds, plans and schedules models; `models` is the one way to them. */
export interface OpenModels {
  readonly models: Models;
  readonly runtimes: readonly ModelRuntime[];
  readonly store: ModelStore;
  readonly ledger: MemoryLedger;
  readonly residency: Residency<Model>;
  readonly admission: Admission;
  /** Where the model hub is, and the key to it. */
  readonly huggingface: { readonly endpoint?: string; readonly token?: string };
  /** Of the process that runs model files. */
  health(): Promise<RuntimeHealth>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Joins the runtimes with the scheduler's ledger, residency and queue. Nothing is started or loaded by it. */
export async function openModels(options: OpenModelsOptions): Promise<OpenModels> {
  const { paths, config, env, telemetry, machine, now } = options;
  const huggingface = {
    ...(env['HF_ENDPOINT'] && { endpoint: env['HF_ENDPOINT'] }),
    ...(env['HF_TOKEN'] && { token: env['HF_TOKEN'] }),
  };
  const store = createModelStore({
    dir: paths.models,
    checkGguf,
    fetch: createHuggingfaceFetch({ fetch: options.fetch('model-download'), ...huggingface }),
  });
  const lessons = createMemoryLessons(paths.lessons);
  const llama = createLlamaRuntime({
    processEntry: entryOf('model-process'),
    estimateMemory: lessons.estimate,
    onUseMeasured: lessons.learn,
    telemetry,
    compileCache: paths.compiled,
    gpu: config.models.gpu,
    ...(config.models.stateLimit > 0 && {
      states: { root: paths.states, limit: config.models.stateLimit * mebibyte },
    }),
  });
  const runtimes = [
    createBuiltinEmbedder(),
    llama,
    createOllamaRuntime({ fetch: options.fetch('model-server') }),
    createOpenaiRuntime({ fetch: options.fetch('model-server'), apiKey: () => env['NOOTROPIC_SERVER_KEY'] }),
    ...cloudProviders.map((provider) =>
      createCloudRuntime({
        provider,
        enabled: config.providers.enabled.includes(provider),
        apiKey: () => options.readKey(provider),
        fetch: options.fetch('cloud-model'),
      }),
    ),
  ];
  const clock = { now };
  const ledger = createMemoryLedger({
    machine,
    ...(config.models.memoryLimit !== undefined && { memoryLimit: config.models.memoryLimit * mebibyte }),
  });
  const residency = createResidency<Model>({
    clock,
    ledger,
    onUnloaded: ({ what, why }) => {
      telemetry.count('nootropic_model_evictions_total', 1, { why });
      telemetry.log('info', `Unloaded ${what}.`, { why });
    },
  });
  const admission = createAdmission({ clock, ...admissionTelemetry(telemetry) });
  const pressure = watchPressure({
    machine,
    clock,
    residency,
    shrink: async (step) => {
      const freed = await Promise.all(runtimes.map((runtime) => runtime.shrink(step)));
      return freed.reduce((sum, bytes) => sum + bytes, 0);
    },
    onStep: ({ step, text }) => telemetry.log('warn', text, { step }),
  });
  const models = createModels({
    runtimes,
    store,
    admission,
    residency,
    ledger,
    machine,
    telemetry,
    usage: options.usage,
    config: { ...config.models, neverRemote: await realFolders(config.models.neverRemote) },
    now,
    ways: (signal) => waysToModel(fetch, signal),
    projectRules: readProjectRules,
    localModel,
    price: cloudPrice,
    cache: options.answers,
    version: answersVersion,
  });
  return {
    ...{ models, runtimes, store, ledger, residency, admission, huggingface },
    health: () => llama.health(),
    async [Symbol.asyncDispose]() {
      pressure[Symbol.dispose]();
      await models[Symbol.asyncDispose]();
    },
  };
}

/** What the user allows models to take. */
export function modelLimits({ models }: Config): LoadPlanLimits {
  const { contextLength, kvType, threads, memoryLimit, gpu } = models;
  return {
    contextLength,
    kvType,
    threads,
    memoryLimit: memoryLimit === undefined ? undefined : memoryLimit * mebibyte,
    gpuOff: gpu === 'off',
  };
}

/** What planning needs to know of a model file on this machine; a model elsewhere has none. */
export async function localModel(ref: string): Promise<PlanCandidate | undefined> {
  if (!ref.startsWith('file:')) return undefined;
  const { name, bytes, header } = await checkGguf(ref.slice('file:'.length));
  return { ref, name, fileBytes: bytes, header };
}

/** The models of the catalogue for a role, worked out once: every tensor of every model is laid out for it. */
export function createRecommendedModels(): (role: ModelRole) => Promise<readonly CatalogueCandidate[]> {
  const known = new Map<ModelRole, Promise<readonly CatalogueCandidate[]>>();
  return (role) => {
    const candidates = known.get(role) ?? candidatesFor(role);
    known.set(role, candidates);
    candidates.catch(() => known.delete(role));
    return candidates;
  };
}

async function candidatesFor(role: ModelRole): Promise<readonly CatalogueCandidate[]> {
  return catalogueCandidates(await loadCatalogue(), role).map(({ entry, header, listing }) => ({
    ref: listing.ref,
    name: listing.name,
    fileBytes: header.tensorBytes,
    header,
    quality: entry.ranks[role] ?? 0,
    license: entry.license,
  }));
}

import {
  NootropicError,
  type Config,
  type LoadOptions,
  type Machine,
  type Model,
  type ModelInfo,
  type ModelRole,
  type ModelRuntime,
  type ModelStore,
  type ResponseCache,
  type StoredModel,
  type Telemetry,
  type UsageLog,
} from '@nootropic/contracts';
import {
  scheduleModel,
  type Admission,
  type MeasuredSpeeds,
  type MemoryLedger,
  type PlanCandidate,
  type Residency,
  type ResidentSpec,
} from '@nootropic/scheduler';
import { cacheModel } from './cached-model.ts';
import { planLoad, type LoadPlanPorts } from './load-plan.ts';
import { meterModel, type ModelPrice } from './metered-model.ts';
import { createModelCandidates, type ChosenModel, type ModelAsk } from './model-candidates.ts';
import { isLocalRef, remoteRule, type ProjectRules } from './never-remote.ts';
import { createResidentModel } from './resident-model.ts';
import type { Tally } from './tally.ts';

export interface ModelsOptions {
  readonly runtimes: readonly ModelRuntime[];
  readonly store: ModelStore;
  readonly admission: Admission;
  readonly residency: Residency<Model>;
  readonly ledger: MemoryLedger;
  readonly machine: Machine;
  readonly telemetry: Telemetry;
  readonly usage: UsageLog;
  readonly config: Config['models'];
  readonly now: () => number;
  /** Ways to a model on this machine, one line each, for a person who has none. */
  readonly ways: (signal?: AbortSignal) => Promise<string[]>;
  /** What the project of a workspace says of itself. */
  readonly projectRules: (workspace: string) => Promise<ProjectRules>;
  /** The header of a model file on this machine, by its reference; `undefined` for a model that has none here. */
  readonly localModel: (ref: string) => Promise<PlanCandidate | undefined>;
  /** What a model costs, by its reference. Default: nothing is known to cost anything. */
  readonly price?: (ref: string) => ModelPrice | undefined;
  /** Used where `models.cache` is on. */
  readonly cache?: ResponseCache;
  /** Part of the key of a kept answer: answers of another version are not given. */
  readonly version: string;
}

/** What a model is opened for. */
export interface ModelPurpose {
  readonly role: ModelRole;
  /** Absolute path of the folder that the calls are about; unset where they are about none. */
  readonly workspace?: string | undefined;
  readonly turnId?: string | undefined;
  readonly tally?: Tally | undefined;
}

export interface OpenedModel {
  readonly model: Model;
  /** What had to be given up to make it fit, one sentence each; told once for each load. */
  readonly gaveUp: readonly string[];
}

/** Every model that the program uses comes from here, with the scheduler in front of it. There is no other way to a runtime. */
export interface Models {
  /** The first of `candidates`. Rejects with `MODEL_REF_INVALID` or `MODEL_NOT_FOUND`. */
  choose(ask?: ModelAsk): Promise<ChosenModel>;
  /** What may serve a role, in the order in which it is to be tried: the choice, then the configured fallbacks. Looked up one by one. */
  candidates(ask?: ModelAsk): AsyncGenerator<ChosenModel, void>;
  /**
   * Loads a model where it is not in memory. Its calls wait in the queue, are counted, and load it again where it was unloaded meanwhile.
   * Rejects with `REMOTE_FORBIDDEN` before anything is sent, where a rule of the workspace forbids it, and with what the load rejects with.
   */
  open(ref: string, purpose: ModelPurpose, signal?: AbortSignal): Promise<OpenedModel>;
  /** Frees its memory as soon as its calls have ended, and says how many bytes were set aside; `MODEL_NOT_FOUND` where it is not loaded. */
  unload(ref: string): Promise<number>;
  list(): Promise<{ chat: string; models: ModelInfo[]; stored: StoredModel[] }>;
  ways(signal?: AbortSignal): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What is kept about a model between its loads. */
interface Resident {
  readonly spec: ResidentSpec<Model>;
  /** How it was loaded last. */
  load: LoadOptions;
  /** What the last load gave up, until somebody was told. */
  gaveUp: readonly string[];
  speeds: MeasuredSpeeds | undefined;
  /** When its speeds were last asked for, in milliseconds. */
  lookedAt: number;
}

/** Speeds are asked for this seldom at most: the question goes to the process that the next call goes to. */
const speedsMs = 500;

export function createModels(options: ModelsOptions): Models {
  const { runtimes, store, admission, residency, telemetry, usage, config, now, price } = options;
  const candidates = createModelCandidates(options);
  const planPorts: LoadPlanPorts = {
    ...options,
    limits: {
      contextLength: config.contextLength,
      kvType: config.kvType,
      threads: config.threads,
      memoryLimit: config.memoryLimit === undefined ? undefined : config.memoryLimit * 2 ** 20,
      gpuOff: config.gpu === 'off',
    },
  };
  const specs = new Map<string, Resident>();

  const runtimeOf = (ref: string): ModelRuntime => {
    const scheme = ref.slice(0, Math.max(0, ref.indexOf(':')));
    const runtime = runtimes.find((candidate) => candidate.scheme === scheme);
    if (!runtime) throw new NootropicError('MODEL_REF_INVALID', `The model reference "${ref}" is not understood.`);
    return runtime;
  };

  /** A key always comes with the same spec; how the model is loaded is planned anew at each load. */
  const residentOf = (key: string, ref: string, role: ModelRole): Resident => {
    const known = specs.get(key);
    if (known) return known;
    const runtime = runtimeOf(ref);
    const spec: ResidentSpec<Model> = {
      what: ref,
      async estimate() {
        const plan = await planLoad(planPorts, ref, role);
        made.load = { ...plan.options, role };
        made.gaveUp = plan.gaveUp;
        return runtime.estimate(ref, made.load);
      },
      async load(signal) {
        const since = now();
        const model = await runtime.load(ref, { ...made.load, signal }).catch((error: unknown) => {
          telemetry.count('nootropic_model_loads_total', 1, { scheme: runtime.scheme, result: 'failed' });
          throw error;
        });
        telemetry.count('nootropic_model_loads_total', 1, { scheme: runtime.scheme, result: 'ok' });
        telemetry.time('nootropic_model_load_seconds', (now() - since) / 1000, { scheme: runtime.scheme });
        return model;
      },
    };
    const made: Resident = { spec, load: { role }, gaveUp: [], speeds: undefined, lookedAt: -Infinity };
    specs.set(key, made);
    return made;
  };

  const forbidden = (ref: string, rule: string) =>
    new NootropicError('REMOTE_FORBIDDEN', `${ref} is not on this machine, and ${rule}. Nothing was sent.`);

  const cached = async (model: Model, resident: Resident): Promise<Model> => {
    if (config.cache === 'off' || !options.cache) return model;
    const { ref } = model.info;
    const stored = (await store.list()).find((each) => each.ref === ref);
    // Without the hash of its weights a model may be another one tomorrow under the same name.
    if (!stored?.sha256) return model;
    const identity = () => JSON.stringify([options.version, stored.sha256, resident.load]);
    return cacheModel(model, { cache: options.cache, identity });
  };

  const choose = async (ask?: ModelAsk): Promise<ChosenModel> => {
    for await (const chosen of candidates(ask)) return chosen;
    return { ref: 'none', reason: 'no language model is installed', role: ask?.role ?? 'chat', named: false };
  };

  return {
    candidates,
    choose,
    async open(ref, { role, workspace, turnId, tally }, signal) {
      const project = workspace === undefined ? undefined : await options.projectRules(workspace);
      const rule = remoteRule({ folders: config.neverRemote, workspace, project });
      if (rule !== undefined && !isLocalRef(ref)) throw forbidden(ref, rule);
      const runtime = runtimeOf(ref);
      const key = keyOf(role, ref);
      const resident = residentOf(key, ref, role);
      const lease = await residency.use(key, resident.spec, signal);
      const { info } = lease.model;
      lease.release();
      if (rule !== undefined && !info.local) throw forbidden(ref, rule);
      const onUsed = () => {
        if (now() - resident.lookedAt < speedsMs) return;
        resident.lookedAt = now();
        void runtime.health().then(({ models }) => {
          const running = models.find((each) => each.ref === info.ref);
          if (running) resident.speeds = { prompt: running.promptSpeed, write: running.writeSpeed };
        });
      };
      const scheduled = scheduleModel(
        createResidentModel({ residency, key, spec: resident.spec, info, onUsed }),
        admission,
        { readyMs: () => residency.readyMs(key), speeds: () => resident.speeds },
      );
      const metered = meterModel(scheduled, { usage, telemetry, now, turnId, tally, price: price?.(info.ref) });
      const { gaveUp } = resident;
      resident.gaveUp = [];
      return { model: await cached(metered, resident), gaveUp };
    },
    async unload(ref) {
      const keys = [...specs.keys()].filter((key) => key.slice(key.indexOf(' ') + 1) === ref);
      const held = residency.view().filter(({ key }) => keys.includes(key));
      if (held.length === 0) throw new NootropicError('MODEL_NOT_FOUND', `${ref} is not in memory.`);
      await Promise.all(held.map(({ key }) => residency.unload(key)));
      return held.reduce((sum, { planned }) => sum + planned, 0);
    },
    async list() {
      const [chosen, stored, ...lists] = await Promise.all([
        choose().catch(() => ({ ref: config.chat ?? 'none' })),
        store.list(),
        ...runtimes.map((runtime) => runtime.list()),
      ]);
      return { chat: chosen.ref, models: lists.flat(), stored };
    },
    ways: options.ways,
    async [Symbol.asyncDispose]() {
      // An idle model first writes down what it has read. One that was left behind in the middle of its work is not waited for.
      const busy = residency.view().some(({ state }) => state !== 'idle');
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, busy ? 50 : 10_000);
      await Promise.race([residency[Symbol.asyncDispose]().catch(() => undefined), patience.promise]);
      clearTimeout(timer);
      await Promise.allSettled(runtimes.map((runtime) => runtime[Symbol.asyncDispose]()));
    },
  };
}

/** One load for each reference and role. */
export function keyOf(role: ModelRole, ref: string): string {
  return `${role} ${ref}`;
}

import {
  NootropicError,
  type LoadOptions,
  type Model,
  type ModelInfo,
  type ModelRole,
  type ModelRuntime,
  type ModelStore,
  type StoredModel,
} from '@nootropic/contracts';
import { admitModel, type Admission } from '@nootropic/scheduler';

export interface ModelsOptions {
  readonly runtimes: readonly ModelRuntime[];
  readonly store: ModelStore;
  readonly admission: Admission;
  /** The reference that the user configured for answers. */
  readonly chat?: string;
  readonly load: Pick<LoadOptions, 'contextLength' | 'threads'>;
  /** Ways to a model on this machine, one line each, for a person who has none. */
  readonly ways: (signal?: AbortSignal) => Promise<string[]>;
}

export interface ChosenModel {
  /** `none` where the answer is extractive. */
  readonly ref: string;
  readonly reason: string;
}

/** Every model that the program uses comes from here, with the scheduler in front of it. There is no other way to a runtime. */
export interface Models {
  choose(ref?: string): Promise<ChosenModel>;
  /** Loads once per reference and role; later calls get the same model. */
  load(ref: string, role: ModelRole, signal?: AbortSignal): Promise<Model>;
  list(): Promise<{ chat: string; models: ModelInfo[]; stored: StoredModel[] }>;
  ways(signal?: AbortSignal): Promise<string[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function createModels(options: ModelsOptions): Models {
  const { runtimes, store, admission } = options;
  const loaded = new Map<string, Promise<Model>>();

  /** A reference stays as it is; anything else is taken for the name of an imported model. */
  const resolve = async (ref: string): Promise<string> => {
    if (ref === 'none' || runtimes.some(({ scheme }) => ref.startsWith(`${scheme}:`))) return ref;
    try {
      return (await store.show(ref)).ref;
    } catch (cause) {
      if (!NootropicError.is(cause) || cause.code !== 'MODEL_NOT_FOUND') throw cause;
      throw new NootropicError(
        'MODEL_REF_INVALID',
        `"${ref}" is neither a model reference nor the name of an imported model.`,
        { cause },
      );
    }
  };

  const choose = async (ref?: string): Promise<ChosenModel> => {
    if (ref !== undefined) return { ref: await resolve(ref), reason: 'named for this turn' };
    if (options.chat !== undefined) return { ref: await resolve(options.chat), reason: 'configured as models.chat' };
    const newest = (await store.list())
      .filter((model) => model.role === 'chat')
      .sort((a, b) => b.importedAt - a.importedAt)[0];
    if (newest) return { ref: newest.ref, reason: 'the newest imported model' };
    return { ref: 'none', reason: 'no language model is installed' };
  };

  return {
    choose,
    async load(ref, role, signal) {
      const key = `${role} ${ref}`;
      const running = loaded.get(key);
      if (running) return unlessAborted(running, signal);
      const scheme = ref.slice(0, Math.max(0, ref.indexOf(':')));
      const runtime = runtimes.find((candidate) => candidate.scheme === scheme);
      if (!runtime) throw new NootropicError('MODEL_REF_INVALID', `The model reference "${ref}" is not understood.`);
      // Callers share a load: one that gives up must not take it from the others.
      const load = admitModel({ runtime, ref }, admission, { role, ...options.load });
      loaded.set(key, load);
      load.catch(() => loaded.delete(key));
      return unlessAborted(load, signal);
    },
    async list() {
      const [chosen, stored, ...lists] = await Promise.all([
        choose().catch(() => ({ ref: options.chat ?? 'none' })),
        store.list(),
        ...runtimes.map((runtime) => runtime.list()),
      ]);
      return { chat: chosen.ref, models: lists.flat(), stored };
    },
    ways: options.ways,
    async [Symbol.asyncDispose]() {
      // Closing a runtime ends the loads that are under way in it; nobody waits for those.
      const models = [...loaded.values()].map(async (load) => (await load)[Symbol.asyncDispose]());
      await Promise.allSettled([...models, ...runtimes.map((runtime) => runtime[Symbol.asyncDispose]())]);
    },
  };
}

/** The same result, or `ABORTED` for this caller as soon as its signal fires. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const aborted = Promise.withResolvers<never>();
  const onAbort = () => aborted.reject(new NootropicError('ABORTED'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

import {
  modelRoles,
  NootropicError,
  type Assistant,
  type ModelListing,
  type ModelRole,
  type Secrets,
  type UsageLog,
  type Config,
} from '@nootropic/contracts';
import { benchModel } from './model-bench.ts';
import { catalogueEntry, listingOf, planOne, recommendModels, type PlanPorts } from './model-plan.ts';
import { modelsStatus, type StatusPorts } from './model-status.ts';
import type { Models } from './models.ts';
import { reportOf, stoppable } from './stoppable.ts';

export interface ModelRequestPorts extends PlanPorts, StatusPorts {
  readonly models: Models;
  readonly usage: UsageLog;
  readonly secrets: Secrets;
  readonly config: Config;
  readonly now: () => number;
  /** Model files that other programs left on this machine. */
  readonly findLocal: (signal?: AbortSignal) => Promise<ModelListing[]>;
}

interface CallSignal {
  readonly signal?: AbortSignal | undefined;
}

const dayMs = 86_400_000;
const providers = ['openai', 'anthropic', 'google', 'xai'] as const;

/** The models that a person manages: what `models` and `keys` of the contract ask. */
export function createModelRequests(ports: ModelRequestPorts): Pick<Assistant, 'models' | 'keys'> {
  const { models, store, sources, secrets, usage, config, now } = ports;

  /** The reference of an imported name, of a catalogue name that was pulled, or of what is a reference already. */
  const resolve = async (ref: string, role?: ModelRole): Promise<{ ref: string; role: ModelRole }> => {
    const stored = await store.list();
    const known = stored.find((each) => each.name === ref || each.ref === ref);
    if (known) return { ref: known.ref, role: role ?? known.role };
    const chosen = await models.choose({ ref, ...(role && { role }) });
    const found = stored.find((each) => each.ref === chosen.ref);
    return { ref: chosen.ref, role: role ?? found?.role ?? 'chat' };
  };

  const running = async (ref: string) => {
    const status = await modelsStatus(ports);
    const found = status.models.find((model) => model.ref === ref);
    if (found) return found;
    throw new NootropicError('MODEL_UNSUPPORTED', `${ref} runs on another machine: there is nothing to load here.`);
  };

  const search = async (query: string, limit: number, signal?: AbortSignal) => {
    const words = query.toLowerCase().split(/\s+/u).filter(Boolean);
    const matches = ({ name, ref }: ModelListing) =>
      words.every((word) => `${name} ${ref}`.toLowerCase().includes(word));
    const lists = await Promise.all(
      modelRoles.map(async (role) => (await ports.catalogue(role)).map((entry) => listingOf(entry, role))),
    );
    const listed = lists.flat();
    const asked = [
      ports.findLocal(signal).then((found) => found.filter(matches)),
      ...(query === '' ? [] : sources.map((source) => source.search(query, { limit, ...(signal && { signal }) }))),
    ];
    const answers = await Promise.allSettled(asked);
    signal?.throwIfAborted();
    const listings = [
      ...listed.filter(matches),
      ...answers.flatMap((each) => (each.status === 'fulfilled' ? each.value : [])),
    ];
    const seen = new Set<string>();
    const fresh = listings.filter(({ ref }) => !seen.has(ref) && seen.add(ref));
    const notices = answers.flatMap((each) =>
      each.status === 'rejected' ? [NootropicError.from(each.reason).message] : [],
    );
    return { listings: fresh.slice(0, limit), notices };
  };

  const keyOf = async (provider: string) => {
    const known = providers.find((each) => each === provider);
    if (!known)
      throw new NootropicError(
        'INPUT_INVALID',
        `There is no provider "${provider}". There are: ${providers.join(', ')}.`,
      );
    return { provider: known, place: await secrets.place(known), enabled: config.providers.enabled.includes(known) };
  };

  return {
    models: {
      list: async () => models.list(),
      show: async ({ name }) => store.show(name),
      import: async ({ path }, options?: CallSignal) =>
        stoppable(
          (signal) =>
            reportOf(async (report) => {
              const onProgress = (done: number, total: number) => report({ type: 'progress', done, total });
              return { type: 'imported', model: await store.import(path, { signal, onProgress }) };
            }),
          options?.signal,
        ),
      search: async ({ query = '', limit = 20 } = {}, options?: CallSignal) =>
        search(query.trim(), Number(limit), options?.signal),
      recommend: async () => recommendModels(ports),
      plan: async ({ ref, contextLength, role }, options?: CallSignal) => {
        const length = contextLength === undefined ? undefined : Number(contextLength);
        return planOne(ports, { ref, role, contextLength: length }, options?.signal);
      },
      pull: async ({ ref }, options?: CallSignal) => stoppable((signal) => pull(ports, ref, signal), options?.signal),
      bench: async ({ name }, options?: CallSignal) => {
        const model = await store.show(name);
        return stoppable((signal) => benchModel({ ...ports, model }, signal), options?.signal);
      },
      load: async ({ ref, role }, options?: CallSignal) => {
        const wanted = await resolve(ref, role);
        const { model } = await models.open(wanted.ref, { role: wanted.role }, options?.signal);
        return running(model.info.ref);
      },
      unload: async ({ ref }) => {
        const wanted = await resolve(ref);
        return { ref: wanted.ref, freed: await models.unload(wanted.ref) };
      },
      ps: async () => modelsStatus(ports),
      remove: async ({ name }) => {
        const { ref, name: exact } = await store.show(name);
        await models.unload(ref).catch((cause: unknown) => {
          if (NootropicError.from(cause).code !== 'MODEL_NOT_FOUND') throw cause;
        });
        return store.remove(exact);
      },
      usage: async ({ days = 30 } = {}) => usage.sum({ since: now() - Number(days) * dayMs }),
    },
    keys: {
      list: async () => Promise.all(providers.map(keyOf)),
      set: async ({ provider, key }) => {
        const { provider: known } = await keyOf(provider);
        await secrets.write(known, key);
        return keyOf(known);
      },
      remove: async ({ provider }) => {
        const { provider: known } = await keyOf(provider);
        await secrets.remove(known);
        return keyOf(known);
      },
    },
  };
}

type Pulled =
  Awaited<ReturnType<Assistant['models']['pull']>> extends AsyncIteratorObject<infer Item, unknown, unknown>
    ? Item
    : never;

async function* pull(
  { store, sources, catalogue }: PlanPorts,
  asked: string,
  signal: AbortSignal,
): AsyncGenerator<Pulled, void> {
  const ref = (await catalogueEntry(catalogue, asked))?.entry.ref ?? asked;
  const source = sources.find(({ scheme }) => ref.startsWith(`${scheme}:`));
  if (!source) {
    const schemes = sources.map(({ scheme }) => `${scheme}:…`).join(', ');
    throw new NootropicError(
      'MODEL_REF_INVALID',
      `"${asked}" is not in the catalogue, and begins with none of ${schemes}.`,
      {
        hint: 'Look for it with `nootropic models search`; a file on this machine is taken in with `nootropic models import`.',
      },
    );
  }
  const download = await source.resolve(ref, signal);
  const bytes = download.files.reduce((sum, file) => sum + file.bytes, 0);
  yield {
    type: 'resolved',
    ref: download.ref,
    bytes,
    ...(download.license !== undefined && { license: download.license }),
  };
  yield* reportOf<Pulled>(async (report) => {
    const onProgress = (done: number, total: number) => report({ type: 'progress', done, total });
    return { type: 'pulled', model: await store.pull(download, { signal, onProgress }) };
  });
}

import {
  NootropicError,
  type Config,
  type ModelInfo,
  type ModelRole,
  type ModelRuntime,
  type ModelStore,
  type StoredModel,
} from '@nootropic/contracts';
import { diffChars } from 'diff';
import type { GatewayModel } from './gateway.ts';
import type { ChosenModel } from './model-candidates.ts';
import { isNeeds, storedOffer } from './model-needs.ts';
import type { Models } from './models.ts';
import { isLocalRef } from './never-remote.ts';

export interface GatewayNamesPorts {
  readonly models: Pick<Models, 'candidates' | 'ways'>;
  readonly store: ModelStore;
  readonly runtimes: readonly ModelRuntime[];
  /** The keys of models in memory, as `keyOf` makes them. */
  readonly residency: { view(): readonly { readonly key: string; readonly state: 'loading' | 'busy' | 'idle' }[] };
  readonly config: Pick<Config['models'], 'chat' | 'completion' | 'embedding' | 'reranking' | 'fallback'>;
  /** Milliseconds. Default: the process's own clock. */
  readonly now?: () => number;
}

/** What a name means. */
export interface NamedModel {
  readonly model: GatewayModel;
  /** Where nothing was named: what is tried after it when it cannot be used. */
  readonly next?: () => Promise<GatewayModel | undefined>;
}

/** Names that mean the model that is configured for the role. */
const standIns = ['', 'default', 'nootropic'];
/** So long a name means what it meant: a request need not look at the disk for what the one before it saw. In milliseconds. */
const rememberMs = 1_000;
/** So many of the nearest names are told to who gave one that is none. */
const nearest = 3;

/**
 * The models by the names that other programs call them. A stored model is called as it was imported; what a server offers, and what is
 * configured, by the name in its reference, or by the whole reference where two would be called the same.
 */
export function createGatewayNames(ports: GatewayNamesPorts) {
  const { models, store, runtimes, residency, config, now = () => performance.now() } = ports;
  const stored = remembered(now, () => store.list());
  const firstOf = remembered(now, async (role: ModelRole) => (await models.candidates({ role }).next()).value);
  const configured = (role: ModelRole): string | undefined => config[role];
  const wanted = [config.chat, config.completion, config.embedding, config.reranking, ...config.fallback];
  const isReference = (text: string) => runtimes.some(({ scheme }) => text.startsWith(`${scheme}:`));
  const isLoaded = (ref: string) =>
    residency.view().some(({ key, state }) => state !== 'loading' && key.slice(key.indexOf(' ') + 1) === ref);

  const fromStore = (stored: StoredModel): GatewayModel => ({
    info: storedOffer(stored).info,
    name: stored.name,
    role: stored.role,
    loaded: isLoaded(stored.ref),
    bytes: stored.bytes,
    sha256: stored.sha256,
    architecture: stored.architecture,
    importedAt: stored.importedAt,
  });

  const roleOf = (info: ModelInfo): ModelRole => {
    const named = (['chat', 'embedding', 'reranking', 'completion'] as const).find(
      (role) => configured(role) === info.ref,
    );
    if (named) return named;
    if (info.can.includes('generate')) return 'chat';
    return info.can.includes('embed') ? 'embedding' : info.can.includes('rerank') ? 'reranking' : 'chat';
  };

  const fromInfo = (info: ModelInfo, name: string): GatewayModel => ({
    info,
    name,
    role: roleOf(info),
    loaded: isLoaded(info.ref),
    bytes: 0,
    importedAt: 0,
  });

  const byRef = async (ref: string): Promise<GatewayModel> => {
    const found = (await stored('all')).find((each) => each.ref === ref);
    return found ? fromStore(found) : fromInfo(unknownInfo(ref), shortName(ref));
  };

  const list = async (): Promise<GatewayModel[]> => {
    const [own, ...offered] = await Promise.all([store.list(), ...runtimes.map((runtime) => runtime.list())]);
    const mine = own.map(fromStore);
    const refs = new Set(mine.map(({ info }) => info.ref));
    const named = wanted.flatMap((ref) => (ref !== undefined && isReference(ref) ? [unknownInfo(ref)] : []));
    const others = [...offered.flat(), ...named].filter(({ ref }) => !refs.has(ref) && refs.add(ref));
    const taken = new Map<string, number>();
    for (const name of [...mine.map(({ name: each }) => each), ...others.map(({ ref }) => shortName(ref))])
      taken.set(name, (taken.get(name) ?? 0) + 1);
    return [
      ...mine,
      ...others.map((info) => {
        const short = shortName(info.ref);
        return fromInfo(info, taken.get(short) === 1 ? short : info.ref);
      }),
    ];
  };

  const usable = async ({ ref, role }: ChosenModel): Promise<GatewayModel | undefined> =>
    ref === 'none' ? undefined : { ...(await byRef(ref)), role };

  const unnamed = async (role: ModelRole): Promise<NamedModel> => {
    const first = await firstOf(role);
    const model = first && (await usable(first));
    let rest: AsyncGenerator<ChosenModel, void> | undefined;
    const next = async (): Promise<GatewayModel | undefined> => {
      if (!rest) {
        rest = models.candidates({ role });
        await rest.next();
      }
      const { value } = await rest.next();
      return value ? usable(value) : undefined;
    };
    if (model) return { model, next };
    const what = role === 'chat' ? 'There is no model here that answers.' : `No model is set for ${role}.`;
    const hint =
      role === 'chat'
        ? `Give it one: ${(await models.ways()).join('; ')}.`
        : `Import one, or name it with \`nootropic config set models.${role} REF\`.`;
    throw new NootropicError('MODEL_NOT_FOUND', what, { hint });
  };

  /** By the name of a stored model or a reference, without asking any server. */
  const known = async (name: string): Promise<GatewayModel | undefined> => {
    const found = (await stored('all')).find((each) => each.name === name || each.ref === name);
    if (found) return fromStore(found);
    return isReference(name) ? fromInfo(unknownInfo(name), shortName(name)) : undefined;
  };

  const search = async (name: string): Promise<GatewayModel> => {
    const all = await list();
    const lower = name.toLowerCase();
    const same = all.filter((each) => each.name.toLowerCase() === lower || each.info.ref.toLowerCase() === lower);
    if (same.length === 1 && same[0]) return same[0];
    const starting = all.filter((each) => each.name.toLowerCase().startsWith(lower));
    if (starting.length === 1 && starting[0]) return starting[0];
    const close = (starting.length > 0 ? starting : all)
      .map((each) => ({ name: each.name, likeness: likeness(each.name.toLowerCase(), lower) }))
      .sort((a, b) => b.likeness - a.likeness)
      .slice(0, nearest)
      .map((each) => each.name);
    const said = close.length === 0 ? 'There is none here.' : `The nearest names are: ${close.join(', ')}.`;
    throw new NootropicError('MODEL_NOT_FOUND', `There is no model named "${name}". ${said}`);
  };

  return {
    list,
    /** @param listedOnly Takes no reference that is neither configured nor given by `list`. */
    async find(name: string | undefined, role: ModelRole, listedOnly = false): Promise<NamedModel> {
      const asked = (name ?? '').trim().replace(/:latest$/u, '');
      if (standIns.includes(asked.toLowerCase())) return unnamed(role);
      if (isNeeds(asked)) {
        const { value } = await models.candidates({ role, ref: asked }).next();
        if (value) return { model: await byRef(value.ref) };
      }
      const found = await known(asked);
      // A program that names another machine by its address is not to be the one that decides where things are sent.
      const isFree = found?.sha256 !== undefined || wanted.includes(asked) || (!listedOnly && isLocalRef(asked));
      return { model: found && isFree ? found : await search(asked) };
    },
  };
}

export type GatewayNames = ReturnType<typeof createGatewayNames>;

/** The same function, whose answers hold for a moment; a failure is not kept. */
function remembered<Key extends string, T>(
  now: () => number,
  look: (key: Key) => Promise<T>,
): (key: Key) => Promise<T> {
  const seen = new Map<Key, { readonly at: number; readonly value: Promise<T> }>();
  return async (key) => {
    const known = seen.get(key);
    if (known && now() - known.at < rememberMs) return known.value;
    const value = look(key);
    seen.set(key, { at: now(), value });
    value.catch(() => seen.delete(key));
    return value;
  };
}

/** What is known of a model that no list describes. */
function unknownInfo(ref: string): ModelInfo {
  return { ref, name: shortName(ref), can: ['generate'], contextLength: 0, dimensions: 0, local: isLocalRef(ref) };
}

/** `qwen3` of `ollama:qwen3@http://…`, `a` of `file:/models/a.gguf`. */
export function shortName(ref: string): string {
  const rest = ref.slice(ref.indexOf(':') + 1).replace(/@https?:\/\/.*$/isu, '');
  if (!ref.startsWith('file:')) return rest.replace(/:latest$/u, '');
  return (rest.split(/[/\\]/u).at(-1) ?? rest).replace(/\.gguf$/iu, '');
}

/** Share of two words that is common to both, 0 to 1: twice the common characters, in their order, of all characters. */
function likeness(a: string, b: string): number {
  let common = 0;
  for (const part of diffChars(a, b)) if (!part.added && !part.removed) common += part.value.length;
  return (2 * common) / Math.max(1, a.length + b.length);
}

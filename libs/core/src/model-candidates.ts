import {
  NootropicError,
  type Config,
  type ErrorCode,
  type ModelRole,
  type ModelRuntime,
  type ModelStore,
} from '@nootropic/contracts';
import type { ModelPrice } from './metered-model.ts';
import {
  isNeeds,
  offersThatMeet,
  parseNeeds,
  storedOffer,
  whatIsMissing,
  whyOffer,
  type ModelOffer,
} from './model-needs.ts';
import { isLocalRef } from './never-remote.ts';

export interface ModelAsk {
  /** Default `chat`. */
  readonly role?: ModelRole;
  /** What a person named: a reference, the name of an imported model, or `needs:…`. Default: what is configured for the role. */
  readonly ref?: string | undefined;
}

export interface ChosenModel {
  /** `none` where the answer is extractive, or where nothing serves the role. */
  readonly ref: string;
  /** Why it was chosen, in a few words. */
  readonly reason: string;
  /** What it is to be loaded for: completions by the model that answers use that one. */
  readonly role: ModelRole;
  /** Named by a person for this call, not by the configuration. */
  readonly named: boolean;
}

/** After these the next model is tried: the model, not the question, was the trouble. */
const fallbackCodes: readonly ErrorCode[] = [
  'MODEL_UNREACHABLE',
  'MODEL_LOAD_FAILED',
  'MODEL_DEGRADED',
  'MODEL_CRASHED',
  'MODEL_TIMEOUT',
  'MODEL_TOO_LARGE',
  'MODEL_FILE_INVALID',
  'KEY_MISSING',
];
/** A person who names a model wants to hear of these; where the configuration names it, the next one is tried. */
const configuredCodes: readonly ErrorCode[] = ['REMOTE_FORBIDDEN', 'MODEL_NOT_FOUND', 'MODEL_REF_INVALID'];

/** Whether the next candidate is to be tried after this failure of one. */
export function mayFallBack(error: NootropicError, failed: ChosenModel): boolean {
  if (fallbackCodes.includes(error.code)) return true;
  // The queue here is no longer for another model of this machine.
  if (error.code === 'QUEUE_FULL') return !isLocalRef(failed.ref);
  return !failed.named && configuredCodes.includes(error.code);
}

/**
 * The models that may serve a role, in order: what was named or configured (all that meet them, where those are needs), else what is there;
 * then `models.fallback`. Where a person named a model of this machine, no fallback leaves it.
 * The first rejects with `MODEL_REF_INVALID` or `MODEL_NOT_FOUND` where it cannot be made out; a fallback that cannot be is given as it is written.
 */
export function createModelCandidates(options: {
  readonly runtimes: readonly ModelRuntime[];
  readonly store: ModelStore;
  readonly config: Config['models'];
  readonly price?: (ref: string) => ModelPrice | undefined;
}): (ask?: ModelAsk) => AsyncGenerator<ChosenModel, void> {
  const { runtimes, store, config, price } = options;

  const offers = async (): Promise<ModelOffer[]> => {
    const [stored, ...lists] = await Promise.all([store.list(), ...runtimes.map((runtime) => runtime.list())]);
    const kept = stored.map(storedOffer);
    const others = lists.flat().filter(({ ref }) => !kept.some(({ info }) => info.ref === ref));
    return [...kept, ...others.map((info) => ({ info, price: price?.(info.ref) }))];
  };

  const byNeeds = async (text: string, role: ModelRole): Promise<{ ref: string; reason: string }[]> => {
    const needs = parseNeeds(text, role);
    const all = await offers();
    const meeting = offersThatMeet(all, needs);
    if (meeting.length === 0) {
      const why = all.slice(0, 5).map((offer) => `${offer.info.name}: ${whatIsMissing(offer, needs).join(', ')}`);
      const seen = why.length === 0 ? 'There is no model here.' : `Of those here, ${why.join('; ')}.`;
      throw new NootropicError('MODEL_NOT_FOUND', `No model meets "${text}". ${seen}`);
    }
    return meeting.map((offer) => ({ ref: offer.info.ref, reason: whyOffer(offer, text) }));
  };

  const resolve = async (ref: string, role: ModelRole, why: string): Promise<{ ref: string; reason: string }[]> => {
    if (isNeeds(ref))
      return (await byNeeds(ref, role)).map(({ ref: met, reason }) => ({ ref: met, reason: `${reason} (${why})` }));
    if (ref === 'none' || runtimes.some(({ scheme }) => ref.startsWith(`${scheme}:`))) return [{ ref, reason: why }];
    try {
      return [{ ref: (await store.show(ref)).ref, reason: why }];
    } catch (cause) {
      if (!NootropicError.is(cause) || cause.code !== 'MODEL_NOT_FOUND') throw cause;
      const said = `"${ref}" is neither a model reference nor the name of an imported model.`;
      throw new NootropicError('MODEL_REF_INVALID', said, { cause });
    }
  };

  const newest = async (role: ModelRole) =>
    (await store.list()).filter((model) => model.role === role).sort((a, b) => b.importedAt - a.importedAt)[0];

  /** What serves a role for which nothing is configured. */
  async function* unconfigured(role: ModelRole): AsyncGenerator<ChosenModel, void> {
    const model = await newest(role);
    const about = { role, named: false };
    if (model)
      yield { ref: model.ref, reason: `the newest imported model${role === 'chat' ? '' : ` for ${role}`}`, ...about };
    else if (role === 'completion') {
      for await (const chosen of first('chat')) yield { ...chosen, reason: `the model that answers: ${chosen.reason}` };
    } else
      yield {
        ref: 'none',
        reason: role === 'chat' ? 'no language model is installed' : `no model for ${role}`,
        ...about,
      };
  }

  async function* first(role: ModelRole, ref?: string): AsyncGenerator<ChosenModel, void> {
    const text = ref ?? config[role];
    if (text === undefined) {
      yield* unconfigured(role);
      return;
    }
    const why = ref === undefined ? `configured as models.${role}` : 'named for this turn';
    for (const met of await resolve(text, role, why)) yield { ...met, role, named: ref !== undefined };
  }

  return async function* candidates({ role = 'chat', ref } = {}) {
    const tried = new Set<string>();
    let staysHere = false;
    for await (const chosen of first(role, ref)) {
      if (tried.has(chosen.ref)) continue;
      if (chosen.ref === 'none') {
        yield chosen;
        return;
      }
      staysHere = chosen.named && isLocalRef(chosen.ref);
      tried.add(chosen.ref);
      yield chosen;
    }
    if (role !== 'chat' && role !== 'completion') return;
    for (const [place, fallback] of config.fallback.entries()) {
      const why = `number ${place + 1} of models.fallback`;
      const about = { role, named: false };
      const met = await resolve(fallback, role, why).catch(() => [{ ref: fallback, reason: why }]);
      for (const { ref: next, reason } of met) {
        if (tried.has(next) || (staysHere && !isLocalRef(next))) continue;
        tried.add(next);
        yield { ref: next, reason, ...about };
      }
    }
  };
}

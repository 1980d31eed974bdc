import { completionRoom, type CompletionRoom } from '@nootropic/context';
import {
  NootropicError,
  type CompletionState,
  type Config,
  type Model,
  type ModelRuntime,
  type StoredModel,
} from '@nootropic/contracts';
import type { Admission } from '@nootropic/scheduler';
import { mayFallBack, type ChosenModel } from './model-candidates.ts';
import { keyOf, type Models } from './models.ts';
import { isLocalRef } from './never-remote.ts';

export interface CompletionModelPorts {
  readonly models: Models;
  readonly runtimes: readonly ModelRuntime[];
  readonly store: { list(): Promise<StoredModel[]> };
  readonly residency: { view(): readonly { readonly key: string; readonly state: 'loading' | 'busy' | 'idle' }[] };
  readonly admission: Pick<Admission, 'predict'>;
  readonly config: Pick<Config, 'models'>;
  readonly now: () => number;
}

/** A model that completes, and how. */
export interface CompletionModel {
  readonly model: Model;
  /** Whether it is asked to go on from the text alone, since it knows no gaps. */
  readonly raw: boolean;
  readonly room: CompletionRoom;
}

export interface CompletionModels {
  /** Rejects with `MODEL_NOT_FOUND` where none may be used, and with what a load rejects with. */
  open(workspace: string): Promise<CompletionModel>;
  /** The next request asks anew which model there is. */
  forget(): void;
  state(client: string): Promise<CompletionState>;
}

/** With every key the same model is asked for: for so long it is not looked for again, in milliseconds. */
const rememberedMs = 5_000;
const mostRemembered = 8;
/** A speed counts as another when it is so many times as high or low, and is looked at again after so long. */
const otherSpeed = 2.5;
const steadyMs = 60_000;
/** After this the first words of a completion are of no use; the queue refuses it. */
const usefulMs = 2_000;

const noModel =
  'No model completes here. Import or pull one that fills gaps, for example `nootropic models pull qwen2.5-coder-1.5b`, or name one with `nootropic config set models.completion REF`.';
const remoteOnly =
  'The model that answers is on another machine, and what is typed is not sent there unless models.completion names it.';

/**
 * The model for completions: the one of that role, else the one that answers, where it is on this machine; it fills gaps where it can, else it goes on from
 * the text before the cursor. A model elsewhere is used only where `models.completion` is set: every key would be sent to it.
 */
export function createCompletionModels(ports: CompletionModelPorts): CompletionModels {
  const { models, runtimes, residency, admission, config, now } = ports;
  const opened = new Map<string, { readonly at: number; readonly model: Promise<CompletionModel> }>();
  const speeds = new Map<string, { readonly tokens: number; readonly at: number }>();
  const mayBeRemote = config.models.completion !== undefined;

  /** How fast it reads. What was measured first holds for a while, and then until it is another by far: with it the cut of the text would move. */
  const speedOf = async (ref: string): Promise<number | undefined> => {
    const held = speeds.get(ref);
    if (held !== undefined && now() - held.at < steadyMs) return held.tokens;
    const runtime = runtimes.find(({ scheme }) => ref.startsWith(`${scheme}:`));
    const health = await runtime?.health();
    const measured = health?.models.find((each) => each.ref === ref)?.promptSpeed;
    if (measured === undefined || measured <= 0) return held?.tokens;
    const isSame = held !== undefined && measured < held.tokens * otherSpeed && measured > held.tokens / otherSpeed;
    const tokens = isSame ? held.tokens : measured;
    speeds.set(ref, { tokens, at: now() });
    return tokens;
  };

  const load = async ({ ref, role }: ChosenModel, workspace: string): Promise<CompletionModel> => {
    const { model } = await models.open(ref, { role, workspace });
    if (!model.info.local && !mayBeRemote) throw new NootropicError('MODEL_NOT_FOUND', remoteOnly);
    const { can, contextLength } = model.info;
    if (!can.includes('infill') && !can.includes('generate'))
      throw new NootropicError('MODEL_UNSUPPORTED', `${model.info.name} writes no text.`);
    const room = completionRoom(await speedOf(model.info.ref), contextLength);
    return { model, raw: !can.includes('infill'), room };
  };

  const find = async (workspace: string): Promise<CompletionModel> => {
    let first: NootropicError | undefined;
    for await (const chosen of models.candidates({ role: 'completion' })) {
      if (chosen.ref === 'none') break;
      try {
        return await load(chosen, workspace);
      } catch (cause) {
        const error = NootropicError.from(cause);
        first ??= error;
        if (!mayFallBack(error, chosen)) throw error;
      }
    }
    throw first ?? new NootropicError('MODEL_NOT_FOUND', noModel);
  };

  return {
    open(workspace) {
      const known = opened.get(workspace);
      if (known !== undefined && now() - known.at < rememberedMs) return known.model;
      const model = find(workspace);
      opened.delete(workspace);
      opened.set(workspace, { at: now(), model });
      for (const oldest of opened.keys()) if (opened.size > mostRemembered) opened.delete(oldest);
      model.catch(() => opened.delete(workspace));
      return model;
    },
    forget: () => opened.clear(),
    async state(client) {
      const off = (detail: string): CompletionState => ({ state: 'off', model: '', name: '', detail });
      const chosen = await models.choose({ role: 'completion' }).catch((cause: unknown) => NootropicError.from(cause));
      if (NootropicError.is(chosen)) return off(chosen.message);
      const { ref, role } = chosen;
      if (ref === 'none') return off(noModel);
      const held = residency.view().find(({ key }) => key === keyOf(role, ref));
      if (!isLocalRef(ref) && !mayBeRemote) return off(remoteOnly);
      const about = { model: ref, name: await nameOf(ports.store, ref) };
      if (held === undefined || held.state === 'loading') {
        const detail = held === undefined ? 'It is loaded with the first completion.' : 'It is being loaded.';
        return { state: 'loading', ...about, detail };
      }
      const wait = admission.predict({ workClass: 'completion', client, model: ref });
      if (wait <= usefulMs) return { state: 'ready', ...about, detail: '' };
      return {
        state: 'busy',
        ...about,
        detail: `Others are served first, for about ${String(Math.ceil(wait / 1000))} s.`,
      };
    },
  };
}

async function nameOf(store: CompletionModelPorts['store'], ref: string): Promise<string> {
  const stored = (await store.list()).find((each) => each.ref === ref);
  if (stored) return stored.name;
  const [name = ref] = ref.slice(ref.indexOf(':') + 1).split('@');
  return name.slice(name.lastIndexOf('/') + 1);
}

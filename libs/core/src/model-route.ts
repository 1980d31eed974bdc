import type { Model } from '@nootropic/contracts';
import type { ChosenModel } from './model-candidates.ts';
import type { Models } from './models.ts';
import type { Turn } from './turn.ts';

/** The models that may answer: the one whose turn it is, and its load. */
export interface Route {
  readonly chosen: ChosenModel;
  readonly opening: ReturnType<Models['open']> | undefined;
  /** The model, once it is open. */
  readonly open: Model | undefined;
  /** Goes on to the next model and begins to load it; false where there is none. */
  next(why?: string): Promise<boolean>;
}

/** @param wanted The model that the agent asks for, where the person named none. */
export function openRoute({ ports, input, log, tally, signal }: Turn, wanted?: string): Route {
  const { models } = ports;
  const candidates = models.candidates({ role: 'chat', ref: input.model ?? wanted });
  let chosen: ChosenModel = { ref: 'none', reason: 'no language model is installed', role: 'chat', named: false };
  let opening: Route['opening'];
  let open: Route['open'];
  return {
    get chosen() {
      return chosen;
    },
    get opening() {
      return opening;
    },
    get open() {
      return open;
    },
    async next(why) {
      const { value } = await candidates.next();
      if (!value) return false;
      chosen = why === undefined ? value : { ...value, reason: `${value.reason}, since ${why}` };
      const purpose = { role: value.role, workspace: input.workspace, turnId: log.turnId, tally };
      opening = value.ref === 'none' ? undefined : models.open(value.ref, purpose, signal);
      open = undefined;
      const mine = opening;
      // The load runs beside the search; where the search fails first, nobody is left to hear of the load.
      opening?.then(
        ({ model }) => {
          if (opening === mine) open = model;
        },
        () => undefined,
      );
      return true;
    },
  };
}

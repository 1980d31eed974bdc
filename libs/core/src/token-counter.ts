import type { Model } from '@nootropic/contracts';
import { estimateTokens } from './room.ts';

/** Milliseconds that counting may take for one question; what is counted after that is estimated by what was counted before. */
const patienceMs = 250;
/** What was measured is trusted less by this for a text that was not counted. */
const caution = 1.1;

/**
 * Counts with the tokenizer of a model that is in memory, as long as that is quick: a model that answers somebody else is not waited for.
 * Never rejects.
 */
export function createTokenCounter(
  model: Pick<Model, 'countTokens'>,
  now: () => number,
): (text: string) => Promise<number> {
  const known = new Map<string, number>();
  let spentMs = 0;
  let counted = 0;
  let estimated = 0;
  return async (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const estimate = estimateTokens(text);
    const ratio = estimated === 0 ? 1 : (counted / estimated) * caution;
    if (spentMs > patienceMs) return Math.ceil(estimate * ratio);
    const since = now();
    try {
      const tokens = await model.countTokens(text);
      known.set(text, tokens);
      counted += tokens;
      estimated += estimate;
      return tokens;
    } catch {
      // A model that ended meanwhile: the turn hears of it where it matters.
      spentMs = Infinity;
      return Math.ceil(estimate * ratio);
    } finally {
      spentMs += now() - since;
    }
  };
}

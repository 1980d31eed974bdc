import type { ChainInput } from '@nootropic/contracts';
import type { PlannedStep } from './chain-plan.ts';

/** Answers that a fan-out asks for where no models are named: the fewest of which a majority is better than one. */
const usualCopies = 3;

/**
 * The chains that are known by name.
 *
 * `draft-critique-revise`: self-refinement (Madaan et al., 2023, https://arxiv.org/abs/2303.17651). Its prompts begin alike, each going on where the
 * one before it ended, so that a model reads only what is new. `fan-out-vote`: self-consistency (Wang et al., 2022,
 * https://arxiv.org/abs/2203.11171); where all answers differ a model chooses one.
 */
export function presetSteps(preset: NonNullable<ChainInput['preset']>, models: readonly string[]): PlannedStep[] {
  const step = (name: string, prompt: string, after: string[]): PlannedStep => {
    const place = after.length;
    const model = models[place % Math.max(1, models.length)];
    return { name, prompt, after, copies: 1, vote: 'none', ...(model !== undefined && { model }) };
  };
  if (preset === 'fan-out-vote') {
    const copies = Math.max(usualCopies, models.length);
    return [{ name: 'answer', prompt: '{{input}}', after: [], copies, vote: 'majority-or-judge', models }];
  }
  const task = '{{input}}';
  const drafted = `${task}\n\n# A first answer\n\n{{draft}}\n\n`;
  return [
    step('draft', task, []),
    step(
      'critique',
      `${drafted}# Your task\n\nDo not answer yet. Name what is wrong, missing or unclear in the first answer, the worst first, in short points. If nothing is, say so.`,
      ['draft'],
    ),
    step(
      'revise',
      `${drafted}# Your task\n\nAnswer the request at the top anew, better than the first answer. A reviewer said of it:\n\n{{critique}}\n\nGive only the answer itself.`,
      ['draft', 'critique'],
    ),
  ];
}

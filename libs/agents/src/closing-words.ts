import type { AgentMode, ToolCall } from '@nootropic/contracts';
import { editInstructions, type EditFormat } from './edit-formats.ts';
import { openSteps, type PlanStep } from './plan.ts';
import { callText } from './text-tools.ts';
import type { ToolOutcome } from './tool.ts';

export interface ClosingWords {
  outcome(outcome: ToolOutcome): void;
  /** The model was asked for a change and wrote none. */
  bodyMissing(call: ToolCall): void;
  /** The person said something new: all may be told again. */
  asked(): void;
  /** What the model is told where it would end, or nothing: then it may. Each is told once. */
  next(last: {
    readonly said: string;
    readonly broken?: string;
    readonly reason: string;
    readonly plan: readonly PlanStep[];
    readonly mode: AgentMode;
  }): string | undefined;
  /** What does not hold, whatever the model says. */
  truth(): string | undefined;
}

const brokenAtMost = 2;
const judgeLength = 1_500;

/**
 * What stands between a model's last word and the end of a turn. A model never judges its own work: where checks judged it, their word counts
 * (small models stop early and believe themselves).
 */
export function createClosingWords(format: EditFormat = 'search-replace'): ClosingWords {
  let told = new Set<string>();
  let broken = 0;
  let open: { readonly state: 'failed-checks' | 'reverted'; readonly words: string } | undefined;
  let missing: ToolCall | undefined;

  const once = (what: string, word: () => string): string | undefined => {
    if (told.has(what)) return undefined;
    told.add(what);
    return word();
  };

  return {
    outcome({ change, content }) {
      if (change === 'written') open = undefined;
      else if (change !== undefined) {
        // A further failure is worth a further word.
        told.delete('checks');
        open = { state: change, words: content.slice(0, judgeLength) };
      }
    },
    bodyMissing(call) {
      missing = call;
    },
    asked() {
      told = new Set();
    },
    next({ broken: written, reason, plan, mode }) {
      const asked = missing;
      missing = undefined;
      if (written !== undefined && broken < brokenAtMost) {
        broken += 1;
        return `Your call could not be read:\n${written.slice(0, 400)}\nWrite it like this, with valid JSON:\n${callText({ name: 'read', arguments: { path: 'src/app.ts' } })}`;
      }
      if (reason === 'length')
        return once(
          'length',
          () =>
            'Your answer was cut off at its limit. Go on in smaller pieces: change one symbol or a few lines at a time.',
        );
      if (asked)
        return once(
          'body',
          () =>
            `You called ${asked.name} of ${String(asked.arguments['path'])} and wrote no change; nothing was changed. ${editInstructions[asked.name === 'write' ? 'whole-file' : format]}`,
        );
      if (open) {
        const { state, words } = open;
        return once('checks', () =>
          state === 'reverted'
            ? `This is not done. Your last change was taken back, since it failed its checks:\n${words}\nMake the change in another way, or say what stands in the way.`
            : `This is not done. The checks of your last change fail:\n${words}\nCorrect it, or say what stands in the way.`,
        );
      }
      const left = mode === 'plan' ? [] : openSteps(plan);
      if (left.length > 0)
        return once(
          'plan',
          () =>
            `Steps of your plan are open: ${left.map(({ text }) => text).join('; ')}. Do them, or mark them done or dropped with todo.`,
        );
      return undefined;
    },
    truth() {
      if (!open) return undefined;
      return open.state === 'reverted'
        ? 'The last change was taken back, since it failed its checks.'
        : 'The last change is in the files, and its checks still fail.';
    },
  };
}

import { NootropicError, type ChainInput, type ChainStep } from '@nootropic/contracts';
import { presetSteps } from './chain-presets.ts';

/** A step that is known to be able to run. */
export interface PlannedStep extends Omit<ChainStep, 'vote'> {
  /** Steps that it waits for: those named by it, and those whose text it takes. */
  readonly after: string[];
  /** `majority-or-judge`: the judge decides where no two answers are alike. */
  readonly vote: ChainStep['vote'] | 'majority-or-judge';
  /** Models that its copies take in turn, instead of the one. */
  readonly models?: readonly string[];
}

export interface ChainPlan {
  readonly input: string;
  /** In an order in which each comes after those that it waits for. */
  readonly steps: readonly PlannedStep[];
  /** The step whose text is the result. */
  readonly output: string;
}

const placeholder = /\{\{\s*([a-z][a-z0-9-]*)\s*\}\}/gu;

/** Puts texts into a prompt, all at once: what a text holds is never taken for a placeholder. */
export function fillPrompt(prompt: string, texts: ReadonlyMap<string, string>): string {
  return prompt.replace(placeholder, (whole, name: string) => texts.get(name) ?? whole);
}

/**
 * Finds the order of a chain's steps. Throws `INPUT_INVALID`, with the step in the message, for names that are taken twice or not there and for steps
 * that wait for each other; nothing has run then.
 */
export function planChain({ input, preset, models, steps, output }: ChainInput): ChainPlan {
  if ((preset === undefined) === (steps === undefined))
    throw wrong('A chain needs either `preset` or `steps`.', 'Give one of the two.');
  if (steps && models) throw wrong('`models` goes with a preset.', 'Name the model in each step instead.');
  const planned = preset ? presetSteps(preset, models ?? []) : (steps ?? []).map(withDependencies);
  const last = planned.at(-1);
  if (!last) throw wrong('The chain has no step.', 'Give it at least one.');
  const names = new Set(planned.map(({ name }) => name));
  if (names.size < planned.length) throw wrong('Two steps have the same name.', 'Each step needs a name of its own.');
  if (names.has('input')) throw wrong('A step is named `input`, which stands for the input.', 'Name it otherwise.');
  for (const { name, after } of planned)
    for (const other of after)
      if (!names.has(other))
        throw wrong(
          `Step ${name} waits for ${JSON.stringify(other)}, and there is no such step.`,
          `There is: ${[...names].join(', ')}, and \`input\`.`,
        );
  if (output !== undefined && !names.has(output))
    throw wrong(
      `There is no step ${JSON.stringify(output)} to take the result from.`,
      `There is: ${[...names].join(', ')}.`,
    );
  return { input, steps: inOrder(planned), output: output ?? last.name };
}

function withDependencies(step: ChainStep): PlannedStep {
  const named = [...step.prompt.matchAll(placeholder)].map(([, name = '']) => name).filter((name) => name !== 'input');
  return { ...step, after: [...new Set([...(step.after ?? []), ...named])] };
}

/** Sorts by dependency (Kahn, 1962, https://doi.org/10.1145/368996.369025); of those that are free the first given goes first. */
function inOrder(steps: readonly PlannedStep[]): PlannedStep[] {
  const ordered: PlannedStep[] = [];
  const done = new Set<string>();
  let left = [...steps];
  while (left.length > 0) {
    const free = left.find(({ after }) => after.every((name) => done.has(name)));
    if (!free)
      throw wrong(
        `Steps wait for each other: ${left.map(({ name }) => name).join(', ')}.`,
        'Take one of the dependencies out.',
      );
    ordered.push(free);
    done.add(free.name);
    left = left.filter((step) => step !== free);
  }
  return ordered;
}

function wrong(message: string, hint: string): NootropicError {
  return new NootropicError('INPUT_INVALID', message, { hint });
}

import { z } from 'zod';
import { planLines, type PlanStep } from './plan.ts';
import { defineActing } from './tool.ts';

const stepsAtMost = 10;
const stepLength = 200;

/** The plan: set as a whole, then checked off step by step. One step is active at a time. */
export const todoTool = defineActing({
  name: 'todo',
  reads: true,
  description: `Set the plan, at most ${stepsAtMost} steps; or name a step done or dropped by number.`,
  parameters: z.object({
    steps: z.array(z.string()).optional(),
    done: z.int().optional(),
    dropped: z.int().optional(),
  }),
  async *run({ steps, done, dropped }, { plan = [] }) {
    let next: readonly PlanStep[] = plan;
    if (steps !== undefined) {
      const texts = steps.map(plainStep).filter((text) => text !== '');
      if (texts.length > stepsAtMost)
        return { ok: false, content: `These are ${texts.length} steps. Join them: at most ${stepsAtMost}.` };
      next = texts.map((text) => ({ text, state: wasDone(plan, text) ? 'done' : 'open' }));
    }
    for (const [number, state] of [
      [done, 'done'],
      [dropped, 'dropped'],
    ] as const) {
      if (number === undefined) continue;
      if (!next[number - 1]) return { ok: false, content: `There is no step ${number}. ${told(next)}` };
      next = next.map((step, index) => (index === number - 1 ? { ...step, state } : step));
    }
    if (next === plan) return { ok: false, content: `Give steps, done or dropped. ${told(plan)}` };
    next = withOneActive(next);
    yield { type: 'plan-update', steps: [...next] };
    return { ok: true, content: told(next) };
  },
});

/** Models number their steps themselves. */
function plainStep(text: string): string {
  const plain = text
    .replace(/\s+/gu, ' ')
    .replace(/^\s*(?:[-*]|\d+[.)])\s*(?:\[[ x]\]\s*)?/u, '')
    .trim();
  return plain.length > stepLength ? `${plain.slice(0, stepLength - 1)}…` : plain;
}

function wasDone(plan: readonly PlanStep[], text: string): boolean {
  return plan.some((step) => step.text === text && step.state === 'done');
}

function withOneActive(plan: readonly PlanStep[]): PlanStep[] {
  const active = plan.findIndex(({ state }) => state === 'open' || state === 'active');
  return plan.map((step, index) => {
    if (step.state === 'done' || step.state === 'dropped') return step;
    return { ...step, state: index === active ? 'active' : 'open' };
  });
}

function told(plan: readonly PlanStep[]): string {
  return plan.length === 0 ? 'There is no plan.' : `The plan:\n${planLines(plan)}`;
}

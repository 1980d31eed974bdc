import type { KnownTurnEvent } from '@nootropic/contracts';

export type PlanStep = Extract<KnownTurnEvent, { type: 'plan-update' }>['steps'][number];

/** The plan as it stands after these events; empty where there is none. */
export function currentPlan(events: readonly { readonly type: string }[]): readonly PlanStep[] {
  const update = events.findLast(isPlanUpdate);
  return update?.steps ?? [];
}

export function openSteps(plan: readonly PlanStep[]): PlanStep[] {
  return plan.filter(({ state }) => state === 'open' || state === 'active');
}

/** The plan as numbered lines: `1. [done] read the parser`. */
export function planLines(plan: readonly PlanStep[]): string {
  return plan.map(({ text, state }, index) => `${index + 1}. [${state}] ${text}`).join('\n');
}

/** Which step is worked on, in one line for the end of a result; empty where nothing is open. */
export function planReminder(plan: readonly PlanStep[]): string {
  const active = plan.findIndex(({ state }) => state === 'active');
  const at = active >= 0 ? active : plan.findIndex(({ state }) => state === 'open');
  return at < 0 ? '' : `[Plan, step ${at + 1} of ${plan.length}: ${plan[at]?.text ?? ''}]`;
}

function isPlanUpdate(event: { readonly type: string }): event is { type: 'plan-update'; steps: PlanStep[] } {
  return event.type === 'plan-update';
}

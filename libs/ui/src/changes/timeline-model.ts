import type { Assistant } from '@nootropic/contracts';

/** One step of work with what it changed. */
export type ChangeStep = Awaited<ReturnType<Assistant['changes']['list']>>[number];
export type ChangeOutcome = Awaited<ReturnType<Assistant['changes']['undo']>>;

/** Steps of one turn that follow each other. */
export interface TurnRun {
  readonly sessionId: string;
  readonly turnId: string;
  /** Newest first. */
  readonly steps: readonly ChangeStep[];
  /** Whether it is the first of its session on the list from above: the session's name stands there. */
  readonly beginsSession: boolean;
}

/** The steps, newest first, as runs of turns. The order is that of time: a session that went on later has two runs. */
export function turnRuns(steps: readonly ChangeStep[]): TurnRun[] {
  const runs: { sessionId: string; turnId: string; steps: ChangeStep[]; beginsSession: boolean }[] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (last?.turnId === step.turnId && last.sessionId === step.sessionId) last.steps.push(step);
    else {
      const { sessionId, turnId } = step;
      runs.push({ sessionId, turnId, steps: [step], beginsSession: last?.sessionId !== sessionId });
    }
  }
  return runs;
}

/** What is looked at: a step, all steps of a turn, or all of a session. */
export type Chosen =
  | { readonly kind: 'step'; readonly step: number }
  | { readonly kind: 'turn'; readonly turnId: string; readonly sessionId: string }
  | { readonly kind: 'session'; readonly sessionId: string };

export function sameChosen(one: Chosen | undefined, other: Chosen | undefined): boolean {
  return keyOf(one) === keyOf(other);
}

/** A name for a choice, good as an id of an element and in an address. */
export function keyOf(chosen: Chosen | undefined): string {
  if (!chosen) return '';
  if (chosen.kind === 'step') return `step-${chosen.step}`;
  return chosen.kind === 'turn' ? `turn-${chosen.turnId}` : `session-${chosen.sessionId}`;
}

/** What the assistant is asked with for a choice. */
export function selectionOf(chosen: Chosen): { step?: number; turnId?: string; sessionId?: string } {
  if (chosen.kind === 'step') return { step: chosen.step };
  return chosen.kind === 'turn' ? { turnId: chosen.turnId } : { sessionId: chosen.sessionId };
}

export function stepsOf(steps: readonly ChangeStep[], chosen: Chosen): readonly ChangeStep[] {
  return steps.filter((step) => {
    if (chosen.kind === 'step') return step.id === chosen.step;
    return step.sessionId === chosen.sessionId && (chosen.kind === 'session' || step.turnId === chosen.turnId);
  });
}

/** The rows of the timeline from above, as the arrows walk them. */
export function timelineRows(runs: readonly TurnRun[]): Chosen[] {
  return runs.flatMap(({ sessionId, turnId, steps, beginsSession }): Chosen[] => [
    ...(beginsSession ? [{ kind: 'session', sessionId } as const] : []),
    { kind: 'turn', turnId, sessionId },
    ...steps.map(({ id }) => ({ kind: 'step', step: id }) as const),
  ]);
}

/** The row that an arrow leads to; from nowhere, the first step. */
export function stepRow(rows: readonly Chosen[], from: Chosen | undefined, by: number): Chosen | undefined {
  const at = rows.findIndex((row) => sameChosen(row, from));
  if (at < 0) return rows.find(({ kind }) => kind === 'step');
  return rows[Math.min(rows.length - 1, Math.max(0, at + by))];
}

export interface Tally {
  readonly files: number;
  readonly added: number;
  readonly removed: number;
  readonly state: 'done' | 'undone' | 'mixed';
}

/** What steps changed, all together: each path once. */
export function tallyOf(steps: readonly ChangeStep[]): Tally {
  const changes = steps.flatMap((step) => step.changes);
  const states = new Set(steps.map(({ state }) => state));
  const [only] = states;
  return {
    files: new Set(changes.map(({ path }) => path)).size,
    added: changes.reduce((sum, { added }) => sum + added, 0),
    removed: changes.reduce((sum, { removed }) => sum + removed, 0),
    state: states.size === 1 && only !== undefined ? only : 'mixed',
  };
}

/**
 * Where one is: the newest step that is done, which is taken back next, and the oldest of those undone above it, which is made again next.
 * Steps below the newest done one may be undone too: they were taken back by themselves.
 */
export function positionOf(steps: readonly ChangeStep[]): {
  readonly undoes: ChangeStep | undefined;
  readonly redoes: ChangeStep | undefined;
} {
  const at = steps.findIndex(({ state }) => state === 'done');
  const above = at < 0 ? steps : steps.slice(0, at);
  return { undoes: at < 0 ? undefined : steps[at], redoes: above.at(-1) };
}

/** What an address names: `#changes?step=3`, `?turn=…&session=…`, `?session=…`. */
export function chosenOfPlace(place: Readonly<Record<string, string>>): Chosen | undefined {
  const { step, turn, session } = place;
  if (step !== undefined && /^[1-9]\d{0,14}$/u.test(step)) return { kind: 'step', step: Number(step) };
  if (turn !== undefined && session !== undefined) return { kind: 'turn', turnId: turn, sessionId: session };
  return session === undefined ? undefined : { kind: 'session', sessionId: session };
}

export function placeOfChosen(chosen: Chosen): Record<string, string> {
  if (chosen.kind === 'step') return { step: String(chosen.step) };
  return chosen.kind === 'turn' ? { turn: chosen.turnId, session: chosen.sessionId } : { session: chosen.sessionId };
}

/** What can be done after a trial: all of it, some of it, only by force, or nothing. */
export function verdictOf({ restored, conflicts, lost }: ChangeOutcome): 'clear' | 'partly' | 'forced' | 'nothing' {
  if (conflicts.length === 0) return restored.length > 0 ? (lost.length > 0 ? 'partly' : 'clear') : 'nothing';
  return restored.length > 0 ? 'partly' : 'forced';
}

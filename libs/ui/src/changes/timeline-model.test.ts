import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chosenOfPlace,
  keyOf,
  placeOfChosen,
  positionOf,
  sameChosen,
  stepRow,
  stepsOf,
  tallyOf,
  timelineRows,
  turnRuns,
  verdictOf,
  type ChangeStep,
} from './timeline-model.ts';

const step = (id: number, facts: Partial<ChangeStep> = {}): ChangeStep => ({
  ...{ id, sessionId: 's1', turnId: 't1', label: 'edit a.ts', at: id, state: 'done' },
  changes: [{ path: 'a.ts', change: 'modified', kind: 'file', binary: false, added: 2, removed: 1 }],
  ...facts,
});
const steps = [
  step(5, { turnId: 't3', state: 'undone' }),
  step(4, { sessionId: 's2', turnId: 't2', state: 'undone' }),
  step(3, { turnId: 't1' }),
  step(2, { turnId: 't1', state: 'undone' }),
  step(1, { turnId: 't0' }),
];

describe('the timeline', () => {
  it('keeps the order of time and puts neighbours of one turn together', () => {
    expect(
      turnRuns(steps).map(({ turnId, beginsSession, steps: own }) => [turnId, beginsSession, own.map(({ id }) => id)]),
    ).toEqual([
      ['t3', true, [5]],
      ['t2', true, [4]],
      ['t1', true, [3, 2]],
      ['t0', false, [1]],
    ]);
  });

  it('loses no step, whatever their sessions and turns', () => {
    const wild = fc.array(fc.record({ sessionId: fc.constantFrom('a', 'b'), turnId: fc.constantFrom('x', 'y', 'z') }));
    fc.assert(
      fc.property(wild, (all) => {
        const given = all.map((facts, at) => step(all.length - at, facts));
        const runs = turnRuns(given);
        expect(runs.flatMap((run) => run.steps)).toEqual(given);
        for (const [at, run] of runs.entries()) {
          expect(new Set(run.steps.map(({ turnId, sessionId }) => `${turnId} ${sessionId}`)).size).toBe(1);
          expect(run.beginsSession).toBe(runs[at - 1]?.sessionId !== run.sessionId);
        }
      }),
    );
  });

  it('says where one is: what is taken back next, and what is made again next', () => {
    expect(positionOf(steps)).toMatchObject({ undoes: { id: 3 }, redoes: { id: 4 } });
    expect(positionOf([step(1)])).toMatchObject({ undoes: { id: 1 }, redoes: undefined });
    expect(positionOf([step(2, { state: 'undone' }), step(1, { state: 'undone' })])).toMatchObject({
      undoes: undefined,
      redoes: { id: 1 },
    });
    expect(positionOf([])).toEqual({ undoes: undefined, redoes: undefined });
  });

  it('is walked with arrows, from the first step', () => {
    const rows = timelineRows(turnRuns(steps));
    expect(rows.slice(0, 3).map(keyOf)).toEqual(['session-s1', 'turn-t3', 'step-5']);
    expect(keyOf(stepRow(rows, undefined, 1))).toBe('step-5');
    expect(keyOf(stepRow(rows, { kind: 'step', step: 5 }, 1))).toBe('session-s2');
    expect(keyOf(stepRow(rows, { kind: 'session', sessionId: 's1' }, -1))).toBe('session-s1');
  });
});

describe('a choice', () => {
  it('is found again in its address', () => {
    for (const chosen of timelineRows(turnRuns(steps)))
      expect(sameChosen(chosenOfPlace(placeOfChosen(chosen)), chosen)).toBe(true);
    expect(chosenOfPlace({ step: '0' })).toBeUndefined();
    expect(chosenOfPlace({ step: 'x' })).toBeUndefined();
    expect(chosenOfPlace({})).toBeUndefined();
  });

  it('names its steps, and counts each path once', () => {
    expect(stepsOf(steps, { kind: 'turn', turnId: 't1', sessionId: 's1' }).map(({ id }) => id)).toEqual([3, 2]);
    expect(tallyOf(stepsOf(steps, { kind: 'session', sessionId: 's1' }))).toEqual({
      ...{ files: 1, added: 8, removed: 4, state: 'mixed' },
    });
    expect(tallyOf([step(1)])).toMatchObject({ state: 'done' });
  });
});

describe('a trial', () => {
  const outcome = { steps: [], restored: [], conflicts: [], lost: [] };
  const restored = step(1).changes;
  const conflicts = [{ path: 'a.ts', reason: 'was changed since' }];

  it('says what can be done', () => {
    expect(verdictOf(outcome)).toBe('nothing');
    expect(verdictOf({ ...outcome, restored })).toBe('clear');
    expect(verdictOf({ ...outcome, restored, conflicts })).toBe('partly');
    expect(verdictOf({ ...outcome, restored, lost: ['b.bin'] })).toBe('partly');
    expect(verdictOf({ ...outcome, conflicts })).toBe('forced');
  });
});

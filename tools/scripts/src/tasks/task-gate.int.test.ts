import { describe, expect, it } from 'vitest';
import { agentTasks } from './agent-tasks.ts';
import { runTaskGate, taskRow } from './task-gate.ts';

/** The whole suite is run by the gate `tasks`. */
const slice = 5;
const seedOfWrongLine = 10;

describe('small real changes', () => {
  it('are thirty, of six kinds in five languages', () => {
    expect(agentTasks).toHaveLength(30);
    expect(new Set(agentTasks.map(({ name }) => name)).size).toBe(30);
    expect(new Set(agentTasks.slice(0, slice).map(({ language }) => language)).size).toBe(5);
  });

  it('are brought to green by a model that behaves like a weak one', { timeout: 300_000 }, async () => {
    const { asked, run, failed, runs } = await runTaskGate(slice, 1);
    expect(runs.filter(({ open }) => open.length > 0).map(taskRow)).toEqual([]);
    expect({ asked, run, failed }).toEqual({ asked: slice, run: slice, failed: 0 });
    expect(runs.flatMap(({ quirks }) => quirks).length).toBeGreaterThan(0);
  });

  it('fail where an error does not show the lines that are meant', { timeout: 300_000 }, async () => {
    const nearest = /The nearest lines of \S+ are:\n(?:\d+: ?.*\n)+/gu;
    // With this seed a line of the first change is wrong.
    const told = await runTaskGate(1, seedOfWrongLine);
    expect(told.runs[0]?.quirks).toContain('garbled line');
    expect(told.failed).toBe(0);
    const { failed } = await runTaskGate(1, seedOfWrongLine, { hears: (text) => text.replaceAll(nearest, '') });
    expect(failed).toBe(1);
  });

  it('fail where the model is not shown what it reads', { timeout: 300_000 }, async () => {
    const { failed } = await runTaskGate(1, 1, { hears: (text) => text.replaceAll(/^\d+: .*$/gmu, '') });
    expect(failed).toBe(1);
  });

  it('all fail where the model writes no change', { timeout: 300_000 }, async () => {
    const { failed } = await runTaskGate(slice, 1, { edits: false });
    expect(failed).toBe(slice);
  });
});

import { expect, it } from 'vitest';
import { runHostileGate } from './hostile-gate.ts';

it('gives a repository that nobody trusts no say, and nothing of it is run', async () => {
  const result = await runHostileGate(5, 2);
  expect(result).toMatchObject({ asked: 5, run: 5, executions: 0, connections: 0, honoured: 0 });
  expect(result.alive).toBeGreaterThan(0);
}, 120_000);

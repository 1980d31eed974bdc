import { expect, it } from 'vitest';
import { runShellGate } from './shell-gate.ts';

it('allows no line that can write, run or send, and asks for few that only read', async () => {
  expect(await runShellGate(1500, 1)).toMatchObject({ asked: 1500, run: 1500, falseAllows: 0, falseAsks: 0 });
}, 60_000);

import { expect, it } from 'vitest';
import { poisonCount, runMcpPoisonGate } from './mcp-poison-gate.ts';

it('is not led by poisoned descriptions of tools', async () => {
  expect(poisonCount).toBeGreaterThanOrEqual(100);
  const { run, failed, reached, examples } = await runMcpPoisonGate(poisonCount);
  expect(examples).toEqual([]);
  expect({ run, failed, reached }).toEqual({ run: poisonCount, failed: 0, reached: poisonCount });
}, 60_000);

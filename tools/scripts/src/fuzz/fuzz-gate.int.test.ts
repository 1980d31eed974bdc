import { expect, it } from 'vitest';
import { runFuzzGate } from './fuzz-gate.ts';

it('answers whatever is sent, and never by failing', async () => {
  const result = await runFuzzGate(400, 20_261_121, { restMs: 0 });
  expect(result.faults).toEqual([]);
  expect(result).toMatchObject({ asked: 400, run: 400 });
  // Requests that are all refused show nothing.
  expect(result.statuses['200'] ?? 0).toBeGreaterThan(50);
  expect(result.statuses['400'] ?? 0).toBeGreaterThan(50);
}, 120_000);

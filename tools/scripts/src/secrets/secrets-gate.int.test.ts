import { expect, it } from 'vitest';
import { runSecretsGate } from './secrets-gate.ts';

it('shows no planted secret on any surface, and redacts nothing in clean text', async () => {
  const result = await runSecretsGate(30, 5);
  expect(result.shown).toEqual([]);
  expect(result.falsely).toEqual([]);
  expect(result).toMatchObject({ asked: 30, run: 30 });
  expect(result.kinds).toBeGreaterThanOrEqual(20);
  expect(result.cleanCharacters).toBeGreaterThan(1_000_000);
  expect(Object.keys(result.surfaces).length).toBeGreaterThanOrEqual(12);
}, 240_000);

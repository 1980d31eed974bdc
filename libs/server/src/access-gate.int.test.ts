import { expect, it } from 'vitest';
import { runAccessGate } from './access-gate.ts';

it('answers exactly the cells of the matrix that are allowed', { timeout: 60_000 }, async () => {
  const { asked, run, failed, answered, refused, examples } = await runAccessGate(2000, 20_261_121);
  expect({ run, failed, examples }).toEqual({ run: asked, failed: 0, examples: [] });
  expect(answered).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(1000);
});

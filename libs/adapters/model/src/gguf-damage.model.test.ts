import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { damageGguf, tinyGgufBytes } from '@nootropic/testing';
import { runDamageGate } from './gguf-damage-gate.ts';
import { createLlamaRuntime } from './llama-runtime.ts';

it('loads or clearly refuses every damaged copy, and a sound model after them', async () => {
  const result = await runDamageGate({
    makeRuntime: () =>
      createLlamaRuntime({
        processEntry: fileURLToPath(new URL('./open-gate-process.fixture.ts', import.meta.url)),
        estimateMemory: () => ({ weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 }),
      }),
    bytes: tinyGgufBytes(),
    damage: damageGguf,
    count: 40,
  });
  process.stdout.write(`damaged copies: ${JSON.stringify(result)}\n`);
  expect(result.faults).toEqual([]);
  expect(result.run).toBe(40);
  expect(result.loaded + Object.values(result.refused).reduce((sum, count) => sum + count, 0)).toBe(40);
  expect(result.loaded).toBeLessThan(40);
});

import { expect, it } from 'vitest';
import type { GgufHeader } from '@nootropic/contracts';
import { expectedSpeeds, waitingCost } from './expected-speed.ts';

const tensor = (name: string, numbers: number) => ({ name, type: 'Q4_K', numbers, bytes: (numbers * 4.5) / 8 });

function header(tensors: NonNullable<GgufHeader['tensors']>, metadata = {}): GgufHeader {
  const tensorBytes = tensors.reduce((sum, { bytes }) => sum + bytes, 0);
  return { architecture: 'test', metadata, tensorBytes, vocabulary: 1, tensors };
}

const half = header([tensor('token_embd.weight', 136e6), tensor('blk.0.ffn_up.weight', 358e6)]);

it('is that of the machine it was measured on, for a model of half a billion', () => {
  const { prompt, write } = expectedSpeeds(half, 2);
  expect(prompt).toBeGreaterThan(200);
  expect(prompt).toBeLessThan(400);
  expect(write).toBeGreaterThan(30);
  expect(write).toBeLessThan(70);
});

it('reads prompts faster with more cores, and writes no faster', () => {
  const [two, eight] = [expectedSpeeds(half, 2), expectedSpeeds(half, 8)];
  expect(eight.prompt / two.prompt).toBeCloseTo(4);
  expect(eight.write).toBe(two.write);
});

it('counts of experts those that are used, and of two tables the one that is computed with', () => {
  const metadata = { 'test.expert_count': 8, 'test.expert_used_count': 2 };
  const experts = expectedSpeeds(header([tensor('blk.0.ffn_up_exps.weight', 8e9)], metadata), 4);
  expect(experts).toEqual(expectedSpeeds(header([tensor('blk.0.ffn_up.weight', 2e9)]), 4));
  const untied = header([tensor('token_embd.weight', 1e9), tensor('output.weight', 1e9)]);
  expect(expectedSpeeds(untied, 4)).toEqual(expectedSpeeds(header([tensor('token_embd.weight', 1e9)]), 4));
});

it('costs nothing while nobody waits, and more with each doubling', () => {
  const fast = { prompt: 1_000, write: 100 };
  expect(waitingCost('chat', fast)).toBe(0);
  expect(waitingCost('embedding', { prompt: 1, write: 1 })).toBe(0);
  const slow = waitingCost('completion', { prompt: 20, write: 8 });
  expect(waitingCost('completion', { prompt: 10, write: 4 }) - slow).toBeCloseTo(20);
});

import { expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const names = ['qwen2.5-coder-7b', 'qwen2.5-coder-1.5b', 'nomic-embed', 'llama-3'];

it.each([
  ['nomic', 'nomic-embed'],
  ['coder-7b', 'qwen2.5-coder-7b'],
  ['QWEN', 'qwen2.5-coder-7b'],
  ['lama-3', 'llama-3'],
  ['llmaa-3', 'llama-3'],
  ['nomik-embet', 'nomic-embed'],
  ['gpt-oss', undefined],
  ['', undefined],
])('takes %j for %j', (typed, meant) => {
  expect(nearestName(typed, names)).toBe(meant);
});

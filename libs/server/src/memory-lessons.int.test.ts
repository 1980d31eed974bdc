import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { GgufHeader } from '@nootropic/contracts';
import type { MeasuredUse } from '@nootropic/model';
import { createMemoryLessons } from './memory-lessons.ts';

let dir: string;
beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'nootropic-lessons-'))));
afterEach(() => rm(dir, { recursive: true }));

const header: GgufHeader = {
  architecture: 'llama',
  metadata: {
    'llama.block_count': 8,
    'llama.embedding_length': 512,
    'llama.attention.head_count': 8,
    'llama.context_length': 4096,
  },
  tensorBytes: 500_000_000,
  vocabulary: 32_000,
  tensors: [{ name: 'blk.0.ffn_up.weight', type: 'Q4_0', numbers: 1_000_000_000, bytes: 562_500_000 }],
};
const options = { role: 'chat', contextLength: 2048 } as const;

it('estimates more after a model took more, also in the next process', () => {
  const file = join(dir, 'lessons.json');
  const lessons = createMemoryLessons(file);
  const before = lessons.estimate(header, options);
  const summary = { header } as MeasuredUse['summary'];
  lessons.learn({ summary, options, anonymous: before.total * 1.2 - before.weights });
  expect(lessons.estimate(header, options).total / before.total).toBeCloseTo(1.2, 2);
  expect(createMemoryLessons(file).estimate(header, options).total / before.total).toBeCloseTo(1.2, 2);
  expect(lessons.estimate({ ...header, architecture: 'qwen2' }, options).total).toBe(
    createMemoryLessons(join(dir, 'none')).estimate({ ...header, architecture: 'qwen2' }, options).total,
  );
});

it('does without lessons that cannot be read', async () => {
  const file = join(dir, 'lessons.json');
  await writeFile(file, '{"ratios": 3');
  expect(createMemoryLessons(file).estimate(header, options)).toEqual(
    createMemoryLessons(join(dir, 'none')).estimate(header, options),
  );
});

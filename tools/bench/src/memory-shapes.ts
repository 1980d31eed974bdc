import type { KvType, ModelRole } from '@nootropic/contracts';
import { shapedPresets, type ShapedModel } from '@nootropic/testing';

/** A made model, and how it is loaded. */
export interface MemoryShape {
  readonly model: ShapedModel;
  readonly contextLength: number;
  readonly kvType?: KvType;
  readonly sequences?: number;
  readonly role?: ModelRole;
}

const llama = {
  architecture: 'llama',
  layers: 16,
  width: 1024,
  hidden: 2816,
  heads: 16,
  keyValueHeads: 16,
  vocabulary: 32_000,
  tied: false,
} as const;
const gemma = {
  architecture: 'gemma3',
  layers: 18,
  width: 640,
  hidden: 2048,
  heads: 4,
  keyValueHeads: 1,
  headWidth: 256,
  vocabulary: 65_536,
} as const;
const qwen3 = {
  architecture: 'qwen3',
  layers: 20,
  width: 768,
  hidden: 2304,
  heads: 12,
  keyValueHeads: 4,
  headWidth: 128,
  vocabulary: 65_536,
} as const;

/** Twelve of them: architectures, quantisations, long and short contexts, types of keys and values, several conversations. */
export const memoryShapes: readonly MemoryShape[] = [
  { model: shapedPresets.tiny, contextLength: 16_384 },
  { model: shapedPresets['0.5B-Q4_0'], contextLength: 2048 },
  { model: shapedPresets['0.5B-Q4_0'], contextLength: 1024, sequences: 3 },
  { model: shapedPresets['0.5B-Q8_0'], contextLength: 1024 },
  { model: shapedPresets['0.5B-Q4_K_M'], contextLength: 2048, kvType: 'q8_0' },
  { model: shapedPresets['1.5B-Q4_K_M'], contextLength: 1024 },
  { model: { ...llama, name: 'many-heads', quantisation: 'Q4_K_M' }, contextLength: 4096 },
  { model: { ...llama, name: 'many-heads', quantisation: 'F16' }, contextLength: 2048, kvType: 'q4_0' },
  { model: { ...gemma, name: 'sliding', quantisation: 'Q8_0' }, contextLength: 4096 },
  { model: { ...qwen3, name: 'wide-heads', quantisation: 'Q4_K_M' }, contextLength: 2048 },
  {
    model: { ...llama, name: 'experts', layers: 8, hidden: 1024, experts: { count: 8, used: 2 }, quantisation: 'Q4_0' },
    contextLength: 2048,
  },
  { model: shapedPresets['embedding-Q8_0'], contextLength: 2048, role: 'embedding' },
];

export function describeShape({ model, contextLength, kvType, sequences }: MemoryShape): string {
  const more = [kvType, sequences !== undefined && `${sequences} conversations`].filter(
    (part) => typeof part === 'string',
  );
  return [`${model.name} ${model.quantisation} (${model.architecture})`, `${contextLength} tokens`, ...more].join(', ');
}

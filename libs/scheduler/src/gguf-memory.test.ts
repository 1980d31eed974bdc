import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateGgufMemory, kvTypes, type GgufHeader } from './gguf-memory.ts';

/** The shape of Qwen2.5 0.5B. */
const qwen: GgufHeader = {
  architecture: 'qwen2',
  metadata: {
    'qwen2.block_count': 24,
    'qwen2.context_length': 32_768,
    'qwen2.embedding_length': 896,
    'qwen2.feed_forward_length': 4864,
    'qwen2.attention.head_count': 14,
    'qwen2.attention.head_count_kv': 2,
  },
  tensorBytes: 391_000_000,
  vocabulary: 151_936,
};

describe('the memory a GGUF will need', () => {
  it('counts keys and values of every layer over the whole context', () => {
    // 24 layers, 2 heads of 64 numbers, keys and values, 2 bytes each: 12 KiB per token.
    expect(estimateGgufMemory(qwen, { contextLength: 2048 }).kvCache).toBe(12 * 1024 * 2048);
    expect(estimateGgufMemory(qwen, { contextLength: 2048, kvType: 'q8_0' }).kvCache).toBe(
      (12 * 1024 * 2048 * 34) / 64,
    );
    expect(estimateGgufMemory(qwen).kvCache).toBe(12 * 1024 * 8192);
  });

  it('reserves the logits of a whole batch', () => {
    const { compute } = estimateGgufMemory(qwen, { contextLength: 2048 });
    expect(compute).toBeGreaterThan(512 * 151_936 * 4);
    expect(compute).toBeLessThan(512 * 151_936 * 4 * 1.25);
    expect(estimateGgufMemory(qwen, { contextLength: 2048, batch: 64 }).compute).toBeLessThan(compute / 7);
  });

  it('reads heads layer by layer, and models without attention', () => {
    const mixed = {
      ...qwen,
      metadata: {
        ...qwen.metadata,
        'qwen2.attention.head_count_kv': Array.from({ length: 24 }, (_, layer) => (layer < 12 ? 2 : 0)),
      },
    };
    expect(estimateGgufMemory(mixed, { contextLength: 2048 }).kvCache).toBe(6 * 1024 * 2048);
    const mamba: GgufHeader = {
      architecture: 'mamba',
      metadata: {
        'mamba.block_count': 10,
        'mamba.embedding_length': 100,
        'mamba.ssm.inner_size': 200,
        'mamba.ssm.state_size': 16,
        'mamba.ssm.conv_kernel': 4,
      },
      tensorBytes: 1000,
      vocabulary: 10,
    };
    expect(estimateGgufMemory(mamba, { contextLength: 1000 }).kvCache).toBe(10 * 4 * 200 * 19);
    expect(estimateGgufMemory(mamba, { contextLength: 9000 }).kvCache).toBe(10 * 4 * 200 * 19);
  });

  it('is never less for more, and its parts make the total', () => {
    const header = fc.record({
      layers: fc.integer({ min: 1, max: 100 }),
      heads: fc.constantFrom(1, 2, 8, 32),
      width: fc.constantFrom(64, 1024, 8192),
    });
    fc.assert(
      fc.property(
        header,
        fc.integer({ min: 1, max: 100_000 }),
        fc.constantFrom(...kvTypes),
        ({ layers, heads, width }, context, kvType) => {
          const shape = (count: number): GgufHeader => ({
            architecture: 'llama',
            metadata: {
              'llama.block_count': count,
              'llama.embedding_length': BigInt(width),
              'llama.attention.head_count': heads,
              'llama.context_length': 4096,
            },
            tensorBytes: width * count,
            vocabulary: 32_000,
          });
          const small = estimateGgufMemory(shape(layers), { contextLength: context, kvType });
          const deep = estimateGgufMemory(shape(layers + 1), { contextLength: context, kvType });
          const long = estimateGgufMemory(shape(layers), { contextLength: context + 1, kvType });
          expect(small.total).toBe(small.weights + small.kvCache + small.compute);
          expect(deep.kvCache).toBeGreaterThan(small.kvCache);
          expect(long.kvCache).toBeGreaterThanOrEqual(small.kvCache);
          for (const bytes of Object.values(small)) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        },
      ),
    );
  });
});

import fc from 'fast-check';
import { kvTypes, type GgufHeader } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { estimateGgufMemory } from './gguf-memory.ts';

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

/** A header of this architecture, with these values. */
function headerOf(architecture: string, values: Record<string, unknown>): GgufHeader {
  const metadata = Object.fromEntries(Object.entries(values).map(([key, value]) => [`${architecture}.${key}`, value]));
  return { architecture, metadata, tensorBytes: 1000, vocabulary: 10 };
}

const cache = (header: GgufHeader, contextLength: number, more = {}): number =>
  estimateGgufMemory(header, { contextLength, ...more }).kvCache;

describe('the memory a GGUF will need', () => {
  it('counts keys and values of every layer over the whole context', () => {
    // 24 layers, 2 heads of 64 numbers, keys and values, 2 bytes each: 12 KiB per token.
    expect(cache(qwen, 2048)).toBe(12 * 1024 * 2048);
    expect(cache(qwen, 2048, { kvType: 'q8_0' })).toBe((12 * 1024 * 2048 * 34) / 64);
    expect(estimateGgufMemory(qwen).kvCache).toBe(12 * 1024 * 8192);
    expect(cache(qwen, 2000)).toBe(12 * 1024 * 2048);
    expect(cache(qwen, 1_000_000)).toBe(12 * 1024 * 32_768);
    expect(cache(qwen, 2048, { sequences: 3 })).toBe(3 * 12 * 1024 * 2048);
  });

  it('counts the second context of what fills gaps, and the short one of an embedder', () => {
    expect(cache(qwen, 8192, { role: 'completion' })).toBe(12 * 1024 * (8192 + 2048));
    expect(cache(qwen, 1024, { fillsGaps: true })).toBe(12 * 1024 * (1024 + 1024));
    expect(cache(qwen, 8192, { role: 'embedding' })).toBe(12 * 1024 * 2048);
  });

  it('does not count logits that are never touched, but on a GPU', () => {
    const logits = 512 * 151_936 * 4;
    expect(estimateGgufMemory(qwen, { contextLength: 2048 }).compute).toBeLessThan(logits);
    const { compute, gpu } = estimateGgufMemory(qwen, { contextLength: 2048, gpuLayers: 25 });
    expect(compute).toBeGreaterThan(logits);
    expect(gpu).toBeGreaterThan(logits);
  });

  it('counts the logits of a whole text where a model that writes is loaded to embed', () => {
    const embeds = estimateGgufMemory(qwen, { role: 'embedding' });
    expect(embeds.compute).toBeGreaterThan(2 * 2048 * 151_936 * 4);
    const bert = headerOf('bert', {
      block_count: 6,
      embedding_length: 384,
      'attention.head_count': 12,
      context_length: 2048,
    });
    const encodes = estimateGgufMemory({ ...bert, vocabulary: 151_936 }, { role: 'embedding' });
    expect(encodes.compute).toBeLessThan(2 * 2048 * 151_936);
  });

  it('reads heads layer by layer', () => {
    const mixed = {
      ...qwen,
      metadata: {
        ...qwen.metadata,
        'qwen2.attention.head_count_kv': Array.from({ length: 24 }, (_, layer) => (layer < 12 ? 2 : 0)),
      },
    };
    expect(cache(mixed, 2048)).toBe(6 * 1024 * 2048);
  });

  it('keeps a window and a batch of what a local layer reads', () => {
    const gemma = headerOf('gemma3', {
      block_count: 12,
      embedding_length: 512,
      'attention.head_count': 4,
      'attention.head_count_kv': 1,
      'attention.key_length': 256,
      'attention.value_length': 256,
      'attention.sliding_window': 512,
      context_length: 32_768,
    });
    // Every sixth layer sees the whole context; the others 512 + 513 cells, rounded up to 1280. 1 KiB per token and layer.
    expect(cache(gemma, 8192)).toBe(1024 * (2 * 8192 + 10 * 1280));
    expect(cache(gemma, 512)).toBe(1024 * 12 * 512);
    const listed = {
      ...gemma.metadata,
      'gemma3.attention.sliding_window_pattern': Array.from({ length: 12 }, (_, i) => i > 0),
    };
    expect(cache({ ...gemma, metadata: listed }, 8192)).toBe(1024 * (8192 + 11 * 1280));
    const renamed = headerOf('phi3', {
      block_count: 2,
      embedding_length: 512,
      'attention.head_count': 2,
      'attention.sliding_window': 512,
      context_length: 32_768,
    });
    expect(cache(renamed, 8192)).toBe(2 * 2 * 512 * 2 * 8192);
  });

  it('keeps one compressed vector per token of latent attention', () => {
    const deepseek = headerOf('deepseek2', {
      block_count: 2,
      embedding_length: 2048,
      'attention.head_count': 16,
      'attention.head_count_kv': 1,
      'attention.key_length': 576,
      'attention.value_length': 512,
      'attention.key_length_mla': 192,
      'attention.value_length_mla': 128,
      'attention.kv_lora_rank': 512,
      context_length: 8192,
    });
    expect(cache(deepseek, 1024)).toBe(2 * 576 * 2 * 1024);
  });

  it('counts the state of recurrent layers once per conversation, however long it is', () => {
    const mamba = headerOf('mamba', {
      block_count: 10,
      embedding_length: 100,
      context_length: 1_000_000,
      'ssm.inner_size': 200,
      'ssm.state_size': 16,
      'ssm.conv_kernel': 4,
    });
    expect(cache(mamba, 1000)).toBe(10 * 4 * 200 * 19);
    expect(cache(mamba, 9000)).toBe(10 * 4 * 200 * 19);
    expect(cache(mamba, 9000, { sequences: 2 })).toBe(2 * 10 * 4 * 200 * 19);
    const hybrid = headerOf('granitehybrid', {
      block_count: 4,
      embedding_length: 128,
      context_length: 8192,
      'attention.head_count': 4,
      'attention.head_count_kv': [0, 0, 0, 2],
      'ssm.inner_size': 256,
      'ssm.state_size': 16,
      'ssm.conv_kernel': 4,
      'ssm.group_count': 1,
    });
    expect(cache(hybrid, 1024)).toBe(2 * 32 * 2 * 2 * 1024 + 3 * 4 * (3 * (256 + 32) + 16 * 256));
    const next = headerOf('qwen3next', {
      block_count: 8,
      embedding_length: 128,
      context_length: 8192,
      'attention.head_count': 4,
      'attention.head_count_kv': 2,
      'ssm.inner_size': 256,
      'ssm.state_size': 16,
      'ssm.conv_kernel': 4,
      'ssm.group_count': 2,
    });
    expect(cache(next, 1024)).toBe(2 * (2 * 32 * 2 * 2 * 1024) + 6 * 4 * (3 * (256 + 64) + 16 * 256));
    const short = headerOf('lfm2', {
      block_count: 2,
      embedding_length: 128,
      context_length: 8192,
      'attention.head_count': 4,
      'attention.head_count_kv': [0, 2],
      'shortconv.l_cache': 3,
    });
    expect(cache(short, 1024)).toBe(2 * 32 * 2 * 2 * 1024 + 4 * 128 * 2);
  });

  it('keeps nothing for an encoder, nor for layers that only predict further tokens', () => {
    const bert = headerOf('bert', {
      block_count: 6,
      embedding_length: 384,
      'attention.head_count': 12,
      context_length: 512,
    });
    expect(cache(bert, 512, { role: 'embedding' })).toBe(0);
    const extra = { ...qwen, metadata: { ...qwen.metadata, 'qwen2.nextn_predict_layers': 4 } };
    expect(cache(extra, 2048)).toBe(10 * 1024 * 2048);
  });

  describe('weights', () => {
    const tensors = [
      { name: 'token_embd.weight', type: 'Q6_K', numbers: 1000, bytes: 800 },
      { name: 'blk.0.attn_q.weight', type: 'Q4_K', numbers: 1000, bytes: 500 },
      { name: 'blk.0.attn_norm.weight', type: 'F32', numbers: 10, bytes: 40 },
      { name: 'blk.1.attn_q.weight', type: 'Q4_K', numbers: 1000, bytes: 500 },
      { name: 'blk.1.ffn_down.weight', type: 'Q6_K', numbers: 1000, bytes: 800 },
      { name: 'output_norm.weight', type: 'F32', numbers: 10, bytes: 40 },
    ];
    const header: GgufHeader = {
      ...headerOf('llama', { block_count: 2, embedding_length: 64, 'attention.head_count': 1, context_length: 512 }),
      tensors,
      tensorBytes: 2680,
    };
    const arm = { avx2: false, avx512: false, dotprod: true, i8mm: true };

    it('that the processor lays out anew count once', () => {
      expect(estimateGgufMemory(header)).toMatchObject({ weights: 1680, repack: 1000 });
    });

    it('are laid out anew in more types on ARM; an embedding that is the output too is needed in both forms', () => {
      expect(estimateGgufMemory(header, { cpu: arm })).toMatchObject({ weights: 80 + 800, repack: 2600 });
      const plain = { avx2: false, avx512: false, dotprod: false, i8mm: false };
      expect(estimateGgufMemory(header, { cpu: plain })).toMatchObject({ weights: 2680, repack: 0 });
    });

    it('go to the GPU from the output on backwards, the embedding as a copy, and stay as they are beside one', () => {
      const output = estimateGgufMemory(header, { gpuLayers: 1 });
      const last = estimateGgufMemory(header, { gpuLayers: 2 });
      const whole = estimateGgufMemory(header, { gpuLayers: 3 });
      expect([output.repack, last.repack, whole.repack]).toEqual([0, 0, 0]);
      expect(output.weights).toBe(2680 + 800);
      expect(last.gpu - output.gpu).toBe(1300 + 2 * 64 * 2 * 512);
      expect(whole.gpu - last.gpu).toBe(540 + 2 * 64 * 2 * 512);
      expect(whole.total - whole.gpu).toBeGreaterThan(800);
    });

    it('count half of a table that is only looked up', () => {
      const untied = [...tensors, { name: 'output.weight', type: 'Q6_K', numbers: 1000, bytes: 800 }];
      const { weights } = estimateGgufMemory({ ...header, tensors: untied, tensorBytes: 3480 });
      expect(weights).toBe(1680 + 800 - 400);
    });

    it('are guessed from the type of the file where no tensor is listed', () => {
      const bare = { ...header, metadata: { ...header.metadata, 'general.file_type': 15 } };
      const { tensors: _, ...without } = bare;
      const { weights, repack } = estimateGgufMemory(without);
      expect(weights + repack).toBe(2680);
      expect(repack).toBeGreaterThan(1000);
    });
  });

  it('is never less for more, and its parts make the total', () => {
    const shapes = fc.record({
      layers: fc.integer({ min: 1, max: 100 }),
      heads: fc.constantFrom(1, 2, 8, 32),
      width: fc.constantFrom(64, 1024, 8192),
    });
    fc.assert(
      fc.property(
        shapes,
        fc.record({
          context: fc.integer({ min: 1, max: 100_000 }),
          kvType: fc.constantFrom(...kvTypes),
          gpuLayers: fc.nat(101),
        }),
        ({ layers, heads, width }, { context, kvType, gpuLayers }) => {
          const shape = (count: number): GgufHeader => ({
            architecture: 'llama',
            metadata: {
              'llama.block_count': count,
              'llama.embedding_length': BigInt(width),
              'llama.attention.head_count': heads,
              'llama.context_length': 200_000,
            },
            tensorBytes: width * count,
            vocabulary: 32_000,
          });
          const of = (count: number, contextLength: number, onGpu = 0) =>
            estimateGgufMemory(shape(count), { contextLength, kvType, gpuLayers: onGpu });
          const small = of(layers, context);
          expect(of(layers + 1, context).kvCache).toBeGreaterThan(small.kvCache);
          expect(of(layers, context + 1).total).toBeGreaterThanOrEqual(small.total);
          const split = of(layers, context, gpuLayers);
          expect(of(layers, context, gpuLayers + 1).gpu).toBeGreaterThanOrEqual(split.gpu);
          expect(small.gpu).toBe(0);
          for (const each of [small, split]) {
            expect(each.total).toBe(each.weights + each.repack + each.kvCache + each.compute);
            expect(each.gpu).toBeLessThanOrEqual(each.total);
            for (const bytes of Object.values(each)) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
          }
        },
      ),
    );
  });
});

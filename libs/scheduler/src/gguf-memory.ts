import type { MemoryEstimate } from '@nootropic/contracts';

/** What the estimate reads of a GGUF file's header. */
export interface GgufHeader {
  readonly architecture: string;
  /** The header's values by their full keys, `llama.block_count` for example. 64-bit numbers may be bigint. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Bytes of all tensors. */
  readonly tensorBytes: number;
  /** Tokens of the vocabulary. */
  readonly vocabulary: number;
}

export const kvTypes = ['f32', 'f16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'] as const;
export type KvType = (typeof kvTypes)[number];

export interface GgufMemoryOptions {
  /** Tokens of context. Default: what the model was trained on, at most 8192. */
  readonly contextLength?: number;
  /** How keys and values are kept. Default `f16`. */
  readonly kvType?: KvType;
  /** Tokens evaluated at once. Default 512. */
  readonly batch?: number;
}

/** Bytes per number, blocks' scales included (ggml's block sizes: 32 numbers and one or two 16-bit scales). */
const kvBytes: Readonly<Record<KvType, number>> = {
  f32: 4,
  f16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
};

/**
 * Bytes that a model will need, from its header alone: the weights; keys and values of every layer over the whole context (grouped
 * heads counted per layer where the header does so), or the state of a recurrent model; and the buffers to compute one batch in -
 * the logits of each of its tokens, which llama.cpp reserves at once, and the widest activations.
 */
export function estimateGgufMemory(header: GgufHeader, options: GgufMemoryOptions = {}): MemoryEstimate {
  const read = (key: string): unknown => header.metadata[`${header.architecture}.${key}`];
  const one = (key: string, fallback: number): number => numberOf(read(key)) ?? fallback;
  const layers = one('block_count', 0);
  const width = one('embedding_length', 0);
  const heads = Math.max(1, maximum(read('attention.head_count')) ?? 1);
  const trained = one('context_length', 4096);
  const context = Math.max(1, options.contextLength ?? Math.min(trained, 8192));
  const batch = Math.max(1, Math.min(options.batch ?? 512, context));
  const perHead = one('attention.key_length', width / heads) + one('attention.value_length', width / heads);

  const given = read('attention.head_count_kv');
  const kvHeads = Array.from(
    { length: layers },
    (_, layer) => (Array.isArray(given) ? numberOf(given[layer]) : numberOf(given)) ?? heads,
  );
  const cells = kvHeads.reduce((sum, count) => sum + count, 0) * perHead * context;
  const inner = one('ssm.inner_size', 0);
  const recurrent = layers * 4 * inner * (one('ssm.state_size', 0) + Math.max(0, one('ssm.conv_kernel', 0) - 1));
  const attends = header.metadata[`${header.architecture}.attention.head_count`] !== undefined;

  const activations = 6 * width + 3 * Math.max(width, maximum(read('feed_forward_length')) ?? 0);
  const weights = Math.ceil(header.tensorBytes);
  const kvCache = Math.ceil((attends ? cells * kvBytes[options.kvType ?? 'f16'] : 0) + recurrent);
  const compute = Math.ceil(
    4 * batch * (header.vocabulary + activations + (attends ? heads * Math.min(context, batch) : 0)),
  );
  return { weights, kvCache, compute, total: weights + kvCache + compute };
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function maximum(value: unknown): number | undefined {
  const numbers = (Array.isArray(value) ? value : [value]).map(numberOf).filter((number) => number !== undefined);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

import type { GgufHeader } from '@nootropic/contracts';
import { z } from 'zod';
import { ggufTensorTypes } from './gguf-tensor-types.ts';

export const catalogueQuantisations = ['Q4_K_M', 'Q8_0', 'MXFP4', 'F16'] as const;
export type CatalogueQuantisation = (typeof catalogueQuantisations)[number];

const count = z.int().positive();

/** The shape of a model, by the words of a GGUF header. */
export const catalogueShapeSchema = z.strictObject({
  architecture: z.string(),
  layers: count,
  width: count,
  heads: count,
  kvHeads: count,
  /** Numbers of one head's key; of its value too, unless `valueSize` says otherwise. */
  headSize: count,
  valueSize: count.optional(),
  feedForward: count,
  vocabulary: count,
  /** Tokens it was trained to read. */
  context: count,
  /** Whether the output matrix is the embedding, in the file that is named. */
  tied: z.boolean(),
  slidingWindow: count.optional(),
  /** The feed-forward part of layers is a choice of experts. */
  experts: z
    .strictObject({
      count,
      used: count,
      feedForward: count,
      shared: count.optional(),
      /** First layers without experts. */
      denseLayers: count.optional(),
    })
    .optional(),
  /** Keys and values are made of one compressed vector of this length (multi-head latent attention). */
  latent: z.strictObject({ rank: count, rope: count }).optional(),
  /** How the file keeps query, key and value: as one matrix. */
  fusedQkv: z.literal(true).optional(),
  /** The feed-forward part has two matrices instead of three, or three of which two are one (`fused`). */
  gate: z.enum(['none', 'fused']).optional(),
  /** Learned positions, as many as `context`. */
  positions: z.literal(true).optional(),
  /** Of an embedding: 1 mean, 2 first, 3 last; 4 of a reranker. */
  pooling: z.int().min(1).max(4).optional(),
});
export type CatalogueShape = Readonly<z.infer<typeof catalogueShapeSchema>>;

type Tensor = NonNullable<GgufHeader['tensors']>[number];

/** By `general.file_type` (llama.h, `llama_ftype`). */
const fileTypes: Readonly<Record<CatalogueQuantisation, number>> = { F16: 1, Q8_0: 7, Q4_K_M: 15, MXFP4: 38 };

const typeByName = new Map([...ggufTensorTypes.values()].map((type) => [type.name, type]));

/** The header that a file of this shape and quantisation has, as far as planning its memory needs it. */
export function headerOfShape(shape: CatalogueShape, quantisation: CatalogueQuantisation): GgufHeader {
  const { architecture, experts, latent, slidingWindow, pooling } = shape;
  const valueSize = shape.valueSize ?? shape.headSize;
  const values: Record<string, number | undefined> = {
    block_count: shape.layers,
    context_length: shape.context,
    embedding_length: shape.width,
    feed_forward_length: shape.feedForward,
    'attention.head_count': shape.heads,
    'attention.head_count_kv': shape.kvHeads,
    'attention.key_length': shape.headSize,
    'attention.value_length': valueSize,
    'attention.sliding_window': slidingWindow,
    'attention.kv_lora_rank': latent?.rank,
    'rope.dimension_count': latent?.rope,
    expert_count: experts?.count,
    expert_used_count: experts?.used,
    expert_feed_forward_length: experts?.feedForward,
    expert_shared_count: experts?.shared,
    leading_dense_block_count: experts?.denseLayers,
    pooling_type: pooling,
    vocab_size: shape.vocabulary,
  };
  const tensors = tensorsOf(shape, quantisation);
  return {
    architecture,
    metadata: {
      'general.architecture': architecture,
      'general.file_type': fileTypes[quantisation],
      ...Object.fromEntries(
        Object.entries(values).flatMap(([key, value]) =>
          value === undefined ? [] : [[`${architecture}.${key}`, value]],
        ),
      ),
    },
    tensorBytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    vocabulary: shape.vocabulary,
    tensors,
  };
}

/** All tensors that take room; norms and biases of attention, some thousand numbers each, are counted as one per layer. */
function tensorsOf(shape: CatalogueShape, quantisation: CatalogueQuantisation): Tensor[] {
  const { width, vocabulary, layers, tied, positions } = shape;
  const tensors: Tensor[] = [];
  const add = (name: string, [from, to]: readonly [number, number], at: { layer?: number; plain?: boolean } = {}) => {
    const type = at.plain === true ? 'F32' : typeOf(shape, quantisation, { name, from, layer: at.layer ?? 0 });
    const numbers = from * to;
    const block = typeByName.get(type) ?? { numbers: 1, bytes: 4 };
    tensors.push({ name, type, numbers, bytes: Math.ceil(numbers / block.numbers) * block.bytes });
  };
  add('token_embd.weight', [width, vocabulary]);
  if (!tied) add('output.weight', [width, vocabulary]);
  if (positions === true) add('position_embd.weight', [width, shape.context], { plain: true });
  for (let layer = 0; layer < layers; layer += 1) {
    const of = (name: string): string => `blk.${layer}.${name}.weight`;
    for (const [name, size] of layerMatrices(shape, layer)) add(of(name), size, { layer });
    add(of('attn_norm'), [width, 4], { plain: true });
    if (hasExperts(shape, layer)) add(of('ffn_gate_inp'), [width, shape.experts?.count ?? 0], { plain: true });
  }
  return tensors;
}

type Matrix = readonly [name: string, size: readonly [from: number, to: number]];

function layerMatrices(shape: CatalogueShape, layer: number): Matrix[] {
  return [...attentionMatrices(shape), ...feedForwardMatrices(shape, layer)];
}

function attentionMatrices({ width, heads, kvHeads, headSize, latent, fusedQkv, ...shape }: CatalogueShape): Matrix[] {
  const valueSize = shape.valueSize ?? headSize;
  const output: Matrix = ['attn_output', [heads * valueSize, width]];
  if (latent !== undefined) {
    const { rank, rope } = latent;
    return [
      ['attn_q', [width, heads * headSize]],
      ['attn_kv_a_mqa', [width, rank + rope]],
      ['attn_kv_b', [rank, heads * (headSize - rope + valueSize)]],
      output,
    ];
  }
  if (fusedQkv === true) return [['attn_qkv', [width, heads * headSize + kvHeads * (headSize + valueSize)]], output];
  return [
    ['attn_q', [width, heads * headSize]],
    ['attn_k', [width, kvHeads * headSize]],
    ['attn_v', [width, kvHeads * valueSize]],
    output,
  ];
}

function feedForwardMatrices(shape: CatalogueShape, layer: number): Matrix[] {
  const { width, feedForward, experts, gate } = shape;
  if (experts === undefined || !hasExperts(shape, layer)) {
    if (gate === 'fused')
      return [
        ['ffn_up', [width, 2 * feedForward]],
        ['ffn_down', [feedForward, width]],
      ];
    return threeMatrices('', width, feedForward).slice(gate === 'none' ? 1 : 0);
  }
  const each = threeMatrices('_exps', width, experts.feedForward).map(([name, [from, to]]): Matrix => [
    name,
    [from, to * experts.count],
  ]);
  const shared = (experts.shared ?? 0) * experts.feedForward;
  return shared === 0 ? each : [...each, ...threeMatrices('_shexp', width, shared)];
}

function threeMatrices(suffix: string, width: number, inner: number): Matrix[] {
  return [
    [`ffn_gate${suffix}`, [width, inner]],
    [`ffn_up${suffix}`, [width, inner]],
    [`ffn_down${suffix}`, [inner, width]],
  ];
}

function hasExperts({ experts }: CatalogueShape, layer: number): boolean {
  return experts !== undefined && layer >= (experts.denseLayers ?? 0);
}

/** As llama-quantize chooses (https://github.com/ggml-org/llama.cpp/blob/master/src/llama-quant.cpp). */
function typeOf(
  shape: CatalogueShape,
  quantisation: CatalogueQuantisation,
  of: { name: string; from: number; layer: number },
): string {
  const { name, from, layer } = of;
  if (quantisation === 'F16' || quantisation === 'Q8_0') return quantisation;
  // Only the experts of such a file are of its type.
  if (quantisation === 'MXFP4') return name.includes('_exps.') ? 'MXFP4' : 'Q8_0';
  const long = from % 256 === 0;
  const output = name === 'output.weight' || (name === 'token_embd.weight' && shape.tied);
  const eighth = Math.floor(shape.layers / 8);
  const matters = layer < eighth || layer >= Math.floor((7 * shape.layers) / 8) || (layer - eighth) % 3 === 2;
  if (output || (matters && /\.(attn_v|ffn_down(_exps|_shexp)?)\./.test(name))) return long ? 'Q6_K' : 'Q8_0';
  if (name.includes('.attn_qkv.')) return long ? 'Q5_K' : 'Q5_1';
  return long ? 'Q4_K' : 'Q5_0';
}

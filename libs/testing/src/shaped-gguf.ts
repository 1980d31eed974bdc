import { tensorBytes, type GgufTensorType, type GgufValue } from './gguf-format.ts';
import { writeGgufHeader, type GgufTensorShape } from './gguf-writer.ts';
import { createSeededRandom } from './seeded-random.ts';
import { shapedTokenizer, vocabularyWords } from './shaped-tokenizer.ts';
import { shapedWeights } from './shaped-weights.ts';
import { chatMlTemplate } from './tiny-gguf.ts';

export type ShapedArchitecture = 'llama' | 'qwen2' | 'qwen3' | 'gemma3';
/** `Q4_K_M` is the mix that llama-quantize makes: Q4_K, with Q6_K where it matters, and Q5_0 and Q8_0 where rows are no multiple of 256. */
export type ShapedQuantisation = 'F16' | 'Q8_0' | 'Q4_0' | 'Q4_K_M';

/** The shape of a language model. What it is trained on is not: its weights are random. */
export interface ShapedModel {
  readonly name: string;
  readonly architecture: ShapedArchitecture;
  readonly layers: number;
  readonly width: number;
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Default: the width, divided among the heads. */
  readonly headWidth?: number;
  readonly vocabulary: number;
  readonly quantisation: ShapedQuantisation;
  /** The output matrix is the embedding. Default true. */
  readonly tied?: boolean;
  /** Tokens it claims to be trained on. Default 32768. */
  readonly contextLength?: number;
  /** Tokens that the local layers of `gemma3` look back. Default 512. */
  readonly slidingWindow?: number;
  /** An embedding model: no causal mask, the mean over the tokens. Default false. */
  readonly embedding?: boolean;
  /** A mixture of experts (`llama` only): how many, and how many of them a token passes. `hidden` is the width of one. Default none. */
  readonly experts?: { readonly count: number; readonly used: number };
  /** Decides every weight. Default 1. */
  readonly seed?: number;
}

const half = {
  architecture: 'qwen2',
  layers: 24,
  width: 896,
  hidden: 4864,
  heads: 14,
  keyValueHeads: 2,
  vocabulary: 151_936,
} as const;

/** The shapes that are measured: of 8 MB for what costs the same with every model, and two of Qwen 2.5's sizes. */
export const shapedPresets = {
  tiny: {
    name: 'tiny',
    architecture: 'qwen2',
    layers: 4,
    width: 256,
    hidden: 768,
    heads: 4,
    keyValueHeads: 2,
    vocabulary: 4096,
    quantisation: 'F16',
  },
  '0.5B-Q4_0': { ...half, name: '0.5B', quantisation: 'Q4_0' },
  '0.5B-Q8_0': { ...half, name: '0.5B', quantisation: 'Q8_0' },
  '0.5B-Q4_K_M': { ...half, name: '0.5B', quantisation: 'Q4_K_M' },
  '1.5B-Q4_K_M': {
    name: '1.5B',
    architecture: 'qwen2',
    layers: 28,
    width: 1536,
    hidden: 8960,
    heads: 12,
    keyValueHeads: 2,
    vocabulary: 151_936,
    quantisation: 'Q4_K_M',
  },
  /** The shape of a small text embedder. */
  'embedding-Q8_0': {
    name: 'embedding',
    architecture: 'llama',
    layers: 6,
    width: 384,
    hidden: 1536,
    heads: 6,
    keyValueHeads: 6,
    vocabulary: 30_522,
    quantisation: 'Q8_0',
    contextLength: 2048,
    embedding: true,
  },
} as const satisfies Record<string, ShapedModel>;

/** A model file that is not in memory: its length, and its bytes in order. */
export interface ShapedFile {
  readonly bytes: number;
  pieces(): Generator<Uint8Array>;
}

/** The GGUF file of this shape. The same options give the same bytes on every machine. */
export function shapedFile(model: ShapedModel): ShapedFile {
  const tensors = shapedTensors(model);
  const header = writeGgufHeader(shapedMetadata(model), tensors);
  const data = tensors.reduce((sum, { type, dimensions }) => sum + roundUp(bytesOf(type, dimensions)), 0);
  return {
    bytes: header.length + data,
    *pieces() {
      yield header;
      yield* shapedWeights(tensors, model.seed ?? 1);
    },
  };
}

/** A text of this many tokens for every model of this vocabulary, each one a word with a space before it. */
export function shapedWords(vocabulary: number, tokens: number, seed: number): string {
  const words = vocabularyWords(vocabulary);
  const random = createSeededRandom(seed);
  return Array.from({ length: tokens }, () => words[Math.floor(random() * words.length)]).join('');
}

function bytesOf(type: GgufTensorType, dimensions: readonly number[]): number {
  return tensorBytes(
    type,
    dimensions.reduce((product, dimension) => product * dimension, 1),
  );
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / 32) * 32;
}

/** Every tensor of this shape, with the type that its quantisation gives it. */
export function shapedTensors(model: ShapedModel): GgufTensorShape[] {
  const { width, hidden, heads, keyValueHeads, layers, vocabulary, architecture } = model;
  const headWidth = model.headWidth ?? width / heads;
  const matrix = (name: string, [from, to]: readonly [number, number], layer = 0): GgufTensorShape => ({
    name: `${name}.weight`,
    dimensions: [from, to],
    type: matrixType(model, { name, from, layer }),
  });
  const vector = (name: string, length: number): GgufTensorShape => ({ name, dimensions: [length], type: 'F32' });
  const tensors: GgufTensorShape[] = [
    matrix('token_embd', [width, vocabulary]),
    vector('output_norm.weight', width),
    ...((model.tied ?? true) ? [] : [matrix('output', [width, vocabulary])]),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const of = (name: string): string => `blk.${layer}.${name}`;
    tensors.push(
      vector(of('attn_norm.weight'), width),
      matrix(of('attn_q'), [width, heads * headWidth], layer),
      matrix(of('attn_k'), [width, keyValueHeads * headWidth], layer),
      matrix(of('attn_v'), [width, keyValueHeads * headWidth], layer),
      matrix(of('attn_output'), [heads * headWidth, width], layer),
      vector(of('ffn_norm.weight'), width),
    );
    const { experts } = model;
    if (experts === undefined) {
      tensors.push(
        matrix(of('ffn_gate'), [width, hidden], layer),
        matrix(of('ffn_up'), [width, hidden], layer),
        matrix(of('ffn_down'), [hidden, width], layer),
      );
    } else {
      const each = (name: string, sides: readonly [number, number]): GgufTensorShape => {
        const one = matrix(of(name), sides, layer);
        return { ...one, dimensions: [...sides, experts.count] };
      };
      tensors.push(
        { ...matrix(of('ffn_gate_inp'), [width, experts.count]), type: 'F16' },
        each('ffn_gate_exps', [width, hidden]),
        each('ffn_up_exps', [width, hidden]),
        each('ffn_down_exps', [hidden, width]),
      );
    }
    if (architecture === 'qwen2') {
      tensors.push(
        vector(of('attn_q.bias'), heads * headWidth),
        vector(of('attn_k.bias'), keyValueHeads * headWidth),
        vector(of('attn_v.bias'), keyValueHeads * headWidth),
      );
    }
    if (architecture === 'qwen3' || architecture === 'gemma3') {
      tensors.push(vector(of('attn_q_norm.weight'), headWidth), vector(of('attn_k_norm.weight'), headWidth));
    }
    if (architecture === 'gemma3') {
      tensors.push(vector(of('post_attention_norm.weight'), width), vector(of('post_ffw_norm.weight'), width));
    }
  }
  return tensors;
}

/** As llama-quantize chooses (llama-quant.cpp, `llama_tensor_get_type`). */
function matrixType(model: ShapedModel, of: { name: string; from: number; layer: number }): GgufTensorType {
  const { quantisation, layers } = model;
  const output = of.name === 'output' || (of.name === 'token_embd' && (model.tied ?? true));
  if (quantisation === 'F16' || quantisation === 'Q8_0') return quantisation;
  const long = of.from % 256 === 0;
  if (quantisation === 'Q4_0') return output ? (long ? 'Q6_K' : 'Q8_0') : 'Q4_0';
  const eighth = Math.floor(layers / 8);
  const matters = of.layer < eighth || of.layer >= Math.floor((7 * layers) / 8) || (of.layer - eighth) % 3 === 2;
  const more = output || (matters && /\.(attn_v|ffn_down)$/.test(of.name));
  if (more) return long ? 'Q6_K' : 'Q8_0';
  return long ? 'Q4_K' : 'Q5_0';
}

const fileTypes = { F16: 1, Q4_0: 2, Q8_0: 7, Q4_K_M: 15 } as const;

function shapedMetadata(model: ShapedModel): Record<string, GgufValue> {
  const { architecture, embedding = false } = model;
  const headWidth = model.headWidth ?? model.width / model.heads;
  const own: Record<string, GgufValue> = {
    context_length: uint(model.contextLength ?? 32_768),
    embedding_length: uint(model.width),
    block_count: uint(model.layers),
    feed_forward_length: uint(model.hidden),
    'attention.head_count': uint(model.heads),
    'attention.head_count_kv': uint(model.keyValueHeads),
    'attention.key_length': uint(headWidth),
    'attention.value_length': uint(headWidth),
    'attention.layer_norm_rms_epsilon': float(1e-6),
    'rope.dimension_count': uint(headWidth),
    'rope.freq_base': float(1_000_000),
    vocab_size: uint(model.vocabulary),
    ...(architecture === 'gemma3' && { 'attention.sliding_window': uint(model.slidingWindow ?? 512) }),
    ...(model.experts && {
      expert_count: uint(model.experts.count),
      expert_used_count: uint(model.experts.used),
    }),
    ...(embedding && { pooling_type: uint(1), 'attention.causal': flag(false) }),
  };
  return {
    'general.architecture': text(architecture),
    'general.type': text('model'),
    'general.name': text(`Nootropic Shaped ${model.name} ${model.quantisation}`),
    'general.license': text('mit'),
    'general.file_type': uint(fileTypes[model.quantisation]),
    'general.quantization_version': uint(2),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
    ...tokenizerMetadata(model.vocabulary),
    ...(!embedding && { 'tokenizer.chat_template': text(chatMlTemplate) }),
  };
}

function tokenizerMetadata(vocabulary: number): Record<string, GgufValue> {
  const tokenizer = shapedTokenizer(vocabulary);
  const special = (token: string): GgufValue => uint(tokenizer.id(token));
  return {
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('qwen2'),
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: tokenizer.tokens },
    'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: tokenizer.kinds },
    'tokenizer.ggml.merges': { type: 'array', of: 'string', value: tokenizer.merges },
    'tokenizer.ggml.bos_token_id': special('<|endoftext|>'),
    'tokenizer.ggml.eos_token_id': special('<|im_end|>'),
    'tokenizer.ggml.eot_token_id': special('<|im_end|>'),
    'tokenizer.ggml.padding_token_id': special('<|endoftext|>'),
    'tokenizer.ggml.fim_pre_token_id': special('<|fim_prefix|>'),
    'tokenizer.ggml.fim_suf_token_id': special('<|fim_suffix|>'),
    'tokenizer.ggml.fim_mid_token_id': special('<|fim_middle|>'),
    'tokenizer.ggml.fim_pad_token_id': special('<|fim_pad|>'),
    'tokenizer.ggml.add_bos_token': flag(false),
    'tokenizer.ggml.add_eos_token': flag(false),
  };
}

function uint(value: number): GgufValue {
  return { type: 'uint32', value };
}

function float(value: number): GgufValue {
  return { type: 'float32', value };
}

function flag(value: boolean): GgufValue {
  return { type: 'bool', value };
}

function text(value: string): GgufValue {
  return { type: 'string', value };
}

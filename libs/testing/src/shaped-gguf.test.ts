import { describe, expect, it } from 'vitest';
import { ggufBlocks, ggufTensorTypes, tensorBytes } from './gguf-format.ts';
import { fromHalf, readGguf } from './gguf-reader.ts';
import { shapedFile, shapedPresets, shapedTensors, shapedWords, type ShapedModel } from './shaped-gguf.ts';
import { shapedTokenizer } from './shaped-tokenizer.ts';
import { shapedWeights } from './shaped-weights.ts';

const small: ShapedModel = {
  name: 'small',
  architecture: 'qwen2',
  layers: 8,
  width: 256,
  hidden: 512,
  heads: 4,
  keyValueHeads: 2,
  vocabulary: 2048,
  quantisation: 'Q4_K_M',
};

function bytesOf(model: ShapedModel): Uint8Array {
  const file = shapedFile(model);
  const bytes = new Uint8Array(file.bytes);
  let at = 0;
  for (const piece of file.pieces()) {
    bytes.set(piece, at);
    at += piece.length;
  }
  expect(at).toBe(file.bytes);
  return bytes;
}

function parametersOf(model: ShapedModel): number {
  return shapedTensors(model).reduce(
    (sum, { dimensions }) => sum + dimensions.reduce((product, dimension) => product * dimension, 1),
    0,
  );
}

describe('a model file of a given shape', () => {
  it('holds the shape in its header and a place for every tensor', () => {
    const bytes = bytesOf(small);
    const file = readGguf(bytes);
    expect(Object.fromEntries(file.metadata)).toMatchObject({
      'general.architecture': 'qwen2',
      'qwen2.block_count': 8,
      'qwen2.embedding_length': 256,
      'qwen2.attention.head_count_kv': 2,
      'qwen2.context_length': 32_768,
    });
    const names = Object.fromEntries(Object.entries(ggufTensorTypes).map(([name, code]) => [code, name]));
    let end = 0;
    for (const tensor of file.tensors) {
      expect(tensor.offset).toBe(end);
      const numbers = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
      end += Math.ceil(tensorBytes(names[tensor.type] as keyof typeof ggufTensorTypes, numbers) / 32) * 32;
    }
    expect(file.dataOffset + end).toBe(bytes.length);
  });

  it('is the same for the same seed, and another for another', () => {
    const bytes = bytesOf(small);
    const alike = (other: Uint8Array): boolean => bytes.every((byte, at) => byte === other[at]);
    expect(alike(bytesOf({ ...small, seed: 1 }))).toBe(true);
    expect(alike(bytesOf({ ...small, seed: 2 }))).toBe(false);
  });

  it('has the parameters of Qwen 2.5 in its presets', () => {
    expect(parametersOf(shapedPresets['0.5B-Q4_0'])).toBe(494_032_768);
    expect(parametersOf(shapedPresets['1.5B-Q4_K_M'])).toBe(1_543_714_304);
    expect(shapedFile(shapedPresets.tiny).bytes).toBeLessThan(9e6);
  });

  it('mixes types as llama-quantize does', () => {
    const types = new Map(shapedTensors(small).map(({ name, type }) => [name, type]));
    expect(types.get('token_embd.weight')).toBe('Q6_K');
    expect(types.get('blk.0.ffn_down.weight')).toBe('Q6_K');
    expect(types.get('blk.1.ffn_down.weight')).toBe('Q4_K');
    expect(types.get('blk.3.attn_v.weight')).toBe('Q6_K');
    expect(types.get('blk.0.attn_q.weight')).toBe('Q4_K');
    const odd = new Map(shapedTensors(shapedPresets['0.5B-Q4_K_M']).map(({ name, type }) => [name, type]));
    expect(odd.get('blk.0.attn_q.weight')).toBe('Q5_0');
    expect(odd.get('blk.0.ffn_down.weight')).toBe('Q6_K');
  });
});

describe('random weights', () => {
  it.each(['Q4_0', 'Q5_0', 'Q8_0', 'Q4_K', 'Q6_K', 'F16'] as const)('of %s have sound scales', (type) => {
    const [bytes = new Uint8Array()] = shapedWeights([{ name: 'a.weight', dimensions: [256, 4], type }], 3);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const step = type === 'F16' ? 2 : ggufBlocks[type].bytes;
    const scaleAt = type === 'Q6_K' ? 208 : 0;
    for (let at = 0; at < bytes.length; at += step) {
      const scale = Math.abs(fromHalf(view.getUint16(at + scaleAt, true)));
      expect(scale).toBeGreaterThan(1e-5);
      expect(scale).toBeLessThan(0.04);
    }
  });

  it('differ from row to row', () => {
    const tensor = { name: 'a.weight', dimensions: [256, 2000], type: 'Q8_0' } as const;
    const [bytes = new Uint8Array()] = shapedWeights([tensor], 3);
    const row = tensorBytes('Q8_0', 256);
    const whole = Math.floor(bytes.length / row);
    const rows = new Set(Array.from({ length: whole }, (_, at) => bytes.subarray(at * row, (at + 1) * row).join()));
    expect(whole).toBeGreaterThan(100);
    expect(rows.size).toBe(whole);
  });
});

describe('the tokenizer of a shape', () => {
  it.each([2048, 30_522, 151_936])('has %i different tokens', (vocabulary) => {
    const { tokens, kinds } = shapedTokenizer(vocabulary);
    expect(tokens).toHaveLength(vocabulary);
    expect(kinds).toHaveLength(vocabulary);
    expect(new Set(tokens).size).toBe(vocabulary);
  });

  it('can join everything that a merge names', () => {
    const { tokens, merges } = shapedTokenizer(2048);
    const known = new Set(tokens);
    for (const merge of merges) {
      const [left = '', right = ''] = merge.split(' ');
      expect([left, right, left + right].every((token) => known.has(token))).toBe(true);
    }
  });

  it('makes texts of as many words as asked for, from the seed', () => {
    const text = shapedWords(4096, 100, 7);
    expect(text.match(/ [a-z]{8}/g)).toHaveLength(100);
    expect(text).toHaveLength(900);
    expect(shapedWords(4096, 100, 7)).toBe(text);
    expect(shapedWords(4096, 100, 8)).not.toBe(text);
  });
});

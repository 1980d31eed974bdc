import { ggufBlocks, tensorBytes, type GgufTensorType } from './gguf-format.ts';
import type { GgufTensorShape } from './gguf-writer.ts';
import { toHalf } from './gguf-writer.ts';

/**
 * Blocks in a pool. It is prime and larger than any vocabulary here, so that two rows of one tensor never begin at the same block of
 * the pool: no two rows are alike.
 */
const poolBlocks = 196_613;

/** F16 numbers are drawn in groups, so that a pool of them is not too short. */
const halvesPerBlock = 32;

/**
 * The bytes of these tensors, in order, each filled up to a multiple of 32: random numbers of a standard deviation near 0.025, with which
 * what passes through the layers stays finite; ones for scales and zeros for biases. Of each type some megabytes of blocks are drawn, and
 * every tensor takes them from another place on, so that gigabytes cost little more than the writing. The same seed gives the same bytes.
 */
export function* shapedWeights(tensors: readonly GgufTensorShape[], seed: number): Generator<Uint8Array> {
  const pools = new Map<GgufTensorType, Uint8Array>();
  const random = createBits(seed);
  for (const { name, dimensions, type } of tensors) {
    const numbers = dimensions.reduce((product, dimension) => product * dimension, 1);
    const bytes = tensorBytes(type, numbers);
    if (type === 'F32') yield constantNumbers(numbers, name.endsWith('.bias') ? 0 : 1);
    else {
      const pool = pools.get(type) ?? fillPool(type, random);
      pools.set(type, pool);
      const unit = poolUnit(type);
      yield* turns(pool, (random() % poolBlocks) * unit, bytes);
    }
    const rest = bytes % 32;
    if (rest > 0) yield new Uint8Array(32 - rest);
  }
}

function* turns(pool: Uint8Array, start: number, bytes: number): Generator<Uint8Array> {
  let at = start;
  for (let left = bytes; left > 0;) {
    const piece = pool.subarray(at, Math.min(pool.length, at + left));
    yield piece;
    left -= piece.length;
    at = (at + piece.length) % pool.length;
  }
}

function constantNumbers(count: number, value: number): Uint8Array {
  const bytes = new Uint8Array(count * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setFloat32(i * 4, value, true);
  return bytes;
}

function poolUnit(type: GgufTensorType): number {
  return type === 'F16' ? halvesPerBlock * 2 : ggufBlocks[type].bytes;
}

function fillPool(type: GgufTensorType, random: () => number): Uint8Array {
  const unit = poolUnit(type);
  const words = new Uint32Array(Math.ceil((poolBlocks * unit) / 4));
  for (let i = 0; i < words.length; i++) words[i] = random();
  const bytes = new Uint8Array(words.buffer, 0, poolBlocks * unit);
  const view = new DataView(bytes.buffer);
  for (let block = 0; block < poolBlocks; block++) setScales(type, view, block * unit);
  return bytes;
}

/** Puts sound scales into a block of random bits; the random quants beside them stay. Layouts: ggml-common.h. */
function setScales(type: GgufTensorType, view: DataView, at: number): void {
  const mantissa = view.getUint16(at, true) & 0x3ff;
  const spread = 1 + mantissa / 1024;
  switch (type) {
    case 'Q4_0':
      return view.setUint16(at, toHalf(0.0037 * spread), true);
    case 'Q5_0':
      return view.setUint16(at, toHalf(0.0018 * spread), true);
    case 'Q8_0':
      return view.setUint16(at, toHalf(0.00023 * spread), true);
    case 'Q4_K':
      // The second scale is of what is subtracted: 7.5, the mean of the quants, times the first leaves a mean of zero.
      view.setUint16(at, toHalf(0.00006 * spread), true);
      return view.setUint16(at + 2, toHalf(0.00006 * spread * 7.5), true);
    case 'Q6_K':
      return view.setUint16(at + 208, toHalf(0.000012 * spread), true);
    case 'F16':
      for (let i = 0; i < halvesPerBlock; i++) {
        const bits = view.getUint16(at + i * 2, true);
        // Sign and mantissa stay; the exponent becomes that of 1/64, so the size is between 0.0156 and 0.0313.
        view.setUint16(at + i * 2, (bits & 0x83ff) | 0x2400, true);
      }
      return;
    case 'F32':
      return;
  }
}

/** 32 random bits at a time: Marsaglia's xorshift, https://doi.org/10.18637/jss.v008.i14 */
function createBits(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

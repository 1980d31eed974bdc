import {
  ggufMagic,
  ggufTensorTypes,
  ggufValueTypes,
  tensorBytes,
  type GgufArray,
  type GgufTensorType,
  type GgufValue,
} from './gguf-format.ts';

export interface GgufTensor {
  readonly name: string;
  /** Innermost first, as ggml counts them: a matrix of 3 rows of 64 numbers is `[64, 3]`. */
  readonly dimensions: readonly number[];
  readonly type: 'F32' | 'F16' | 'Q8_0';
  /** Row after row. Rounded to the nearest number that `type` can hold. */
  readonly values: Float32Array;
}

export interface GgufContent {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensor[];
  /** Bytes that every tensor's start is a multiple of. Default 32. */
  readonly alignment?: number;
}

/** A tensor as the header describes it. */
export interface GgufTensorShape {
  readonly name: string;
  /** Innermost first. */
  readonly dimensions: readonly number[];
  readonly type: GgufTensorType;
}

/** A GGUF file, version 3, little-endian. Throws a `RangeError` where a tensor's values and dimensions do not agree. */
export function writeGguf(content: GgufContent): Uint8Array<ArrayBuffer> {
  const alignment = content.alignment ?? 32;
  const metadata: Record<string, GgufValue> =
    alignment === 32
      ? content.metadata
      : { ...content.metadata, 'general.alignment': { type: 'uint32', value: alignment } };
  content.tensors.forEach(checkTensor);
  const out = byteWriter();
  writeHeader(out, { metadata, tensors: content.tensors, alignment });
  for (const tensor of content.tensors) {
    writeTensor(out, tensor);
    out.pad(alignment);
  }
  return out.done();
}

/**
 * Everything of a GGUF file, version 3, that goes before the numbers of its tensors, which follow in this order, each filled up with
 * zeros to a multiple of 32 bytes.
 */
export function writeGgufHeader(
  metadata: Readonly<Record<string, GgufValue>>,
  tensors: readonly GgufTensorShape[],
): Uint8Array<ArrayBuffer> {
  const out = byteWriter();
  writeHeader(out, { metadata, tensors, alignment: 32 });
  return out.done();
}

interface GgufHead {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly tensors: readonly GgufTensorShape[];
  readonly alignment: number;
}

function writeHeader(out: ByteWriter, { metadata, tensors, alignment }: GgufHead): void {
  out.number('uint32', ggufMagic);
  out.number('uint32', 3);
  out.big(BigInt(tensors.length));
  out.big(BigInt(Object.keys(metadata).length));
  for (const [key, value] of Object.entries(metadata)) {
    out.text(key);
    out.number('uint32', ggufValueTypes[value.type]);
    writeValue(out, value);
  }
  let offset = 0;
  for (const { name, dimensions, type } of tensors) {
    out.text(name);
    out.number('uint32', dimensions.length);
    for (const dimension of dimensions) out.big(BigInt(dimension));
    out.number('uint32', ggufTensorTypes[type]);
    out.big(BigInt(offset));
    const numbers = dimensions.reduce((product, dimension) => product * dimension, 1);
    offset = roundUp(offset + tensorBytes(type, numbers), alignment);
  }
  out.pad(alignment);
}

function checkTensor(tensor: GgufTensor): void {
  const asked = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
  if (asked !== tensor.values.length) {
    throw new RangeError(`${tensor.name}: dimensions ask for ${asked} values, there are ${tensor.values.length}.`);
  }
  if (tensor.type === 'Q8_0' && (tensor.dimensions[0] ?? 0) % 32 !== 0) {
    throw new RangeError(`${tensor.name}: rows of Q8_0 are multiples of 32 values.`);
  }
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

type ByteWriter = ReturnType<typeof byteWriter>;

const numberWriters = {
  uint8: { size: 1, set: (view: DataView, value: number) => view.setUint8(0, value) },
  int8: { size: 1, set: (view: DataView, value: number) => view.setInt8(0, value) },
  uint16: { size: 2, set: (view: DataView, value: number) => view.setUint16(0, value, true) },
  int16: { size: 2, set: (view: DataView, value: number) => view.setInt16(0, value, true) },
  uint32: { size: 4, set: (view: DataView, value: number) => view.setUint32(0, value, true) },
  int32: { size: 4, set: (view: DataView, value: number) => view.setInt32(0, value, true) },
  float32: { size: 4, set: (view: DataView, value: number) => view.setFloat32(0, value, true) },
  float64: { size: 8, set: (view: DataView, value: number) => view.setFloat64(0, value, true) },
} as const;

function byteWriter() {
  let buffer = new Uint8Array(64 * 1024);
  let length = 0;
  const encoder = new TextEncoder();
  function room(bytes: number): DataView {
    if (length + bytes > buffer.length) {
      const larger = new Uint8Array(Math.max(buffer.length * 2, length + bytes));
      larger.set(buffer);
      buffer = larger;
    }
    const view = new DataView(buffer.buffer, length, bytes);
    length += bytes;
    return view;
  }
  const writer = {
    number(type: keyof typeof numberWriters, value: number): void {
      const { size, set } = numberWriters[type];
      set(room(size), value);
    },
    /** 64 bits; a negative number in two's complement. */
    big(value: bigint): void {
      room(8).setBigUint64(0, BigInt.asUintN(64, value), true);
    },
    text(value: string): void {
      const bytes = encoder.encode(value);
      writer.big(BigInt(bytes.length));
      room(bytes.length);
      buffer.set(bytes, length - bytes.length);
    },
    pad(alignment: number): void {
      room(roundUp(length, alignment) - length);
    },
    done(): Uint8Array<ArrayBuffer> {
      return buffer.slice(0, length);
    },
  };
  return writer;
}

function writeValue(out: ByteWriter, value: GgufValue): void {
  if (value.type === 'array') writeArray(out, value);
  else if (value.type === 'string') out.text(value.value);
  else if (value.type === 'bool') out.number('uint8', value.value ? 1 : 0);
  else if (value.type === 'uint64' || value.type === 'int64') out.big(value.value);
  else out.number(value.type, value.value);
}

function writeArray(out: ByteWriter, array: GgufArray): void {
  out.number('uint32', ggufValueTypes[array.of]);
  out.big(BigInt(array.value.length));
  if (array.of === 'array') for (const item of array.value) writeArray(out, item);
  else if (array.of === 'string') for (const item of array.value) out.text(item);
  else if (array.of === 'bool') for (const item of array.value) out.number('uint8', item ? 1 : 0);
  else if (array.of === 'uint64' || array.of === 'int64') for (const item of array.value) out.big(item);
  else for (const item of array.value) out.number(array.of, item);
}

function writeTensor(out: ByteWriter, { type, values }: GgufTensor): void {
  if (type === 'F32') for (const value of values) out.number('float32', value);
  else if (type === 'F16') for (const value of values) out.number('uint16', toHalf(value));
  else for (let at = 0; at < values.length; at += 32) writeBlock(out, values.subarray(at, at + 32));
}

/** One Q8_0 block: a half-precision scale, then 32 signed bytes. */
function writeBlock(out: ByteWriter, block: Float32Array): void {
  const scale = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
  out.number('uint16', toHalf(scale));
  for (const value of block) out.number('int8', scale === 0 ? 0 : Math.round(value / scale));
}

/** The bits of the nearest half-precision number (IEEE 754 binary16, ties to even). */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const steps = roundToEven(size / 2 ** (exponent - 10));
  // A carry out of the mantissa runs into the exponent, which is then right as well.
  return sign | (size < 2 ** -14 ? steps : ((exponent + 15) << 10) + (steps - 1024));
}

function roundToEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}

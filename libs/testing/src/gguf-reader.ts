import { ggufMagic, ggufTensorTypes, ggufValueTypes, type GgufValueType } from './gguf-format.ts';

/** A number in the file that says how to read on: where it lies, and what it says. */
export interface GgufField {
  readonly kind: 'count' | 'length' | 'type' | 'dimension' | 'offset';
  /** Bytes from the start of the file. */
  readonly at: number;
  readonly bytes: 4 | 8;
}

export type GgufPlain = number | bigint | boolean | string | readonly GgufPlain[];

export interface GgufTensorInfo {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** Number of the type in ggml. */
  readonly type: number;
  /** Bytes from the start of the tensor data. */
  readonly offset: number;
}

export interface GgufFile {
  readonly metadata: ReadonlyMap<string, GgufPlain>;
  readonly tensors: readonly GgufTensorInfo[];
  /** Where the tensor data starts. */
  readonly dataOffset: number;
  readonly fields: readonly GgufField[];
}

/**
 * Reads the structure of a sound GGUF file, version 3, such as the writer makes. Throws a `RangeError` on anything else;
 * it is for tests and takes no care of what hostile files would cost.
 */
export function readGguf(bytes: Uint8Array): GgufFile {
  const input = createReader(bytes);
  if (input.uint32() !== ggufMagic) throw new RangeError('This is not a GGUF file.');
  if (input.uint32() !== 3) throw new RangeError('This is not version 3 of GGUF.');
  const tensorCount = input.size('count');
  const valueCount = input.size('count');
  const metadata = new Map<string, GgufPlain>();
  for (let i = 0; i < valueCount; i++) {
    const key = input.text();
    metadata.set(key, input.value(input.type()));
  }
  const tensors: GgufTensorInfo[] = [];
  for (let i = 0; i < tensorCount; i++) tensors.push(input.tensor());
  const alignment = Number(metadata.get('general.alignment') ?? 32);
  return { metadata, tensors, dataOffset: Math.ceil(input.position() / alignment) * alignment, fields: input.fields };
}

/** The numbers of an F32 or F16 tensor. */
export function readTensor(bytes: Uint8Array, file: GgufFile, name: string): Float32Array {
  const tensor = file.tensors.find((each) => each.name === name);
  if (!tensor) throw new RangeError(`There is no tensor ${name}.`);
  const length = tensor.dimensions.reduce((product, dimension) => product * dimension, 1);
  const view = new DataView(bytes.buffer, bytes.byteOffset + file.dataOffset + tensor.offset);
  if (tensor.type === ggufTensorTypes.F32) return Float32Array.from({ length }, (_, i) => view.getFloat32(i * 4, true));
  if (tensor.type === ggufTensorTypes.F16)
    return Float32Array.from({ length }, (_, i) => fromHalf(view.getUint16(i * 2, true)));
  throw new RangeError(`${name} is of type ${tensor.type}.`);
}

/** The number that these 16 bits mean (IEEE 754 binary16). */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

const typeNames = new Map(
  Object.entries(ggufValueTypes).map(([name, code]) => [code as number, name as GgufValueType]),
);

function createReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const fields: GgufField[] = [];
  let at = 0;
  function take(size: number): number {
    at += size;
    return at - size;
  }
  const input = {
    fields,
    position: () => at,
    uint32: () => view.getUint32(take(4), true),
    size(kind: GgufField['kind']): number {
      fields.push({ kind, at, bytes: 8 });
      return Number(view.getBigUint64(take(8), true));
    },
    type(): GgufValueType {
      fields.push({ kind: 'type', at, bytes: 4 });
      const code = input.uint32();
      const name = typeNames.get(code);
      if (!name) throw new RangeError(`There is no value type ${code}.`);
      return name;
    },
    text(): string {
      const length = input.size('length');
      return decoder.decode(bytes.subarray(take(length), at));
    },
    value(type: GgufValueType): GgufPlain {
      if (type === 'string') return input.text();
      if (type === 'array') {
        const of = input.type();
        return Array.from({ length: input.size('length') }, () => input.value(of));
      }
      return numberReaders[type](view, take);
    },
    tensor(): GgufTensorInfo {
      const name = input.text();
      fields.push({ kind: 'count', at, bytes: 4 });
      const dimensions = Array.from({ length: input.uint32() }, () => input.size('dimension'));
      fields.push({ kind: 'type', at, bytes: 4 });
      return { name, dimensions, type: input.uint32(), offset: input.size('offset') };
    },
  };
  return input;
}

const numberReaders: Record<
  Exclude<GgufValueType, 'string' | 'array'>,
  (view: DataView, take: (size: number) => number) => GgufPlain
> = {
  uint8: (view, take) => view.getUint8(take(1)),
  int8: (view, take) => view.getInt8(take(1)),
  uint16: (view, take) => view.getUint16(take(2), true),
  int16: (view, take) => view.getInt16(take(2), true),
  uint32: (view, take) => view.getUint32(take(4), true),
  int32: (view, take) => view.getInt32(take(4), true),
  float32: (view, take) => view.getFloat32(take(4), true),
  bool: (view, take) => view.getUint8(take(1)) !== 0,
  uint64: (view, take) => view.getBigUint64(take(8), true),
  int64: (view, take) => view.getBigInt64(take(8), true),
  float64: (view, take) => view.getFloat64(take(8), true),
};

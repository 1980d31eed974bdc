/** The numbers of the GGUF format, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
export const ggufMagic = 0x46554747;

export const ggufValueTypes = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;

export type GgufValueType = keyof typeof ggufValueTypes;

/** Tensor types that the writer knows, with their numbers in ggml. */
export const ggufTensorTypes = { F32: 0, F16: 1, Q8_0: 8 } as const;

export type GgufTensorType = keyof typeof ggufTensorTypes;

type SmallNumber = 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'float64';

/** A metadata value with its type. 64-bit integers are bigints. */
export type GgufValue =
  | { readonly type: SmallNumber; readonly value: number }
  | { readonly type: 'uint64'; readonly value: bigint }
  | { readonly type: 'int64'; readonly value: bigint }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | GgufArray;

export type GgufArray =
  | { readonly type: 'array'; readonly of: SmallNumber; readonly value: readonly number[] }
  | { readonly type: 'array'; readonly of: 'uint64'; readonly value: readonly bigint[] }
  | { readonly type: 'array'; readonly of: 'int64'; readonly value: readonly bigint[] }
  | { readonly type: 'array'; readonly of: 'bool'; readonly value: readonly boolean[] }
  | { readonly type: 'array'; readonly of: 'string'; readonly value: readonly string[] }
  | { readonly type: 'array'; readonly of: 'array'; readonly value: readonly GgufArray[] };

/** Bytes of one row of `values` numbers; Q8_0 holds 32 numbers in 34 bytes. */
export function tensorBytes(type: GgufTensorType, values: number): number {
  if (type === 'F32') return values * 4;
  return type === 'F16' ? values * 2 : (values / 32) * 34;
}

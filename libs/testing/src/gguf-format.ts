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

/** Tensor types that are written here, with their numbers in ggml. */
export const ggufTensorTypes = { F32: 0, F16: 1, Q4_0: 2, Q5_0: 6, Q8_0: 8, Q4_K: 12, Q6_K: 14 } as const;

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

/** How each type stores numbers: a block of `numbers` takes `bytes` (ggml-common.h). */
export const ggufBlocks: Readonly<Record<GgufTensorType, { readonly numbers: number; readonly bytes: number }>> = {
  F32: { numbers: 1, bytes: 4 },
  F16: { numbers: 1, bytes: 2 },
  Q4_0: { numbers: 32, bytes: 18 },
  Q5_0: { numbers: 32, bytes: 22 },
  Q8_0: { numbers: 32, bytes: 34 },
  Q4_K: { numbers: 256, bytes: 144 },
  Q6_K: { numbers: 256, bytes: 210 },
};

/** Bytes of `values` numbers, which fill whole blocks. */
export function tensorBytes(type: GgufTensorType, values: number): number {
  const block = ggufBlocks[type];
  return (values / block.numbers) * block.bytes;
}

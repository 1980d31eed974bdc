import type { GgufHeader } from '@nootropic/contracts';

/** What the processor can do, as far as llama.cpp's CPU backend lays out weights anew for it. */
export interface CpuFeatures {
  readonly avx2: boolean;
  readonly avx512: boolean;
  /** Dot products of 8-bit numbers on ARM. */
  readonly dotprod: boolean;
  /** Matrix products of 8-bit numbers on ARM. */
  readonly i8mm: boolean;
}

/** A present x86 processor: AVX2 and no AVX-512. */
export const usualCpu: CpuFeatures = { avx2: true, avx512: false, dotprod: false, i8mm: false };

/**
 * Whether the CPU backend copies weights of this type into a layout of its own (`ggml_repack_get_optimal_repack_type` in
 * https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cpu/repack.cpp). It also wants a number of rows that 4, 8 or 16
 * divides; the matrices of language models have that.
 */
function isRepacked(type: string, { avx2, avx512, dotprod, i8mm }: CpuFeatures): boolean {
  const arm = dotprod || i8mm;
  switch (type) {
    case 'Q4_0':
    case 'Q4_K':
    case 'IQ4_NL':
    case 'MXFP4':
      return avx2 || arm;
    case 'Q2_K':
      return avx512;
    case 'Q5_K':
    case 'Q6_K':
    case 'Q8_0':
      return arm;
    default:
      return false;
  }
}

/** By `general.file_type` (llama.h, `llama_ftype`): the share of the bytes that is of each type where no tensor is known. */
const sharesByFileType: Readonly<Record<number, readonly (readonly [type: string, share: number])[]>> = {
  2: [['Q4_0', 0.85]],
  7: [['Q8_0', 1]],
  10: [['Q2_K', 0.55]],
  14: [
    ['Q4_K', 0.8],
    ['Q6_K', 0.15],
  ],
  15: [
    ['Q4_K', 0.6],
    ['Q6_K', 0.4],
  ],
  16: [['Q5_K', 0.85]],
  17: [
    ['Q5_K', 0.6],
    ['Q6_K', 0.4],
  ],
  18: [['Q6_K', 1]],
  25: [['IQ4_NL', 0.85]],
  38: [['MXFP4', 0.85]],
};

/** Names of tensors that are only looked up, row by row, never multiplied. */
const looked = /^(token_embd|token_embd_norm|token_types|position_embd|per_layer_token_embd)\./;
/** Of a split the CPU backend takes the weights of these operations as they are. */
const neverRepacked = /\.(bias|scale)$|(^|[._])(norm|conv1d|shexp_gate)\b/;

/** The bytes of some tensors, by what the CPU backend does with them. */
export interface WeightBytes {
  /** All of them, as in the file. */
  readonly file: number;
  /** Those that it uses through a copy of another layout; the copy is as long. */
  readonly copied: number;
  /** Of the copied ones, what it needs in the file's layout as well: an input embedding that is the output matrix too. */
  readonly both: number;
  /** Tables that are only looked up, row by row: most texts touch few of their rows. */
  readonly lookedUp: number;
}

/**
 * What lies on the processor's side, and how much of it is laid out anew. `onCpu` says of a tensor's name whether it stays there;
 * `share` is what of the file stays there where no tensor is known.
 */
export function cpuWeights(
  header: GgufHeader,
  options: { readonly cpu: CpuFeatures; readonly onCpu: (tensor: string) => boolean; readonly share: number },
): WeightBytes {
  const { cpu, onCpu, share } = options;
  if (header.tensors === undefined) {
    const file = header.tensorBytes * share;
    const shares = sharesByFileType[Number(header.metadata['general.file_type'] ?? -1)] ?? [];
    const part = shares.reduce((sum, [type, of]) => sum + (isRepacked(type, cpu) ? of : 0), 0);
    return { file, copied: file * part, both: 0, lookedUp: 0 };
  }
  const tied = !header.tensors.some(({ name }) => name === 'output.weight');
  let [file, copied, both, lookedUp] = [0, 0, 0, 0];
  for (const { name, type, bytes } of header.tensors) {
    if (!onCpu(name)) continue;
    file += bytes;
    const isTied = tied && name === 'token_embd.weight';
    if (looked.test(name) && !isTied) lookedUp += bytes;
    if (!isRepacked(type, cpu) || neverRepacked.test(name)) continue;
    if (looked.test(name) && !isTied) continue;
    copied += bytes;
    if (isTied) both += bytes;
  }
  return { file, copied, both, lookedUp };
}

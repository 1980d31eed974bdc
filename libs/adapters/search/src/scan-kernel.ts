/**
 * Dot products of one query with many rows of 8-bit numbers. Rows lie in groups of four, so that four sums are under way at once and each
 * number of the query is read once for four rows; a group is four scales of 4 bytes, then for each step of eight numbers the eight bytes of
 * its first row, of its second, third and fourth. So a scan reads the memory once, from front to end.
 * The query lies at address 0, in 16-bit numbers.
 */
export interface ScanKernel {
  readonly name: 'simd' | 'plain';
  /** What it works on. Another object after each `grow`. */
  memory(): ArrayBuffer;
  /** Makes the memory at least this many bytes long, and keeps what it holds. Throws `RangeError` when there is not as much. */
  grow(bytes: number): void;
  scan(run: ScanRun): void;
}

/** Addresses and counts in one memory. `rows` and `out` are multiples of 16. */
export interface ScanRun {
  /** Where the first group begins. */
  readonly rows: number;
  readonly groups: number;
  /** Eights of numbers in a row. */
  readonly steps: number;
  /** Where the four results of each group go, as 32-bit floats: sum of products × scale of the row × `scale`. */
  readonly out: number;
  readonly scale: number;
}

export const rowsOfGroup = 4;
export const scaleBytes = 16;
export const stepLength = 8;

export function groupBytes(steps: number): number {
  return scaleBytes + steps * stepLength * rowsOfGroup;
}

/** Half as fast as SIMD or less, and works where there is no WebAssembly. */
export function createPlainKernel(): ScanKernel {
  let buffer = new ArrayBuffer(0);
  return {
    name: 'plain',
    memory: () => buffer,
    grow(bytes) {
      if (bytes > buffer.byteLength) buffer = buffer.transfer(bytes);
    },
    scan: (run) => scanPlainly(buffer, run),
  };
}

function scanPlainly(buffer: ArrayBuffer, { rows, groups, steps, out, scale }: ScanRun): void {
  const bytes = new Int8Array(buffer);
  const query = new Int16Array(buffer, 0, steps * stepLength);
  const floats = new Float32Array(buffer, 0, buffer.byteLength >> 2);
  let at = rows;
  for (let group = 0; group < groups; group += 1) {
    const scales = at >> 2;
    at += scaleBytes;
    // Sums of whole numbers that are known to fit into 32 bits: without `imul` and `| 0` each step would be checked for overflow.
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let from = 0; from < query.length; from += stepLength) {
      for (let lane = 0; lane < stepLength; lane += 1) {
        const value = query[from + lane] as number;
        a = (a + Math.imul(bytes[at + lane] as number, value)) | 0;
        b = (b + Math.imul(bytes[at + lane + 8] as number, value)) | 0;
        c = (c + Math.imul(bytes[at + lane + 16] as number, value)) | 0;
        d = (d + Math.imul(bytes[at + lane + 24] as number, value)) | 0;
      }
      at += stepLength * rowsOfGroup;
    }
    const place = (out >> 2) + group * rowsOfGroup;
    floats[place] = a * (floats[scales] as number) * scale;
    floats[place + 1] = b * (floats[scales + 1] as number) * scale;
    floats[place + 2] = c * (floats[scales + 2] as number) * scale;
    floats[place + 3] = d * (floats[scales + 3] as number) * scale;
  }
}

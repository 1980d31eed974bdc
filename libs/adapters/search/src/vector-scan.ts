import { createPlainKernel, groupBytes, rowsOfGroup, scaleBytes, stepLength, type ScanKernel } from './scan-kernel.ts';
import { createSimdKernel } from './simd-kernel.ts';

/** Many vectors of one length in a byte a number, each with a scale of its own. A place is the number of vectors that came before. */
export interface VectorScan {
  readonly kernel: ScanKernel['name'];
  readonly length: number;
  /** Bytes that it holds. */
  bytes(): number;
  add(vector: Float32Array): void;
  /** Forgets all vectors and keeps the memory for others. */
  clear(): void;
  /** The dot product of each vector with this one, as near as a byte a number lets it be, by place. */
  scores(query: Float32Array): Float32Array;
}

/** Largest number of a row. */
const rowLimit = 127;
/** Groups in one call of the kernel; their results lie in its memory. */
const groupsPerCall = 1024;
const leastGrowth = 1 << 20;

/**
 * The query is kept finer than the rows, in up to 16 bits, as far as no sum can pass 32 bits: so nearly all of the error is that of the rows,
 * half a step of the scale in each number. At 256 dimensions that is some 0.0005 of a cosine. Where there is no SIMD, the plain kernel
 * takes its place.
 */
export function createVectorScan(dimensions: number, kind: 'fastest' | ScanKernel['name'] = 'fastest'): VectorScan {
  let made: ScanKernel | undefined;
  const kernel = (): ScanKernel =>
    (made ??= (kind === 'plain' ? undefined : createSimdKernel()) ?? createPlainKernel());
  const steps = Math.ceil(dimensions / stepLength);
  const group = groupBytes(steps);
  const queryLimit = Math.min(32_767, Math.floor((2 ** 31 - 1) / (rowLimit * steps * stepLength)));
  const out = steps * stepLength * 2;
  const start = out + groupsPerCall * rowsOfGroup * 4;
  let length = 0;
  let bytes = new Int8Array(0);
  let floats = new Float32Array(0);

  const makeRoom = (end: number): void => {
    if (end <= bytes.length) return;
    kernel().grow(Math.max(end, bytes.length + Math.max(leastGrowth, bytes.length >> 3)));
    bytes = new Int8Array(kernel().memory());
    floats = new Float32Array(kernel().memory(), 0, bytes.length >> 2);
  };

  return {
    get kernel() {
      return kernel().name;
    },
    get length() {
      return length;
    },
    bytes: () => bytes.length,
    add(vector) {
      const row = length % rowsOfGroup;
      const from = start + Math.floor(length / rowsOfGroup) * group;
      makeRoom(from + group);
      // Rows of a group that are not there yet have the scale 0, whatever was here before.
      if (row === 0) bytes.fill(0, from, from + group);
      const scale = largest(vector) / rowLimit;
      floats[(from >> 2) + row] = scale;
      if (scale > 0) {
        const inverse = 1 / scale;
        let place = from + scaleBytes + row * stepLength;
        for (let at = 0; at < dimensions; place += stepLength * rowsOfGroup) {
          const end = Math.min(dimensions, at + stepLength);
          for (let lane = place; at < end; at += 1, lane += 1)
            bytes[lane] = Math.round((vector[at] as number) * inverse);
        }
      }
      length += 1;
    },
    clear() {
      length = 0;
    },
    scores(query) {
      const scores = new Float32Array(length);
      const scale = largest(query) / queryLimit;
      if (length === 0 || scale === 0) return scores;
      const wide = new Int16Array(bytes.buffer, 0, steps * stepLength);
      for (let at = 0; at < dimensions; at += 1) wide[at] = Math.round((query[at] as number) / scale);
      const groups = Math.ceil(length / rowsOfGroup);
      for (let first = 0; first < groups; first += groupsPerCall) {
        const count = Math.min(groupsPerCall, groups - first);
        kernel().scan({ rows: start + first * group, groups: count, steps, out, scale });
        const from = first * rowsOfGroup;
        const to = Math.min(length, from + count * rowsOfGroup);
        scores.set(floats.subarray(out >> 2, (out >> 2) + to - from), from);
      }
      return scores;
    },
  };
}

function largest(vector: Float32Array): number {
  let most = 0;
  for (let at = 0; at < vector.length; at += 1) most = Math.max(most, Math.abs(vector[at] as number));
  return most;
}

import { rowsOfGroup, scaleBytes, stepLength, type ScanKernel } from './scan-kernel.ts';

/** Of the WebAssembly interface (https://webassembly.github.io/spec/js-api/), what is used here; Node's types leave it out. */
interface Wasm {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { env: { memory: object } },
  ) => { readonly exports: { readonly scan: Scan } };
}

type Scan = (rows: number, groups: number, ...more: [steps: number, out: number, scale: number]) => void;

const pageBytes = 65_536;

/** The kernel in WebAssembly with 128-bit SIMD; `undefined` where the engine has neither. */
export function createSimdKernel(): ScanKernel | undefined {
  const wasm = (globalThis as { WebAssembly?: Wasm }).WebAssembly;
  if (wasm === undefined) return undefined;
  try {
    const memory = new wasm.Memory({ initial: 1 });
    const { scan } = new wasm.Instance(new wasm.Module(simdModule()), { env: { memory } }).exports;
    return {
      name: 'simd',
      memory: () => memory.buffer,
      grow(bytes) {
        const missing = Math.ceil((bytes - memory.buffer.byteLength) / pageBytes);
        if (missing > 0) memory.grow(missing);
      },
      scan: ({ rows, groups, steps, out, scale }) => {
        if (groups > 0 && steps > 0) scan(rows, groups, steps, out, scale);
      },
    };
  } catch {
    // An engine without SIMD refuses the module; one that may not reserve address space, the memory.
    return undefined;
  }
}

/*
 * The module is written here, instruction by instruction, in place of a binary file that nobody could read. Numbers are those of the
 * specification: https://webassembly.github.io/spec/core/binary/instructions.html
 */

type Bytes = readonly number[];

/** LEB128 without a sign. */
function unsigned(value: number): Bytes {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
}

/** LEB128 with a sign. */
function signed(value: number): Bytes {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

const withLength = (items: readonly Bytes[]): Bytes => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Bytes): Bytes => [id, ...unsigned(content.length), ...content];
const text = (value: string): Bytes => withLength([...new TextEncoder().encode(value)].map((byte) => [byte]));

const types = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const;
const simd = (code: number, ...more: Bytes): Bytes => [0xfd, ...unsigned(code), ...more];
const get = (local: number): Bytes => [0x20, ...unsigned(local)];
const set = (local: number): Bytes => [0x21, ...unsigned(local)];
const tee = (local: number): Bytes => [0x22, ...unsigned(local)];
const constant = (value: number): Bytes => [0x41, ...signed(value)];
const i32Add: Bytes = [0x6a];
const loop = (body: readonly Bytes[]): Bytes => [0x03, 0x40, ...body.flat(), 0x0b];
const repeatIf: Bytes = [0x0d, 0];
/** The alignment is a hint only; 0 promises nothing. */
const load = (offset = 0): Bytes => simd(0x00, 0, ...unsigned(offset));
const load8As16 = (offset: number): Bytes => simd(0x01, 0, ...unsigned(offset));
const store: Bytes = simd(0x0b, 0, 0);
const zeros: Bytes = simd(0x0c, ...Array.from({ length: 16 }, () => 0));
/** Of eight 32-bit lanes, those of two vectors, the four that are named. */
const shuffle = (...lanes: Bytes): Bytes =>
  simd(0x0d, ...lanes.flatMap((lane) => [0, 1, 2, 3].map((at) => 4 * lane + at)));
const splatF32 = simd(0x13);
const addI32x4 = simd(0xae);
const dot16 = simd(0xba);
const mulF32x4 = simd(0xe6);
const toF32x4 = simd(0xfa);

/** The binary module: it takes the memory `env.memory` and gives the function `scan`. */
export function simdModule(): Uint8Array {
  const [rows, groups, steps, out, scale] = [0, 1, 2, 3, 4];
  const [query, left] = [5, 6];
  const [wide, scales, ...sums] = [7, 8, 9, 10, 11, 12] as const;
  const [a, b, c, d] = sums;
  const advance = (local: number, by: number): Bytes => [...get(local), ...constant(by), ...i32Add, ...set(local)];
  const countDown = (local: number): Bytes => [...get(local), ...constant(-1), ...i32Add, ...tee(local), ...repeatIf];
  /** Of the four sums of x and of y, those of both in two lanes each. */
  const halves = (x: number, y: number): Bytes => [
    ...[...get(x), ...get(y), ...shuffle(0, 4, 1, 5)],
    ...[...get(x), ...get(y), ...shuffle(2, 6, 3, 7)],
    ...addI32x4,
  ];

  const step: readonly Bytes[] = [
    [...get(query), ...load(), ...set(wide)],
    ...sums.map((sum, row) => [
      ...get(sum),
      ...[...get(rows), ...load8As16(row * stepLength), ...get(wide), ...dot16],
      ...addI32x4,
      ...set(sum),
    ]),
    advance(rows, stepLength * rowsOfGroup),
    advance(query, stepLength * 2),
    countDown(left),
  ];
  const group: readonly Bytes[] = [
    [...get(rows), ...load(), ...get(scale), ...splatF32, ...mulF32x4, ...set(scales)],
    advance(rows, scaleBytes),
    ...sums.map((sum) => [...zeros, ...set(sum)]),
    [...constant(0), ...set(query), ...get(steps), ...set(left)],
    loop(step),
    [...halves(a, b), ...set(a), ...halves(c, d), ...set(c)],
    get(out),
    [...get(a), ...get(c), ...shuffle(0, 1, 4, 5), ...get(a), ...get(c), ...shuffle(2, 3, 6, 7), ...addI32x4],
    [...toF32x4, ...get(scales), ...mulF32x4, ...store],
    advance(out, 4 * rowsOfGroup),
    countDown(groups),
  ];
  const locals: readonly Bytes[] = [
    [2, types.i32],
    [6, types.v128],
  ];
  const body: Bytes = [...withLength(locals), ...loop(group), 0x0b];
  const parameters: readonly Bytes[] = [[types.i32], [types.i32], [types.i32], [types.i32], [types.f32]];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, withLength([[0x60, ...withLength(parameters), 0]])),
    ...section(2, withLength([[...text('env'), ...text('memory'), 0x02, 0x00, 0]])),
    ...section(3, withLength([[0]])),
    ...section(7, withLength([[...text('scan'), 0x00, 0]])),
    ...section(10, withLength([[...unsigned(body.length), ...body]])),
  ]);
}

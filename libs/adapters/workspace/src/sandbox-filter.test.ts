import { describe, expect, it } from 'vitest';
import { callFilter } from './sandbox-filter.ts';

interface Call {
  readonly audit: number;
  readonly number: number;
  readonly args?: readonly number[];
}

/** Runs a filter as the kernel does, over the 64 bytes that describe a call. */
function decide(filter: Uint8Array, { audit, number, args = [] }: Call): string {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, number >>> 0, true);
  data.setUint32(4, audit >>> 0, true);
  args.forEach((value, index) => data.setUint32(16 + 8 * index, value >>> 0, true));
  const steps = new DataView(filter.buffer, filter.byteOffset, filter.byteLength);
  let value = 0;
  for (let at = 0; at < filter.length / 8; at += 1) {
    const code = steps.getUint16(at * 8, true);
    const operand = steps.getUint32(at * 8 + 4, true);
    const jump = (holds: boolean): void => void (at += steps.getUint8(at * 8 + (holds ? 2 : 3)));
    if (code === 0x20) value = data.getUint32(operand, true);
    else if (code === 0x15) jump(value === operand);
    else if (code === 0x35) jump(value >= operand);
    else if (code === 0x45) jump((value & operand) !== 0);
    else if (code === 0x06) return operand === 0x7fff0000 ? 'allow' : `error ${operand & 0xffff}`;
    else throw new Error(`unknown code ${code}`);
  }
  throw new Error('the filter ends without a decision');
}

const [EPERM, ENOSYS, EAFNOSUPPORT] = ['error 1', 'error 38', 'error 97'];

describe.each([
  [
    'x64',
    0xc000003e,
    { socket: 41, clone: 56, unshare: 272, ioctl: 16, read: 0, keyctl: 250, mount: 165, socketpair: 53 },
  ],
  [
    'arm64',
    0xc00000b7,
    { socket: 198, clone: 220, unshare: 97, ioctl: 29, read: 63, keyctl: 219, mount: 40, socketpair: 199 },
  ],
])('the filter of calls on %s', (architecture, audit, numbers) => {
  const filter = callFilter(architecture) ?? new Uint8Array();
  const ask = (number: number, ...args: number[]) => decide(filter, { audit, number, args });

  it('lets sockets of IP, UNIX and netlink be made, and no others', () => {
    for (const family of [1, 2, 10, 16]) expect(ask(numbers.socket, family)).toBe('allow');
    for (let family = 0; family < 64; family += 1)
      if (![1, 2, 10, 16].includes(family)) expect(ask(numbers.socket, family)).toBe(EAFNOSUPPORT);
    expect(ask(numbers.socketpair, 1)).toBe('allow');
  });

  it('lets processes and threads be started, and no namespaces', () => {
    expect(ask(numbers.clone, 0x01200011)).toBe('allow');
    expect(ask(numbers.clone, 0x003d0f00)).toBe('allow');
    expect(ask(numbers.unshare, 0x00000400)).toBe('allow');
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(ask(numbers.clone, flag | 17)).toBe(EPERM);
      expect(ask(numbers.unshare, flag)).toBe(EPERM);
    }
    expect(ask(435)).toBe(ENOSYS);
  });

  it('refuses what types into a terminal, keyrings, mounts and io_uring, and lets the rest be', () => {
    expect(ask(numbers.ioctl, 0, 0x5412)).toBe(EPERM);
    expect(ask(numbers.ioctl, 0, 0x541c)).toBe(EPERM);
    expect(ask(numbers.ioctl, 0, 0x5401)).toBe('allow');
    expect([ask(numbers.keyctl), ask(numbers.mount), ask(429)]).toEqual([EPERM, EPERM, EPERM]);
    expect([425, 426, 427].map((number) => ask(number))).toEqual([ENOSYS, ENOSYS, ENOSYS]);
    expect(ask(numbers.read)).toBe('allow');
  });

  it('knows no call of another instruction set', () => {
    for (const other of [0x40000003, 0xc000003e, 0xc00000b7, 0].filter((each) => each !== audit))
      expect(decide(filter, { audit: other, number: numbers.read })).toBe(ENOSYS);
    if (architecture === 'x64') expect(ask(0x40000000 + numbers.socket, 40)).toBe(ENOSYS);
  });
});

it('has no filter for a processor whose calls it does not know', () => {
  expect(callFilter('riscv64')).toBeUndefined();
  expect(callFilter('constructor')).toBeUndefined();
});

/**
 * A filter of system calls for seccomp, as the bytes of a classic BPF program: what namespaces and read-only mounts do not cover.
 * https://www.kernel.org/doc/html/latest/userspace-api/seccomp_filter.html
 *
 * Refused are: sockets other than UNIX, IP and netlink (a VSOCK socket leads out of a virtual machine, and no network namespace holds it), the
 * kernel's keyrings, BPF, performance events, io_uring (its operations pass no filter), kernel modules, mounts, new namespaces, and typing into a
 * terminal. Calls of another instruction set of the same processor do not exist.
 */
export function callFilter(
  architecture: string,
  /** With `countable`, also memory that belongs to no process and to no folder, and so cannot be counted, does not exist. */
  { countable = false }: { readonly countable?: boolean } = {},
): Uint8Array | undefined {
  const numbers = Object.hasOwn(callsOf, architecture) ? callsOf[architecture] : undefined;
  return numbers && assemble(program(numbers, countable));
}

interface Calls {
  readonly audit: number;
  /** Numbers from here on belong to another instruction set. */
  readonly foreign?: number;
  readonly socket: number;
  readonly clone: number;
  readonly unshare: number;
  readonly ioctl: number;
  readonly refused: readonly number[];
  /** Calls that make memory outside of every process: memfd_create, memfd_secret, shmget, msgget. */
  readonly uncounted: readonly number[];
}

/** Same numbers on every architecture: open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr. */
const newMountCalls = [428, 429, 430, 431, 432, 433, 442];
const ioUring = [425, 426, 427];
const clone3 = 435;

const callsOf: Readonly<Record<string, Calls>> = {
  x64: {
    audit: 0xc000003e,
    foreign: 0x40000000,
    ...{ socket: 41, clone: 56, unshare: 272, ioctl: 16 },
    // add_key, request_key, keyctl, bpf, perf_event_open, userfaultfd, kexec_load, kexec_file_load, mount, umount2, pivot_root, setns, modules
    refused: [248, 249, 250, 321, 298, 323, 246, 320, 165, 166, 155, 308, 175, 176, 313, ...newMountCalls],
    uncounted: [319, 447, 29, 68],
  },
  arm64: {
    audit: 0xc00000b7,
    ...{ socket: 198, clone: 220, unshare: 97, ioctl: 29 },
    refused: [217, 218, 219, 280, 241, 282, 104, 294, 40, 39, 41, 268, 105, 106, 273, ...newMountCalls],
    uncounted: [279, 447, 194, 186],
  },
};

const families = { unix: 1, inet: 2, inet6: 10, netlink: 16 };
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (a new time namespace needs `unshare`, and one of these first). */
const newNamespaces = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;
const terminalInput = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c };
const errors = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 };

const codes = { load: 0x20, equal: 0x15, atLeast: 0x35, anyBit: 0x45, give: 0x06 };
const allow = 0x7fff0000;
const refuse = (error: number): number => 0x00050000 | error;
/** Where the parts of a call lie: its number, its instruction set, the low half of an argument. */
const at = { number: 0, audit: 4, argument: (index: number) => 16 + 8 * index };

interface Step {
  readonly code: number;
  readonly value: number;
  /** Steps to skip where the comparison holds, and where not. */
  readonly then?: number;
  readonly otherwise?: number;
}

const load = (offset: number): Step => ({ code: codes.load, value: offset });
const give = (value: number): Step => ({ code: codes.give, value });
/** Gives `value` where the comparison holds, and goes on where not. */
const giveIf = (code: number, against: number, value: number): Step[] => [
  { code, value: against, then: 0, otherwise: 1 },
  give(value),
];
/** Runs `steps`, which end the program, for one call. */
const onCall = (number: number, steps: readonly Step[]): Step[] => [
  { code: codes.equal, value: number, then: 0, otherwise: steps.length },
  ...steps,
];

function program(calls: Calls, countable: boolean): Step[] {
  return [
    load(at.audit),
    { code: codes.equal, value: calls.audit, then: 1, otherwise: 0 },
    give(refuse(errors.ENOSYS)),
    load(at.number),
    ...(calls.foreign === undefined ? [] : giveIf(codes.atLeast, calls.foreign, refuse(errors.ENOSYS))),
    ...calls.refused.flatMap((number) => giveIf(codes.equal, number, refuse(errors.EPERM))),
    // The C library goes on with older calls where these do not exist.
    ...[...ioUring, clone3, ...(countable ? calls.uncounted : [])].flatMap((number) =>
      giveIf(codes.equal, number, refuse(errors.ENOSYS)),
    ),
    ...onCall(calls.socket, [
      load(at.argument(0)),
      ...Object.values(families).flatMap((family) => giveIf(codes.equal, family, allow)),
      give(refuse(errors.EAFNOSUPPORT)),
    ]),
    ...[calls.clone, calls.unshare].flatMap((number) =>
      onCall(number, [load(at.argument(0)), ...giveIf(codes.anyBit, newNamespaces, refuse(errors.EPERM)), give(allow)]),
    ),
    ...onCall(calls.ioctl, [
      load(at.argument(1)),
      ...Object.values(terminalInput).flatMap((request) => giveIf(codes.equal, request, refuse(errors.EPERM))),
      give(allow),
    ]),
    give(allow),
  ];
}

function assemble(steps: readonly Step[]): Uint8Array {
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  steps.forEach(({ code, value, then = 0, otherwise = 0 }, index) => {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, then);
    view.setUint8(index * 8 + 3, otherwise);
    view.setUint32(index * 8 + 4, value >>> 0, true);
  });
  return bytes;
}

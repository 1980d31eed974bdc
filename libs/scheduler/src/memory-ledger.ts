import { NootropicError, type Machine, type MachineState, type MemoryEstimate } from '@nootropic/contracts';

export interface MemoryLedgerOptions {
  readonly machine: Machine;
  /** Bytes of a device's memory, given its total, that are left to everything else. Default: an eighth, at least 512 MiB, at most 4 GiB. */
  readonly keepFree?: (total: number) => number;
}

export interface MemoryRequest {
  /** What the memory is for, as a person would call it; it stands in the refusal. */
  readonly what: string;
  readonly estimate: MemoryEstimate;
  /** Name of the device as in `MachineState.devices`. Default: the machine's main memory. */
  readonly device?: string;
}

export interface MemoryFit {
  readonly fits: boolean;
  readonly needed: number;
  /** Bytes that may still be reserved on the device. */
  readonly free: number;
  /** Both in words. */
  readonly reason: string;
}

/** Memory set aside. */
export interface MemoryReservation {
  readonly bytes: number;
  /** The memory is in use now: the machine's own readings count it from here on. */
  settle(): void;
  /** Gives the memory back. A second call does nothing. */
  release(): void;
}

/**
 * What is promised of each device's memory. A reservation is made before a load and given back after the unload;
 * their sum never exceeds the cap of the device.
 */
export interface MemoryLedger {
  fits(request: MemoryRequest): Promise<MemoryFit>;
  /** Rejects with `MODEL_TOO_LARGE`, with the numbers, where it does not fit. */
  reserve(request: MemoryRequest): Promise<MemoryReservation>;
  /** Bytes reserved on a device. Default: the main memory. */
  reserved(device?: string): number;
}

const mib = 1024 * 1024;
const mainMemory = 'memory';

/**
 * Two bounds, and the lower one holds: the device's total less what is kept free and what is already reserved; and what is free by the
 * machine's reading, less the same, less what is reserved but not yet in use.
 */
export function createMemoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  const { machine, keepFree = (total) => Math.min(4096 * mib, Math.max(512 * mib, total / 8)) } = options;
  const entries = new Set<{ readonly device: string; readonly bytes: number; settled: boolean }>();

  const sum = (device: string, unsettledOnly: boolean): number => {
    let bytes = 0;
    for (const entry of entries) if (entry.device === device && !(unsettledOnly && entry.settled)) bytes += entry.bytes;
    return bytes;
  };

  const judge = (request: MemoryRequest, state: MachineState): MemoryFit => {
    const device = request.device ?? mainMemory;
    const found = memoryOf(state, request.device);
    const needed = Math.max(0, Math.ceil(request.estimate.total));
    if (found === undefined)
      return { fits: needed === 0, needed, free: 0, reason: `There is no device ${device} on this machine.` };
    const keep = keepFree(found.total);
    const free = Math.max(
      0,
      Math.floor(Math.min(found.total - keep - sum(device, false), found.free - keep - sum(device, true))),
    );
    const fits = needed <= free;
    const { weights, kvCache, compute } = request.estimate;
    const parts = `${inWords(weights)} weights, ${inWords(kvCache)} context, ${inWords(compute)} to compute`;
    const promised = sum(device, false);
    const rest = promised > 0 ? `; ${inWords(promised)} are promised to other models` : '';
    const reason = `${request.what} needs ${inWords(needed)} (${parts}); ${inWords(free)} of ${inWords(found.total)} may be used now${rest}.`;
    return { fits, needed, free, reason };
  };

  return {
    fits: async (request) => judge(request, await machine.read()),
    async reserve(request) {
      const state = await machine.read();
      // Nothing is awaited between the judgement and the entry, so two reservations cannot both take the last bytes.
      const fit = judge(request, state);
      if (!fit.fits) throw new NootropicError('MODEL_TOO_LARGE', fit.reason);
      const entry = { device: request.device ?? mainMemory, bytes: fit.needed, settled: false };
      entries.add(entry);
      return {
        bytes: entry.bytes,
        settle() {
          entry.settled = true;
        },
        release() {
          entries.delete(entry);
        },
      };
    },
    reserved: (device = mainMemory) => sum(device, false),
  };
}

function memoryOf(state: MachineState, device: string | undefined): { total: number; free: number } | undefined {
  if (device === undefined) return { total: state.memoryTotal, free: state.memoryAvailable };
  const found = state.devices.find((candidate) => candidate.name === device);
  return found === undefined ? undefined : { total: found.memoryTotal, free: found.memoryFree };
}

function inWords(bytes: number): string {
  return bytes >= 1024 * mib ? `${(bytes / 1024 / mib).toFixed(1)} GiB` : `${Math.ceil(bytes / mib)} MiB`;
}

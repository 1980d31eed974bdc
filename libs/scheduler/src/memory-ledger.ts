import { NootropicError, type Machine, type MachineState, type MemoryEstimate } from '@nootropic/contracts';
import {
  graphicsDevice,
  inWords,
  memoryOf,
  roomOn,
  usualKeepFree,
  type KeepFree,
  type Promised,
} from './memory-room.ts';

export interface MemoryLedgerOptions {
  readonly machine: Machine;
  /** Bytes of a device's memory, given its total, that are left to everything else. Default: an eighth, at least 512 MiB, at most 4 GiB. */
  readonly keepFree?: KeepFree;
  /** Bytes of main memory that may be set aside at most, all together. Default: no bound but the machine's. */
  readonly memoryLimit?: number;
}

export interface MemoryRequest {
  /** What the memory is for, as a person would call it; it stands in the refusal. */
  readonly what: string;
  readonly estimate: MemoryEstimate;
  /**
   * Name of the device, as in `MachineState.devices`, that all of it is taken from. Default: what the estimate says is on the GPU from the
   * first graphics device, the rest from the machine's main memory; all of it from there where no such device is known.
   */
  readonly device?: string;
}

export interface MemoryFit {
  readonly fits: boolean;
  /** On the device that is the tightest for this request. */
  readonly needed: number;
  /** Bytes that may still be reserved on that device. */
  readonly free: number;
  /** Both in words. */
  readonly reason: string;
}

/** Memory set aside. */
export interface MemoryReservation {
  /** On all devices. */
  readonly bytes: number;
  /** The memory is in use now: the machine's own readings count it from here on. */
  settle(): void;
  /** Gives the memory back. A second call does nothing. */
  release(): void;
}

/**
 * What is promised of each device's memory. A reservation is made before a load and given back after the unload;
 * their sum never exceeds the cap of the device. What a model needs on two devices is reserved on both, or on none.
 */
export interface MemoryLedger {
  fits(request: MemoryRequest): Promise<MemoryFit>;
  /** Rejects with `MODEL_TOO_LARGE`, with the numbers, where it does not fit. */
  reserve(request: MemoryRequest): Promise<MemoryReservation>;
  /** Bytes reserved on a device. Default: the main memory. */
  reserved(device?: string): number;
  /** Bytes reserved on a device, and those of them that are not in use yet: for a plan of what else could be loaded. Default: the main memory. */
  promised(device?: string): Promised;
}

const mainMemory = 'memory';

interface Part {
  readonly device: string;
  readonly bytes: number;
}

/** The bounds are those of `roomOn`. */
export function createMemoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  const { machine, keepFree = usualKeepFree, memoryLimit } = options;
  const entries = new Set<{ readonly parts: readonly Part[]; settled: boolean }>();

  const promised = (device: string): Promised => {
    let [all, pending] = [0, 0];
    for (const { parts, settled } of entries)
      for (const part of parts) {
        if (part.device !== device) continue;
        all += part.bytes;
        if (!settled) pending += part.bytes;
      }
    return { all, pending };
  };

  const judgePart = (request: MemoryRequest, state: MachineState, part: Part): MemoryFit => {
    const isMain = part.device === mainMemory && request.device === undefined;
    const found = memoryOf(state, isMain ? undefined : part.device);
    const { device, bytes: needed } = part;
    if (found === undefined)
      return { fits: needed === 0, needed, free: 0, reason: `There is no device ${device} on this machine.` };
    const taken = promised(device);
    const free = roomOn(found, { keepFree, promised: taken, limit: isMain ? memoryLimit : undefined });
    const where = isMain || request.device !== undefined ? '' : ` on ${device}`;
    const rest = taken.all > 0 ? `; ${inWords(taken.all)} are promised to other models` : '';
    const limit = isMain && memoryLimit !== undefined ? ` (models may take ${inWords(memoryLimit)} together)` : '';
    const reason = `${request.what} needs ${inWords(needed)}${where} (${partsInWords(request.estimate)}); ${inWords(free)} of ${inWords(found.total)} may be used now${limit}${rest}.`;
    return { fits: needed <= free, needed, free, reason };
  };

  const judge = (request: MemoryRequest, state: MachineState) => {
    const parts = partsOf(request, state);
    const fits = parts.map((part) => judgePart(request, state, part));
    // The device where the most is missing, or the least is left.
    const fit = fits.reduce((worst, each) => (each.free - each.needed < worst.free - worst.needed ? each : worst));
    return { parts, fit };
  };

  return {
    fits: async (request) => judge(request, await machine.read()).fit,
    async reserve(request) {
      const state = await machine.read();
      // Nothing is awaited between the judgement and the entry, so two reservations cannot both take the last bytes.
      const { parts, fit } = judge(request, state);
      if (!fit.fits) throw new NootropicError('MODEL_TOO_LARGE', fit.reason);
      const entry = { parts, settled: false };
      entries.add(entry);
      return {
        bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
        settle() {
          entry.settled = true;
        },
        release() {
          entries.delete(entry);
        },
      };
    },
    reserved: (device = mainMemory) => promised(device).all,
    promised: (device = mainMemory) => promised(device),
  };
}

/** Never empty; main memory first. */
function partsOf({ estimate, device }: MemoryRequest, state: MachineState): [Part, ...Part[]] {
  const total = Math.max(0, Math.ceil(estimate.total));
  if (device !== undefined) return [{ device, bytes: total }];
  const graphics = graphicsDevice(state);
  const gpu = graphics === undefined ? 0 : Math.min(total, Math.max(0, Math.ceil(estimate.gpu)));
  const main = { device: mainMemory, bytes: total - gpu };
  return graphics === undefined || gpu === 0 ? [main] : [main, { device: graphics.name, bytes: gpu }];
}

function partsInWords({ weights, repack, kvCache, compute }: MemoryEstimate): string {
  const copies = repack > 0 ? `, ${inWords(repack)} weights laid out anew` : '';
  return `${inWords(weights)} weights${copies}, ${inWords(kvCache)} context, ${inWords(compute)} to compute`;
}

import type { Device, MachineState } from '@nootropic/contracts';

const mib = 1024 * 1024;

/** Bytes of a device's memory, given its total, that are left to everything else. */
export type KeepFree = (total: number) => number;

/** An eighth, at least 512 MiB, at most 4 GiB. */
export const usualKeepFree: KeepFree = (total) => Math.min(4096 * mib, Math.max(512 * mib, total / 8));

export interface DeviceMemory {
  readonly total: number;
  readonly free: number;
}

/** Bytes set aside on a device: all of them, and those of them that the machine's reading does not count as taken yet. */
export interface Promised {
  readonly all: number;
  readonly pending: number;
}

/** The graphics device that models are put on: the first whose memory is known. */
export function graphicsDevice({ devices }: MachineState): Device | undefined {
  return devices.find(({ kind, memoryTotal }) => kind === 'gpu' && memoryTotal > 0);
}

export function memoryOf(state: MachineState, device: string | undefined): DeviceMemory | undefined {
  if (device === undefined) return { total: state.memoryTotal, free: state.memoryAvailable };
  const found = state.devices.find((candidate) => candidate.name === device);
  return found === undefined ? undefined : { total: found.memoryTotal, free: found.memoryFree };
}

/**
 * Bytes that may still be set aside on a device. Three bounds, and the lowest holds: the total less what is kept free and what is set
 * aside already; what is free by the machine's reading, less what is kept free and what is set aside but not yet in use; and the limit
 * that a person gave, less what is set aside.
 */
export function roomOn(
  { total, free }: DeviceMemory,
  rule: { readonly keepFree: KeepFree; readonly limit?: number | undefined; readonly promised: Promised },
): number {
  const { keepFree, limit = Number.POSITIVE_INFINITY, promised } = rule;
  const keep = keepFree(total);
  const bounds = [total - keep - promised.all, free - keep - promised.pending, limit - promised.all];
  return Math.max(0, Math.floor(Math.min(...bounds)));
}

export function inWords(bytes: number): string {
  return bytes >= 1024 * mib ? `${(bytes / 1024 / mib).toFixed(1)} GiB` : `${Math.ceil(bytes / mib)} MiB`;
}

import { readdir, readFile } from 'node:fs/promises';
import * as nodeOs from 'node:os';
import type { Device, Machine, MachineState } from '@nootropic/contracts';
import {
  cpuTicks,
  graphicsDevices,
  groupCores,
  groupMemory,
  memInfoBytes,
  memoryPressure,
  powerSource,
  type CpuTicks,
  type ReadNames,
  type ReadText,
} from './linux-readings.ts';

/** What is used of `node:os`. */
export interface OsReadings {
  totalmem(): number;
  freemem(): number;
  availableParallelism(): number;
  loadavg(): readonly number[];
  cpus(): readonly {
    readonly model: string;
    readonly times: {
      readonly user: number;
      readonly nice: number;
      readonly sys: number;
      readonly idle: number;
      readonly irq: number;
    };
  }[];
}

export interface LocalMachineOptions {
  /** Text of a file; rejects when it cannot be read. Default: from the disk. */
  readonly readFile?: (path: string) => Promise<string>;
  /** Names in a folder; rejects when it cannot be read. Default: from the disk. */
  readonly readFolder?: (path: string) => Promise<readonly string[]>;
  /** Default `node:os`. */
  readonly os?: OsReadings;
  /** Default: the platform of this process. */
  readonly platform?: NodeJS.Platform;
}

/** Ticks (of 10 ms) of all cores together below which a difference says nothing; the reading before is given again. */
const fewestTicks = 10;

/**
 * This machine. On Linux everything is read from /proc and /sys, with the limits of the process group (a container) taken into account;
 * elsewhere from `node:os`. No program is started, and what cannot be read is left out.
 *
 * `coresFree` is measured between two readings of the same machine object; the first reading uses the load average of the last minute.
 */
export function createLocalMachine(options: LocalMachineOptions = {}): Machine {
  const { os = nodeOs, platform = process.platform } = options;
  const readText = options.readFile ?? ((path: string) => readFile(path, 'utf8'));
  const readFolder = options.readFolder ?? ((path: string) => readdir(path));
  const read: ReadText = (path) => readText(path).catch(() => undefined);
  const names: ReadNames = (path) => readFolder(path).catch(() => []);
  let before: CpuTicks | undefined;
  let freeBefore: number | undefined;

  function freeCores(now: CpuTicks | undefined, cores: number): number {
    const machineCores = Math.max(cores, os.availableParallelism());
    const ticks = now === undefined || before === undefined ? 0 : now.all - before.all;
    if (now !== undefined && before !== undefined && ticks >= fewestTicks) {
      freeBefore = machineCores * (1 - (now.busy - before.busy) / ticks);
      before = now;
    } else {
      before ??= now;
      freeBefore ??= machineCores - (os.loadavg()[0] ?? 0);
    }
    return Math.min(cores, Math.max(0, freeBefore));
  }

  async function linux(): Promise<MachineState> {
    const [memory, group, quota, stat, pressure, power, gpus] = await Promise.all([
      read('/proc/meminfo'),
      groupMemory(read),
      groupCores(read),
      read('/proc/stat'),
      read('/proc/pressure/memory'),
      powerSource(read, names),
      graphicsDevices(read, names),
    ]);
    const hostTotal = memInfoBytes(memory, 'MemTotal') ?? os.totalmem();
    const hostAvailable = memInfoBytes(memory, 'MemAvailable') ?? os.freemem();
    const memoryTotal = Math.min(hostTotal, group?.limit ?? Infinity);
    const memoryAvailable = Math.max(
      0,
      Math.min(hostAvailable, group === undefined ? Infinity : group.limit - group.used),
    );
    const cores = Math.max(1, Math.min(os.availableParallelism(), Math.floor(quota ?? Infinity)));
    const share = memoryPressure(pressure);
    return {
      memoryTotal,
      memoryAvailable,
      cores,
      coresFree: freeCores(cpuTicks(stat), cores),
      ...(share === undefined ? {} : { memoryPressure: share }),
      power,
      devices: [processor(memoryTotal, memoryAvailable), ...gpus.map((gpu): Device => ({ kind: 'gpu', ...gpu }))],
    };
  }

  function elsewhere(): MachineState {
    const memoryTotal = os.totalmem();
    const memoryAvailable = Math.min(memoryTotal, os.freemem());
    const cores = Math.max(1, os.availableParallelism());
    return {
      memoryTotal,
      memoryAvailable,
      cores,
      coresFree: freeCores(osTicks(os), cores),
      power: 'unknown',
      devices: [processor(memoryTotal, memoryAvailable)],
    };
  }

  function processor(memoryTotal: number, memoryFree: number): Device {
    return { kind: 'cpu', name: os.cpus()[0]?.model.trim() || 'CPU', memoryTotal, memoryFree };
  }

  return {
    read: async () => (platform === 'linux' ? linux() : elsewhere()),
  };
}

function osTicks(os: OsReadings): CpuTicks {
  let busy = 0;
  let all = 0;
  for (const { times } of os.cpus()) {
    // Milliseconds here, ticks there.
    const working = (times.user + times.nice + times.sys + times.irq) / 10;
    busy += working;
    all += working + times.idle / 10;
  }
  return { busy, all };
}

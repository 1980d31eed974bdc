import { describeMachineContract } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createLocalMachine, type OsReadings } from './local-machine.ts';

const GiB = 1024 ** 3;

/** A /proc and /sys made of texts by path; folders follow from the paths. */
function machineOf(files: Record<string, string>, os: Partial<OsReadings> = {}, platform: NodeJS.Platform = 'linux') {
  const readFile = async (path: string): Promise<string> => {
    const text = files[path];
    if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return text;
  };
  const readFolder = async (path: string): Promise<string[]> => {
    const names = Object.keys(files)
      .filter((file) => file.startsWith(`${path}/`))
      .map((file) => file.slice(path.length + 1).split('/')[0] ?? '');
    if (names.length === 0) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return [...new Set(names)];
  };
  return createLocalMachine({ readFile, readFolder, os: { ...plainOs, ...os }, platform });
}

const times = (busy: number, idle: number) => ({ user: busy, nice: 0, sys: 0, idle, irq: 0 });
const plainOs: OsReadings = {
  totalmem: () => 8 * GiB,
  freemem: () => 3 * GiB,
  availableParallelism: () => 8,
  loadavg: () => [1.5, 1, 1],
  cpus: () => [{ model: 'Some CPU @ 3 GHz ', times: times(100, 900) }],
};

const laptop = {
  '/proc/meminfo': 'MemTotal:       16384000 kB\nMemFree:          512000 kB\nMemAvailable:    9216000 kB\n',
  '/proc/stat': 'cpu  1000 0 500 8000 100 0 0 0 0 0\ncpu0 1 2 3 4\n',
  '/proc/pressure/memory':
    'some avg10=12.50 avg60=3.00 avg300=1.00 total=1\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=0\n',
  '/proc/self/cgroup': '0::/user.slice/user-1000.slice/session-2.scope\n',
  '/sys/fs/cgroup/user.slice/user-1000.slice/memory.max': 'max\n',
  '/sys/class/power_supply/AC/type': 'Mains\n',
  '/sys/class/power_supply/AC/online': '0\n',
  '/sys/class/power_supply/BAT0/type': 'Battery\n',
  '/sys/class/power_supply/BAT0/status': 'Discharging\n',
  '/sys/class/power_supply/hidpp_battery_0/type': 'Battery\n',
  '/sys/class/power_supply/hidpp_battery_0/scope': 'Device\n',
  '/sys/class/power_supply/hidpp_battery_0/status': 'Discharging\n',
  '/sys/class/drm/card0/device/vendor': '0x8086\n',
  '/sys/class/drm/card1/device/vendor': '0x1002\n',
  '/sys/class/drm/card1/device/mem_info_vram_total': `${8 * GiB}\n`,
  '/sys/class/drm/card1/device/mem_info_vram_used': `${1 * GiB}\n`,
  '/sys/class/drm/card1-HDMI-A-1/status': 'connected\n',
};

describeMachineContract('this one', () => createLocalMachine());
describeMachineContract('a laptop', () => machineOf(laptop));

describe('on Linux', () => {
  it('reads a laptop on battery', async () => {
    expect(await machineOf(laptop).read()).toEqual({
      memoryTotal: 16384000 * 1024,
      memoryAvailable: 9216000 * 1024,
      cores: 8,
      coresFree: 6.5,
      memoryPressure: 0.125,
      power: 'battery',
      devices: [
        { kind: 'cpu', name: 'Some CPU @ 3 GHz', memoryTotal: 16384000 * 1024, memoryFree: 9216000 * 1024 },
        { kind: 'gpu', name: 'Intel GPU', memoryTotal: 0, memoryFree: 0 },
        { kind: 'gpu', name: 'AMD GPU', memoryTotal: 8 * GiB, memoryFree: 7 * GiB },
      ],
    });
  });

  it('is on mains when plugged in, or when only a mouse has a battery', async () => {
    expect(await machineOf({ ...laptop, '/sys/class/power_supply/AC/online': '1\n' }).read()).toMatchObject({
      power: 'mains',
    });
    const mouse = Object.fromEntries(
      Object.entries(laptop).filter(([path]) => !path.includes('BAT0') && !path.includes('/AC/')),
    );
    expect(await machineOf(mouse).read()).toMatchObject({ power: 'mains' });
    expect(await machineOf({}).read()).toMatchObject({ power: 'unknown' });
  });

  it('measures free cores between two readings', async () => {
    const files: Record<string, string> = { ...laptop };
    const machine = machineOf(files);
    await machine.read();
    // 800 ticks passed on all cores together, 200 of them busy: 2 of 8 cores.
    files['/proc/stat'] = 'cpu  1150 0 550 8590 110 0 0 0 0 0\n';
    expect((await machine.read()).coresFree).toBeCloseTo(6, 5);
    // Too few ticks to say anything: the reading before counts.
    files['/proc/stat'] = 'cpu  1152 0 550 8590 110 0 0 0 0 0\n';
    expect((await machine.read()).coresFree).toBeCloseTo(6, 5);
  });

  it('honours the limits of a container with cgroup v2, on any level above it', async () => {
    const state = await machineOf({
      ...laptop,
      '/proc/self/cgroup': '0::/kube/pod1/app\n',
      '/sys/fs/cgroup/kube/pod1/app/memory.max': 'max\n',
      '/sys/fs/cgroup/kube/pod1/memory.max': `${4 * GiB}\n`,
      '/sys/fs/cgroup/kube/pod1/memory.current': `${3 * GiB}\n`,
      '/sys/fs/cgroup/kube/pod1/memory.stat': `anon 1\ninactive_file ${1 * GiB}\n`,
      '/sys/fs/cgroup/kube/pod1/app/cpu.max': '250000 100000\n',
    }).read();
    expect(state).toMatchObject({ memoryTotal: 4 * GiB, memoryAvailable: 2 * GiB, cores: 2 });
    expect(state.coresFree).toBeLessThanOrEqual(2);
  });

  it('honours the limits of a container with cgroup v1, and knows its number for "no limit"', async () => {
    const limited = {
      ...laptop,
      '/proc/self/cgroup': '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n',
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 * GiB}\n`,
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': `${1 * GiB}\n`,
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    };
    expect(await machineOf(limited).read()).toMatchObject({ memoryTotal: 2 * GiB, memoryAvailable: 1 * GiB, cores: 1 });
    const free = {
      ...limited,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
    };
    expect(await machineOf(free).read()).toMatchObject({ memoryTotal: 16384000 * 1024, cores: 8 });
  });

  it('names a GPU of NVIDIA once, by its driver', async () => {
    const { devices } = await machineOf({
      ...laptop,
      '/proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA GeForce RTX 4090\nIRQ:   \t\t 100\n',
      '/sys/class/drm/card2/device/vendor': '0x10de\n',
    }).read();
    expect(devices.filter(({ name }) => name.startsWith('NVIDIA'))).toEqual([
      { kind: 'gpu', name: 'NVIDIA GeForce RTX 4090', memoryTotal: 0, memoryFree: 0 },
    ]);
  });

  it('falls back to node:os when /proc cannot be read or makes no sense', async () => {
    const state = await machineOf({
      '/proc/meminfo': 'rubbish',
      '/proc/stat': 'cpu a b c',
      '/proc/pressure/memory': '',
    }).read();
    expect(state).toMatchObject({ memoryTotal: 8 * GiB, memoryAvailable: 3 * GiB, cores: 8 });
    expect(state).not.toHaveProperty('memoryPressure');
  });
});

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  it('reads node:os only', async () => {
    let ticks = times(1_000, 9_000);
    const machine = machineOf(
      laptop,
      {
        cpus: () => Array.from({ length: 8 }, () => ({ model: 'Other CPU', times: ticks })),
        loadavg: () => (platform === 'win32' ? [0, 0, 0] : [2, 2, 2]),
      },
      platform,
    );
    expect(await machine.read()).toEqual({
      memoryTotal: 8 * GiB,
      memoryAvailable: 3 * GiB,
      cores: 8,
      coresFree: platform === 'win32' ? 8 : 6,
      power: 'unknown',
      devices: [{ kind: 'cpu', name: 'Other CPU', memoryTotal: 8 * GiB, memoryFree: 3 * GiB }],
    });
    ticks = times(1_500, 9_500);
    expect((await machine.read()).coresFree).toBeCloseTo(4, 5);
  });
});

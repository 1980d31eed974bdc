/** Reads a file of /proc or /sys as text; `undefined` when it is not there or may not be read. */
export type ReadText = (path: string) => Promise<string | undefined>;

/** Names in a folder of /proc or /sys; empty when it is not there. */
export type ReadNames = (path: string) => Promise<readonly string[]>;

/** Bytes of a `kB` line of /proc/meminfo. */
export function memInfoBytes(text: string | undefined, key: string): number | undefined {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text ?? '');
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}

/** A limit on the memory of the process group, and what it uses now. */
export interface MemoryLimit {
  readonly limit: number;
  readonly used: number;
}

/**
 * The tightest memory limit of the process's own group and of every group above it; `undefined` without one. Pages of files that are not
 * in use count as free, as the kernel takes them back first. cgroup v2: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory.
 */
export async function groupMemory(read: ReadText): Promise<MemoryLimit | undefined> {
  const groups = (await read('/proc/self/cgroup')) ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const legacy = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const found: MemoryLimit[] = [];
  for (const path of upwards(unified ?? '/')) {
    const base = `/sys/fs/cgroup${path}`;
    const limit = amount(await read(`${base}/memory.max`));
    if (limit === undefined) continue;
    const used = amount(await read(`${base}/memory.current`)) ?? 0;
    found.push({ limit, used: Math.max(0, used - statLine(await read(`${base}/memory.stat`), 'inactive_file')) });
  }
  for (const path of upwards(legacy ?? '/')) {
    const base = `/sys/fs/cgroup/memory${path}`;
    const limit = amount(await read(`${base}/memory.limit_in_bytes`));
    if (limit === undefined) continue;
    const used = amount(await read(`${base}/memory.usage_in_bytes`)) ?? 0;
    found.push({ limit, used: Math.max(0, used - statLine(await read(`${base}/memory.stat`), 'total_inactive_file')) });
  }
  return found.sort((a, b) => a.limit - a.used - (b.limit - b.used))[0];
}

/** `/a/b` → `/a/b`, `/a`, and the root. A path that leads out of a container's view is followed from the root only. */
function upwards(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.includes('..')) return [''];
  const paths: string[] = [];
  for (let n = parts.length; n >= 0; n -= 1)
    paths.push(
      parts
        .slice(0, n)
        .map((part) => `/${part}`)
        .join(''),
    );
  return paths;
}

/** A number of bytes; `undefined` for `max` and for the huge number by which cgroup v1 says "no limit". */
function amount(text: string | undefined): number | undefined {
  const value = Number((text ?? '').trim() || Number.NaN);
  return Number.isFinite(value) && value < 2 ** 60 ? value : undefined;
}

function statLine(text: string | undefined, key: string): number {
  return Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(text ?? '')?.[1] ?? 0);
}

/** Cores that the process group may use at once by its quota; `undefined` without one. */
export async function groupCores(read: ReadText): Promise<number | undefined> {
  const groups = (await read('/proc/self/cgroup')) ?? '';
  const quotas: number[] = [];
  for (const path of upwards(/^0::(.*)$/m.exec(groups)?.[1] ?? '/')) {
    const [quota, period] = ((await read(`/sys/fs/cgroup${path}/cpu.max`)) ?? '').trim().split(' ').map(Number);
    if (quota !== undefined && period !== undefined && quota > 0 && period > 0) quotas.push(quota / period);
  }
  const quota = amount(await read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period = amount(await read('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  if (quota !== undefined && period !== undefined && quota > 0 && period > 0) quotas.push(quota / period);
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** Ticks that all cores together were busy and in all, since the machine started. */
export interface CpuTicks {
  readonly busy: number;
  readonly all: number;
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal; guest time is within user. */
export function cpuTicks(text: string | undefined): CpuTicks | undefined {
  const fields = /^cpu +(.*)$/m
    .exec(text ?? '')?.[1]
    ?.trim()
    .split(/ +/)
    .slice(0, 8)
    .map(Number);
  if (fields === undefined || fields.length < 5 || fields.some(Number.isNaN)) return undefined;
  const all = fields.reduce((sum, field) => sum + field, 0);
  return { all, busy: all - (fields[3] ?? 0) - (fields[4] ?? 0) };
}

/** The share of the last ten seconds in which some task waited for memory: https://docs.kernel.org/accounting/psi.html. */
export function memoryPressure(text: string | undefined): number | undefined {
  const percent = /^some avg10=([\d.]+)/m.exec(text ?? '')?.[1];
  return percent === undefined ? undefined : Math.min(1, Number(percent) / 100);
}

/** Whether the machine runs on mains or on a battery. Without a battery it is on mains; batteries of mice and the like do not count. */
export async function powerSource(read: ReadText, names: ReadNames): Promise<'mains' | 'battery' | 'unknown'> {
  const supplies = await names('/sys/class/power_supply');
  let discharging = false;
  for (const name of supplies) {
    const base = `/sys/class/power_supply/${name}`;
    const type = (await read(`${base}/type`))?.trim();
    if ((type === 'Mains' || type?.startsWith('USB') === true) && (await read(`${base}/online`))?.trim() === '1')
      return 'mains';
    if (type !== 'Battery' || (await read(`${base}/scope`))?.trim() === 'Device') continue;
    if ((await read(`${base}/status`))?.trim() === 'Discharging') discharging = true;
  }
  if (discharging) return 'battery';
  return supplies.length === 0 ? 'unknown' : 'mains';
}

/** A graphics device, as far as files tell. Free memory is known for the amdgpu driver only. */
export interface GpuReading {
  readonly name: string;
  readonly memoryTotal: number;
  readonly memoryFree: number;
}

const vendors: Readonly<Record<string, string>> = {
  '0x10de': 'NVIDIA GPU',
  '0x1002': 'AMD GPU',
  '0x8086': 'Intel GPU',
};

/** Graphics devices by /proc/driver/nvidia and /sys/class/drm. No program is started to ask. Memory that is not told is 0. */
export async function graphicsDevices(read: ReadText, names: ReadNames): Promise<GpuReading[]> {
  const found: GpuReading[] = [];
  for (const id of await names('/proc/driver/nvidia/gpus')) {
    const model = /^Model:\s*(.+)$/m
      .exec((await read(`/proc/driver/nvidia/gpus/${id}/information`)) ?? '')?.[1]
      ?.trim();
    found.push({ name: model ?? 'NVIDIA GPU', memoryTotal: 0, memoryFree: 0 });
  }
  const nvidiaKnown = found.length > 0;
  for (const card of (await names('/sys/class/drm')).filter((name) => /^card\d+$/.test(name))) {
    const base = `/sys/class/drm/${card}/device`;
    const vendor = (await read(`${base}/vendor`))?.trim() ?? '';
    const name = vendors[vendor];
    if (name === undefined || (nvidiaKnown && vendor === '0x10de')) continue;
    const memoryTotal = amount(await read(`${base}/mem_info_vram_total`)) ?? 0;
    const used = amount(await read(`${base}/mem_info_vram_used`)) ?? 0;
    found.push({
      name: (await read(`${base}/product_name`))?.trim() || name,
      memoryTotal,
      memoryFree: Math.max(0, memoryTotal - used),
    });
  }
  return found;
}

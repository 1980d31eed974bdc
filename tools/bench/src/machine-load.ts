import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** Above this share of time in which something waited for a core, numbers say more about the neighbours than about the code. */
export const busyPercent = 5;
/** The same of time that the host of a virtual machine gave to others. */
export const stolenPercent = 1;
/** The same of one core, computed by programs that are not ours while ours were measured. */
export const foreignPercent = 10;

/** The counters of the system at one moment, in milliseconds since its start. What a system does not tell is absent. */
export interface LoadCounters {
  readonly at: number;
  /** Time in which something waited for a core. */
  readonly waited?: number;
  /** Time of all cores together, idle or not; of it the time that the host took, and that something computed. */
  readonly all?: number;
  readonly stolen?: number;
  readonly computed?: number;
  /** Time that this process and its children, living or ended, computed. */
  readonly own?: number;
}

/** Shares of the time between two moments, in percent; `foreign` of one core, computed by programs that are not ours. */
export interface LoadShares {
  readonly waited?: number;
  readonly stolen?: number;
  readonly foreign?: number;
}

/** The `avg10` of the line `some` of a Linux pressure file, in percent. https://docs.kernel.org/accounting/psi.html */
export function pressureIn(text: string): number | undefined {
  const value = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Share of the last ten seconds in which work waited for a core, in percent; where the system does not say, from the load of the last minute. */
export function cpuPressure(): number {
  const pressure = pressureIn(textOf('/proc/pressure/cpu'));
  return pressure ?? Math.max(0, (loadavg()[0] ?? 0) / availableParallelism() - 0.5) * 100;
}

export function sharesBetween(before: LoadCounters, after: LoadCounters): LoadShares {
  const passed = after.at - before.at;
  const grown = (key: 'waited' | 'all' | 'stolen' | 'computed' | 'own'): number | undefined => {
    const [from, to] = [before[key], after[key]];
    return from === undefined || to === undefined ? undefined : to - from;
  };
  const [waited, all, stolen] = [grown('waited'), grown('all'), grown('stolen')];
  const [computed, own] = [grown('computed'), grown('own')];
  return {
    ...(waited !== undefined && passed > 0 && { waited: (waited / passed) * 100 }),
    ...(stolen !== undefined && all !== undefined && all > 0 && { stolen: (stolen / all) * 100 }),
    ...(computed !== undefined &&
      own !== undefined &&
      passed > 0 && { foreign: Math.max(0, ((computed - own) / passed) * 100) }),
  };
}

/** What speaks against measuring on a machine of which this is known while nothing of ours computes. Empty: nothing. */
export function reasonsToWait({ waited, stolen, foreign }: LoadShares): string[] {
  const percent = (share: number): string => `${share.toFixed(share < 10 ? 1 : 0)} %`;
  return [
    ...((waited ?? 0) > busyPercent ? [`work waited for a core ${percent(waited ?? 0)} of the time`] : []),
    ...((stolen ?? 0) > stolenPercent ? [`the host took ${percent(stolen ?? 0)} of the time`] : []),
    ...((foreign ?? 0) > foreignPercent ? [`other programs used ${percent(foreign ?? 0)} of a core`] : []),
  ];
}

/** Whether other programs computed while ours were measured: ours wait for cores themselves, so that says nothing. */
export function isDisturbed({ stolen, foreign }: LoadShares): boolean {
  return (
    reasonsToWait({ ...(stolen !== undefined && { stolen }), ...(foreign !== undefined && { foreign }) }).length > 0
  );
}

/** The counters now. */
export function readLoad(): LoadCounters {
  const waited = /^some .*total=(\d+)/m.exec(textOf('/proc/pressure/cpu'))?.[1];
  const times = processorTimes(textOf('/proc/stat'));
  const own = times && ownTime(process.pid);
  return {
    at: performance.now(),
    ...(waited !== undefined && { waited: Number(waited) / 1_000 }),
    ...times,
    ...(own !== undefined && { own }),
  };
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock: https://man7.org/linux/man-pages/man5/proc_stat.5.html */
const tickMs = 10;

/** The first line of /proc/stat. */
export function processorTimes(text: string): { all: number; stolen: number; computed: number } | undefined {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  // Time of guests is part of user time already.
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, hard = 0, soft = 0, steal = 0] = line
    .split(' ')
    .map((ticks) => Number(ticks) * tickMs);
  const computed = user + nice + system + hard + soft;
  return { all: computed + idle + wait + steal, stolen: steal, computed };
}

export interface ProcessTime {
  readonly pid: number;
  readonly parent: number;
  /** Milliseconds that it computed, and its children that ended. */
  readonly time: number;
}

/** A line of /proc/PID/stat. The name in brackets may hold anything. */
export function processTime(text: string): ProcessTime | undefined {
  const pid = Number.parseInt(text, 10);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (!Number.isInteger(pid) || fields.length < 15) return undefined;
  const time = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]) * tickMs, 0);
  return { pid, parent: Number(fields[1]), time };
}

/** Milliseconds that this process and everything below it computed. */
export function timeBelow(root: number, processes: readonly ProcessTime[]): number {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const sum = (of: ProcessTime): number =>
    (children.get(of.pid) ?? []).reduce((total, child) => total + sum(child), of.time);
  const start = processes.find(({ pid }) => pid === root);
  return start === undefined ? 0 : sum(start);
}

function ownTime(root: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return timeBelow(
    root,
    pids.map((pid) => processTime(textOf(`/proc/${pid}/stat`))).filter((found) => found !== undefined),
  );
}

/** Empty where the system has no such file, or no longer. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

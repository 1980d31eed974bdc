import { readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** Above this share of time in which something waited for a core, numbers say more about the neighbours than about the code. */
export const busyPercent = 10;

/** The `avg10` of the line `some` of a Linux pressure file, in percent. https://docs.kernel.org/accounting/psi.html */
export function pressureIn(text: string): number | undefined {
  const value = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Share of the last ten seconds in which work waited for a core, in percent; where the system does not say, from the load of the last minute. */
export function cpuPressure(): number {
  try {
    const pressure = pressureIn(readFileSync('/proc/pressure/cpu', 'utf8'));
    if (pressure !== undefined) return pressure;
  } catch {
    // No pressure files: not Linux, or a kernel without them.
  }
  return Math.max(0, (loadavg()[0] ?? 0) / availableParallelism() - 0.5) * 100;
}

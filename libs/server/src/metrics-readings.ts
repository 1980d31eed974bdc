import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Machine, Telemetry } from '@nootropic/contracts';
import type { MemoryLedger } from '@nootropic/scheduler';

export interface MetricsReadingsOptions {
  readonly telemetry: Telemetry;
  readonly version: string;
  readonly machine: Machine;
  /** Where memory for models is set aside. */
  readonly ledger: () => Pick<MemoryLedger, 'reserved'>;
  /** How many models are in memory. */
  readonly models: () => number;
}

/** Milliseconds between two looks at the event loop. */
const lookMs = 20;

/**
 * The same telemetry; when its metrics are asked for, what can be read at any time is read then: memory, processor, event loop. The event loop is
 * looked at from the first request on, so that a process whose metrics nobody reads is not woken for them.
 */
export function readForMetrics(options: MetricsReadingsOptions): Telemetry {
  const { telemetry, version, machine, ledger, models } = options;
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined;
  let cpuBefore = 0;

  const readLoop = (): void => {
    if (delay === undefined) {
      delay = monitorEventLoopDelay({ resolution: lookMs });
      delay.enable();
    }
    // A look that comes exactly when it is due has waited for its interval.
    const lag = (nanoseconds: number): number =>
      Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - lookMs / 1e3) : 0;
    const { max } = delay;
    telemetry.gauge('nootropic_event_loop_lag_seconds', lag(delay.percentile(50)), { stat: 'median' });
    telemetry.gauge('nootropic_event_loop_lag_seconds', lag(delay.percentile(99)), { stat: 'p99' });
    telemetry.gauge('nootropic_event_loop_lag_seconds', lag(max), { stat: 'max' });
    delay.reset();
  };
  const readMemory = async (): Promise<void> => {
    const { memoryTotal, memoryAvailable, devices } = await machine.read();
    const main = { name: undefined, memoryTotal, memoryFree: memoryAvailable };
    telemetry.gauge('nootropic_memory_available_bytes', memoryAvailable);
    for (const each of [main, ...devices.filter(({ kind }) => kind === 'gpu')]) {
      const device = each.name ?? 'main';
      telemetry.gauge('nootropic_memory_total_bytes', each.memoryTotal, { device });
      telemetry.gauge('nootropic_memory_free_bytes', each.memoryFree, { device });
      telemetry.gauge('nootropic_memory_reserved_bytes', ledger().reserved(each.name), { device });
    }
  };
  const readProcess = (): void => {
    const { user, system } = process.cpuUsage();
    const cpu = (user + system) / 1e6;
    telemetry.count('nootropic_process_cpu_seconds_total', Math.max(0, cpu - cpuBefore));
    cpuBefore = cpu;
    telemetry.gauge('nootropic_build_info', 1, { version, node: process.versions.node });
    telemetry.gauge('nootropic_models_loaded', models());
  };

  return {
    ...telemetry,
    async metrics() {
      readLoop();
      readProcess();
      await readMemory();
      return telemetry.metrics();
    },
    async [Symbol.asyncDispose]() {
      delay?.disable();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

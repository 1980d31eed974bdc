import type { MetricLabels } from '@nootropic/contracts';
import type { Counter, Gauge, Histogram } from 'prom-client';
import { metricNamePattern, type MetricSpec } from './metrics-table.ts';

type MeasureKind = 'count' | 'time' | 'gauge';

interface Measurement {
  readonly kind: MeasureKind;
  readonly metric: string;
  readonly value: number;
  readonly labels: MetricLabels;
}

export interface MetricsRegistry {
  record(measurement: Measurement): void;
  text(): Promise<string>;
}

/** Measurements kept before the package is read; past it, they are put where they belong. */
const pendingLimit = 1_000;
/** Label values of one metric. A label that takes more is not bounded, as it must be. */
const seriesLimit = 200;
const typeOf = { count: 'counter', time: 'histogram', gauge: 'gauge' } as const;

/**
 * Metrics of one telemetry: a registry of its own, so that two in one process do not share counts. The package is read when the metrics are
 * first asked for, or when many measurements wait: a short command never pays for it.
 */
export function createMetricsRegistry(table: readonly MetricSpec[]): MetricsRegistry {
  const specs = new Map(table.map((spec) => [spec.name, spec]));
  const series = new Map<string, Set<string>>();
  let pending: Measurement[] = [];
  let opened: Promise<OpenRegistry> | undefined;

  function reasonToReject({ kind, metric, value, labels }: Measurement): string | undefined {
    const spec = specs.get(metric);
    if (spec === undefined || !metricNamePattern.test(metric)) return 'unknown-metric';
    if (spec.type !== typeOf[kind]) return 'wrong-type';
    if (!Number.isFinite(value) || (kind !== 'gauge' && value < 0)) return 'bad-value';
    const names = Object.keys(labels);
    if (names.length !== spec.labels.length || names.some((name) => !spec.labels.includes(name))) return 'wrong-labels';
    const known = series.get(metric) ?? new Set<string>();
    const key = JSON.stringify(spec.labels.map((name) => labels[name]));
    if (!known.has(key) && known.size >= seriesLimit) return 'too-many-series';
    series.set(metric, known.add(key));
    return undefined;
  }

  function drain(registry: OpenRegistry): void {
    const measurements = pending;
    pending = [];
    for (const measurement of measurements) registry.apply(measurement);
  }

  async function open(): Promise<OpenRegistry> {
    opened ??= openRegistry(table);
    const registry = await opened;
    drain(registry);
    return registry;
  }

  return {
    record(measurement) {
      const reason = reasonToReject(measurement);
      if (reason === undefined) pending.push(measurement);
      else if (specs.has('nootropic_telemetry_rejected_total'))
        pending.push({ kind: 'count', metric: 'nootropic_telemetry_rejected_total', value: 1, labels: { reason } });
      if (pending.length >= pendingLimit) open().catch(() => (pending = []));
    },
    async text() {
      return (await open()).text();
    },
  };
}

interface OpenRegistry {
  apply(measurement: Measurement): void;
  text(): Promise<string>;
}

async function openRegistry(table: readonly MetricSpec[]): Promise<OpenRegistry> {
  const prom = await import('prom-client');
  const registry = new prom.Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const { name, help, type, labels, buckets } of table) {
    const shape = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new prom.Counter(shape));
    else if (type === 'gauge') gauges.set(name, new prom.Gauge(shape));
    else
      histograms.set(
        name,
        new prom.Histogram({ ...shape, ...(buckets === undefined ? {} : { buckets: [...buckets] }) }),
      );
  }
  return {
    apply({ kind, metric, value, labels }) {
      if (kind === 'count') counters.get(metric)?.inc({ ...labels }, value);
      else if (kind === 'gauge') gauges.get(metric)?.set({ ...labels }, value);
      else histograms.get(metric)?.observe({ ...labels }, value);
    },
    text: () => registry.metrics(),
  };
}

import type { LogFields, LogLevel, MetricLabels, SpanFacts, Telemetry } from '@nootropic/contracts';

export interface RecordedLine {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

export interface RecordedMeasurement {
  readonly kind: 'count' | 'time' | 'gauge';
  readonly metric: string;
  readonly value: number;
  readonly labels: MetricLabels;
}

export interface RecordedSpan {
  readonly name: string;
  readonly trace: string;
  readonly facts: SpanFacts;
  readonly error?: string;
}

/** A `Telemetry` that keeps all it was told, in order. */
export interface RecordingTelemetry extends Telemetry {
  readonly lines: readonly RecordedLine[];
  readonly measured: readonly RecordedMeasurement[];
  /** Those that have ended, in the order in which they did. */
  readonly spans: readonly RecordedSpan[];
  /** The sum of a counter over all its labels; 0 when it was never counted. */
  total(metric: string): number;
}

export function createRecordingTelemetry(): RecordingTelemetry {
  const lines: RecordedLine[] = [];
  const measured: RecordedMeasurement[] = [];
  const spans: RecordedSpan[] = [];
  return {
    lines,
    measured,
    spans,
    log: (level, message, fields = {}) => void lines.push({ level, message, fields }),
    count: (metric, by = 1, labels = {}) => void measured.push({ kind: 'count', metric, value: by, labels }),
    time: (metric, seconds, labels = {}) => void measured.push({ kind: 'time', metric, value: seconds, labels }),
    gauge: (metric, value, labels = {}) => void measured.push({ kind: 'gauge', metric, value, labels }),
    span(name, { trace, facts }) {
      let open = true;
      return {
        end(more, error) {
          if (open) spans.push({ name, trace, facts: { ...facts, ...more }, ...(error !== undefined && { error }) });
          open = false;
        },
      };
    },
    total: (metric) =>
      measured
        .filter((each) => each.kind === 'count' && each.metric === metric)
        .reduce((sum, { value }) => sum + value, 0),
    metrics: () => Promise.resolve(prometheusText(measured)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Counters and times as sums (a time with its count), gauges as last set: https://prometheus.io/docs/instrumenting/exposition_formats/ */
function prometheusText(measured: readonly RecordedMeasurement[]): string {
  const values = new Map<string, number>();
  const add = (key: string, value: number): void => void values.set(key, (values.get(key) ?? 0) + value);
  for (const { kind, metric, value, labels } of measured) {
    const suffix = labelText(labels);
    if (kind === 'gauge') values.set(metric + suffix, value);
    else if (kind === 'count') add(metric + suffix, value);
    else {
      add(`${metric}_sum${suffix}`, value);
      add(`${metric}_count${suffix}`, 1);
    }
  }
  return [...values].map(([key, value]) => `${key} ${value}\n`).join('');
}

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

import type { LogFields, LogLevel, Telemetry } from '@nootropic/contracts';
import { pino } from 'pino';
import { createMetricsRegistry } from './metrics-registry.ts';
import { metricsTable, type MetricSpec } from './metrics-table.ts';
import { createRotatingFile } from './rotating-file.ts';
import { isSecretName, redactText } from './secret-patterns.ts';
import { createTraceSpans } from './trace-spans.ts';

export interface LocalTelemetryOptions {
  /** Absolute path of the folder for `nootropic.log`. It is made (0700), and the file (0600), when the first line is written. */
  readonly dir: string;
  /** The least severe line that is written. Default `info`. */
  readonly level?: LogLevel | 'silent';
  /** Bytes after which a new file is begun. Default 5 000 000. */
  readonly maxBytes?: number;
  /** Log files kept, the current one among them. Default 5. */
  readonly files?: number;
  /** Facts written with every line. Default none. */
  readonly base?: LogFields;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The metrics that may be used. Default: the table of this library. */
  readonly metrics?: readonly MetricSpec[];
  /** Bytes of memory this process holds, for its gauge. */
  readonly residentBytes?: () => number;
  /** Where traces of turns are sent, by OTLP over HTTP. Unset: nowhere. */
  readonly traces?: string | undefined;
  /** Of this program: in its metrics and traces. */
  readonly version?: string;
}

/** Characters of one text in a log line; more is cut. */
const longest = 2_000;
/** What is looked at for secrets before it is cut. */
const looked = 20_000;

/**
 * JSON lines in a file that only the user can read, and metrics in memory. No call throws: a line that cannot be written is counted.
 *
 * Lines go through pino to a file of our own, written in the calling thread. Measured on Node 24 with 1 000 lines and then `process.exit`:
 * pino-roll in a worker took 230 ms more than this, and in the main thread 60 ms more while it lost all lines.
 */
export function createLocalTelemetry(options: LocalTelemetryOptions): Telemetry {
  const {
    dir,
    level = 'info',
    maxBytes = 5_000_000,
    files = 5,
    base = {},
    now = Date.now,
    residentBytes = () => process.memoryUsage.rss(),
    version = '',
  } = options;
  const registry = createMetricsRegistry(options.metrics ?? metricsTable);
  const file = createRotatingFile({ dir, name: 'nootropic', maxBytes, files: Math.max(1, files), now });
  const sink = {
    write(line: string): void {
      if (!file.write(line))
        record({ kind: 'count', metric: 'nootropic_log_lines_dropped_total', value: 1, labels: {} });
    },
  };
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":${JSON.stringify(new Date(now()).toISOString())}`,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );

  function record(measured: Parameters<typeof registry.record>[0]): void {
    try {
      registry.record(measured);
    } catch {
      // Measuring must never disturb what is measured.
    }
  }

  const log: Telemetry['log'] = (at, message, fields = {}) => {
    try {
      if (logger.isLevelEnabled(at)) logger[at](cleanFields({ ...base, ...fields }), cleanText(message));
    } catch {
      record({ kind: 'count', metric: 'nootropic_log_lines_dropped_total', value: 1, labels: {} });
    }
  };
  const tracing = createTraceSpans({
    url: options.traces,
    version,
    now,
    onFailure: (why) => log('warn', 'Traces could not be sent.', { why: why instanceof Error ? why.message : '' }),
  });

  return {
    log,
    count: (metric, by = 1, labels = {}) => record({ kind: 'count', metric, value: by, labels }),
    time: (metric, seconds, labels = {}) => record({ kind: 'time', metric, value: seconds, labels }),
    gauge: (metric, value, labels = {}) => record({ kind: 'gauge', metric, value: value, labels }),
    span: tracing.span,
    async metrics() {
      record({ kind: 'gauge', metric: 'nootropic_process_resident_bytes', value: residentBytes(), labels: {} });
      return registry.text();
    },
    async [Symbol.asyncDispose]() {
      await tracing[Symbol.asyncDispose]();
      file.close();
    },
  };
}

/** Names that pino writes itself; a field of the same name gets a trailing `_`, so that no line has a key twice. */
const reserved = new Set(['level', 'time', 'message']);

function cleanFields(fields: LogFields): Record<string, string | number | boolean> {
  const clean: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const key = reserved.has(name) ? `${name}_` : name;
    if (typeof value === 'string') clean[key] = isSecretName(name) ? '[redacted]' : cleanText(value);
    else if (typeof value === 'number' || typeof value === 'boolean') clean[key] = value;
  }
  return clean;
}

function cleanText(text: string): string {
  const clean = redactText(text.length > looked ? text.slice(0, looked) : text);
  return clean.length > longest || text.length > looked
    ? `${clean.slice(0, longest)}… (${text.length} characters)`
    : clean;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Flat facts that go with a log line. Never prompts, answers, file contents or keys; what looks like a secret is redacted all the same. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type MetricLabels = Readonly<Record<string, string>>;

export type SpanFacts = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanStart {
  /** Spans of one name here form one trace. The first of them is the parent of all that are begun before it ends. */
  readonly trace: string;
  /** Never text of prompts, answers or files. */
  readonly facts?: SpanFacts;
  /** Milliseconds since 1970; for work whose length is known when it is over. Default now. */
  readonly startedAt?: number;
}

export interface Span {
  /** Only the first call counts. `error`: a code, where the work failed. */
  end(facts?: SpanFacts, error?: string): void;
}

/**
 * Logs and metrics of this process. Nothing leaves the machine. No call throws or waits, and none steers the program.
 * Metric names are `nootropic_<noun>_<unit>_total|seconds|bytes`; labels are few and bounded - never a path, a session or a file name.
 */
export interface Telemetry {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  count(metric: string, by?: number, labels?: MetricLabels): void;
  /** Seconds into a histogram. */
  time(metric: string, seconds: number, labels?: MetricLabels): void;
  gauge(metric: string, value: number, labels?: MetricLabels): void;
  /** Begins a piece of work in a trace. Costs next to nothing where nobody wants traces, as is the default. */
  span(name: string, start: SpanStart): Span;
  /** The metrics in the Prometheus text format. */
  metrics(): Promise<string>;
  /** Writes what is buffered. */
  [Symbol.asyncDispose](): Promise<void>;
}

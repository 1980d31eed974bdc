/** What a person asks of the machine: one request at one moment. */
export interface TraceRequest {
  readonly kind: 'completion' | 'chat';
  /** Milliseconds from the start of the trace. */
  readonly at: number;
}

/** How a request went. */
export interface TraceSample {
  readonly kind: TraceRequest['kind'];
  readonly firstMs: number;
  readonly totalMs: number;
}

/** A completion every two seconds, and a chat every twelve beside them. */
export function mixedTrace(durationMs: number): TraceRequest[] {
  const every = (kind: TraceRequest['kind'], from: number, step: number): TraceRequest[] =>
    Array.from({ length: Math.max(0, Math.ceil((durationMs - from) / step)) }, (_, at) => ({
      kind,
      at: from + at * step,
    }));
  return [...every('completion', 1_000, 2_000), ...every('chat', 3_700, 12_000)].toSorted((a, b) => a.at - b.at);
}

/** The share of the samples of one kind for which this is true; `NaN` where there are none. */
export function shareOf(
  samples: readonly TraceSample[],
  kind: TraceRequest['kind'],
  within: (sample: TraceSample) => boolean,
): number {
  const own = samples.filter((sample) => sample.kind === kind);
  return own.filter(within).length / own.length;
}

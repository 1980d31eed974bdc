import type { Span, SpanFacts, SpanStart } from '@nootropic/contracts';
import { withEgressCause } from './egress-cause.ts';
import { redactText } from './secret-patterns.ts';

export interface TraceSpansOptions {
  /** Where traces go, by OTLP over HTTP: `http://127.0.0.1:4318`, or with the whole path `/v1/traces`. Unset: nowhere. */
  readonly url?: string | undefined;
  /** Of this program, as the traces name it. */
  readonly version?: string;
  readonly now: () => number;
  /** Hears why traces could not be sent. */
  readonly onFailure: (why: unknown) => void;
}

export interface TraceSpans extends AsyncDisposable {
  span(name: string, start: SpanStart): Span;
}

interface EndedSpan {
  readonly name: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly facts: SpanFacts;
  readonly error?: string | undefined;
}

interface OpenTrace {
  /** What has ended before its parent did. */
  readonly children: EndedSpan[];
  /** Gives what ends after its parent to it. Set when the parent has ended. */
  late?: (child: EndedSpan) => void;
}

/** How long the collector may take with all its retries, in milliseconds: a command that ends waits for it. */
const exportMs = 2_000;
/** Traces whose parent has ended, remembered for work that ends after it. */
const remembered = 50;

/**
 * Spans for OpenTelemetry. They are kept as plain facts until the first span of their trace ends, and are then given to the exporter together: so
 * the package is read, in the background, only when there is something to send, and each child knows its parent whatever the order in which they end.
 */
export function createTraceSpans(options: TraceSpansOptions): TraceSpans {
  const { url, now } = options;
  if (url === undefined)
    return { span: () => ({ end: () => undefined }), [Symbol.asyncDispose]: async () => undefined };
  const traces = new Map<string, OpenTrace>();
  const sending = new Set<Promise<void>>();
  let exporter: ReturnType<typeof openExporter> | undefined;

  const send = (work: (open: Awaited<ReturnType<typeof openExporter>>) => void): void => {
    exporter ??= openExporter(url, options);
    const sent: Promise<void> = exporter
      .then(work)
      .catch(options.onFailure)
      .finally(() => sending.delete(sent));
    sending.add(sent);
  };
  const finish = (name: string, trace: OpenTrace, root: EndedSpan): void => {
    const children = trace.children.splice(0);
    trace.late = (child) => send((open) => open.late(name, child));
    send((open) => open.emit(name, root, children));
    const ended = [...traces].filter(([, { late }]) => late !== undefined);
    for (const [old] of ended.slice(0, -remembered)) {
      traces.delete(old);
      send((open) => open.forget(old));
    }
  };

  return {
    span(name, { trace, facts = {}, startedAt = now() }) {
      const known = traces.get(trace);
      const here: OpenTrace = known ?? { children: [] };
      if (known === undefined) traces.set(trace, here);
      let open = true;
      return {
        end(more, error) {
          if (!open) return;
          open = false;
          const span = { name, startedAt, endedAt: now(), facts: { ...facts, ...more }, error };
          if (known === undefined) finish(trace, here, span);
          else if (here.late) here.late(span);
          else here.children.push(span);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(sending);
      await (await exporter?.catch(() => undefined))?.close();
    },
  };
}

async function openExporter(url: string, { version = '', onFailure }: TraceSpansOptions) {
  const [{ ROOT_CONTEXT, SpanKind, SpanStatusCode, trace }, { BatchSpanProcessor, TracerProvider }, otlp, resources] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const address = new URL(url);
  // https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
  if (address.pathname === '/') address.pathname = '/v1/traces';
  const inner = new otlp.OTLPTraceExporter({ url: address.href, timeoutMillis: exportMs });
  const provider = new TracerProvider({
    resource: resources.resourceFromAttributes({ 'service.name': 'nootropic', 'service.version': version }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: {
          export: (spans, done) =>
            withEgressCause('traces', () =>
              inner.export(spans, (result) => {
                if (result.error !== undefined) onFailure(result.error);
                done(result);
              }),
            ),
          shutdown: () => inner.shutdown(),
          forceFlush: () => inner.forceFlush(),
        },
      }),
    ],
  });
  const tracer = provider.getTracer('nootropic', version);
  const parents = new Map<string, typeof ROOT_CONTEXT>();
  const write = (span: EndedSpan, parent = ROOT_CONTEXT) => {
    const { name, startedAt, endedAt, facts, error } = span;
    const kind = name.startsWith('chat ') || name.startsWith('embeddings ') ? SpanKind.CLIENT : SpanKind.INTERNAL;
    const made = tracer.startSpan(name, { kind, startTime: startedAt, attributes: cleanFacts(facts) }, parent);
    if (error !== undefined) {
      made.setAttribute('error.type', error);
      made.setStatus({ code: SpanStatusCode.ERROR });
    }
    made.end(endedAt);
    return trace.setSpan(parent, made);
  };
  return {
    emit(name: string, root: EndedSpan, children: readonly EndedSpan[]): void {
      const parent = write(root);
      parents.set(name, parent);
      for (const child of children) write(child, parent);
    },
    late: (name: string, child: EndedSpan): void => void write(child, parents.get(name)),
    forget: (name: string): void => void parents.delete(name),
    close: () => provider.shutdown().catch(onFailure),
  };
}

function cleanFacts(facts: SpanFacts): Record<string, string | number | boolean> {
  const clean: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(facts))
    if (value !== undefined) clean[name] = typeof value === 'string' ? redactText(value) : value;
  return clean;
}

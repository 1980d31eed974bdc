import http from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { EgressEntry } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalTelemetry } from './local-telemetry.ts';
import { readLogLines } from './log-files.ts';
import { watchSockets } from './socket-watch.ts';

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status: { readonly code?: number };
}
interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** A collector that keeps what it is sent. */
async function startCollector(host: string) {
  const bodies: { readonly path: string; readonly body: OtlpBody }[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Uint8Array) => (text += new TextDecoder().decode(chunk)));
    request.on('end', () => {
      bodies.push({ path: request.url ?? '', body: JSON.parse(text) as OtlpBody });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    bodies,
    spans: () => bodies.flatMap(({ body }) => body.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans))),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-trace-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const key = ['ghp', 'a1B2'.repeat(9)].join('_');

async function takeTurn(traces: string | undefined, id = 'turn-1'): Promise<void> {
  let time = 1_000_000;
  await using telemetry = createLocalTelemetry({ dir, traces, version: '1.2.3', now: () => (time += 10) });
  const turn = telemetry.span('invoke_agent code', { trace: id, facts: { 'gen_ai.agent.name': 'code' } });
  telemetry.span('retrieve context', { trace: id, startedAt: 1_000_000 }).end({ 'nootropic.context.tokens': 7 });
  const chat = telemetry.span('chat tiny', { trace: id, facts: { 'gen_ai.request.model': key } });
  const tool = telemetry.span('execute_tool run', { trace: id });
  tool.end({}, 'tool_error');
  turn.end({ 'gen_ai.usage.output_tokens': 5, gone: undefined });
  chat.end({ 'gen_ai.usage.output_tokens': 5 });
  chat.end({ 'gen_ai.usage.output_tokens': 9 });
}

describe('traces', () => {
  it('reach a collector as one trace for each turn, with its parents, times, attributes and errors, and no secret', async () => {
    const collector = await startCollector('127.0.0.1');
    await takeTurn(collector.url);
    await takeTurn(collector.url, 'turn-2');
    collector.close();
    expect(new Set(collector.bodies.map(({ path }) => path))).toEqual(new Set(['/v1/traces']));
    const spans = collector.spans();
    expect(spans).toHaveLength(8);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(2);
    const first = spans.filter(({ traceId }) => traceId === spans[0]?.traceId);
    const root = first.find(({ name }) => name === 'invoke_agent code');
    expect(root?.parentSpanId ?? '').toBe('');
    for (const span of first) if (span !== root) expect(span.parentSpanId).toBe(root?.spanId);
    const named = (name: string) => first.find((span) => span.name === name);
    expect(named('retrieve context')).toMatchObject({
      startTimeUnixNano: '1000000000000',
      endTimeUnixNano: '1000030000000',
      attributes: [{ key: 'nootropic.context.tokens', value: { intValue: 7 } }],
    });
    expect(named('execute_tool run')).toMatchObject({
      status: { code: 2 },
      attributes: [{ key: 'error.type', value: { stringValue: 'tool_error' } }],
    });
    // A client of a model, as the conventions say; it ended once, with what it said first.
    expect(named('chat tiny')).toMatchObject({ kind: 3 });
    expect(JSON.stringify(named('chat tiny'))).toContain('"intValue":5');
    expect(JSON.stringify(collector.bodies)).not.toContain('a1B2');
    expect(JSON.stringify(collector.bodies[0]?.body.resourceSpans[0]?.resource)).toContain('1.2.3');
  });

  it('go nowhere, and load nothing, where no address is set', async () => {
    const entries: EgressEntry[] = [];
    using watch = watchSockets({ program: 'host', record: (entry) => entries.push(entry) });
    void watch;
    await takeTurn(undefined);
    expect(entries).toEqual([]);
  });

  it('lose nothing but themselves where the collector does not answer', async () => {
    await takeTurn('http://127.0.0.1:1');
    expect((await readLogLines(dir)).map(({ message }) => message)).toContain('Traces could not be sent.');
  });

  const own = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  it.skipIf(own === undefined)(
    'are recorded as what they are when they leave, and refused when nothing may',
    async () => {
      const collector = await startCollector(own ?? '');
      const entries: EgressEntry[] = [];
      {
        using watch = watchSockets({ program: 'host', refuse: 'offline', record: (entry) => entries.push(entry) });
        void watch;
        await takeTurn(collector.url);
      }
      expect(collector.spans()).toEqual([]);
      expect(entries.length).toBeGreaterThan(0);
      expect(entries.every(({ cause, refused }) => cause === 'traces' && refused)).toBe(true);
      entries.length = 0;
      {
        using watch = watchSockets({ program: 'host', record: (entry) => entries.push(entry) });
        void watch;
        await takeTurn(collector.url);
      }
      collector.close();
      expect(collector.spans()).toHaveLength(4);
      expect(new Set(entries.filter(({ cause }) => cause !== 'client').map(({ cause }) => cause))).toEqual(
        new Set(['traces']),
      );
    },
  );
});

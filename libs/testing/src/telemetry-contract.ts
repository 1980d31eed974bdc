import type { Telemetry } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';

export interface TelemetrySubject {
  readonly telemetry: Telemetry;
  /** Everything that was logged up to now, as text. */
  readonly logged: () => Promise<string>;
  /** A counter with one label, a histogram without labels and a gauge without labels that the subject knows. */
  readonly counter: { readonly name: string; readonly label: string };
  readonly histogram: string;
  readonly gauge: string;
}

/** What every `Telemetry` does. `makeSubject` gives one that writes at level `info`. */
export function describeTelemetryContract(name: string, makeSubject: () => Promise<TelemetrySubject>): void {
  describe(`Telemetry: ${name}`, () => {
    it('keeps the message and the fields of a line', async () => {
      const { telemetry, logged } = await makeSubject();
      telemetry.log('warn', 'the index is old', { files: 3, full: true, kind: 'scan', missing: undefined });
      await telemetry[Symbol.asyncDispose]();
      const text = await logged();
      expect(text).toContain('the index is old');
      expect(text).toContain('warn');
      expect(text).toMatch(/"?files"?:\s*3/);
      expect(text).toMatch(/"?kind"?:\s*"scan"/);
    });

    it('adds up counts by their labels', async () => {
      const { telemetry, counter } = await makeSubject();
      telemetry.count(counter.name, undefined, { [counter.label]: 'a' });
      telemetry.count(counter.name, 4, { [counter.label]: 'a' });
      telemetry.count(counter.name, 2, { [counter.label]: 'b' });
      const text = await telemetry.metrics();
      expect(text).toContain(`${counter.name}{${counter.label}="a"} 5`);
      expect(text).toContain(`${counter.name}{${counter.label}="b"} 2`);
    });

    it('sums and counts times, and keeps the last value of a gauge', async () => {
      const { telemetry, histogram, gauge } = await makeSubject();
      telemetry.time(histogram, 0.5);
      telemetry.time(histogram, 1.5);
      telemetry.gauge(gauge, 10);
      telemetry.gauge(gauge, 7);
      const lines = (await telemetry.metrics()).split('\n');
      expect(lines).toContain(`${histogram}_sum 2`);
      expect(lines).toContain(`${histogram}_count 2`);
      expect(lines).toContain(`${gauge} 7`);
    });

    it('shares nothing with another one', async () => {
      const one = await makeSubject();
      const two = await makeSubject();
      one.telemetry.count(one.counter.name, 3, { [one.counter.label]: 'mine' });
      expect(await two.telemetry.metrics()).not.toContain('mine');
    });

    it('throws for nothing, not even after disposal', async () => {
      const { telemetry } = await makeSubject();
      await telemetry[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
      expect(() => {
        telemetry.log('error', 'late');
        telemetry.count('not a metric', Number.NaN, { 'odd label': '\n' });
        telemetry.time('not a metric', -1);
        telemetry.gauge('not a metric', Infinity);
        const span = telemetry.span('late', { trace: 't', facts: { n: Number.NaN, gone: undefined } });
        span.end({ ok: false }, 'INTERNAL');
        span.end();
      }).not.toThrow();
      await expect(telemetry.metrics()).resolves.toBeTypeOf('string');
    });
  });
}

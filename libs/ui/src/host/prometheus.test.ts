import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketsOf, parseMetrics, quantileBetween, sumOf } from './prometheus.ts';

/** As a host gives it, shortened. */
const exposition = `
# HELP nootropic_tokens_total Tokens, by kind: read, reused, written.
# TYPE nootropic_tokens_total counter
nootropic_tokens_total{kind="read"} 4992
nootropic_tokens_total{kind="written"} 3072
nootropic_tokens_total{kind="reused"} 2671

# HELP nootropic_model_evictions_total Models taken out of memory, by why: room, idle, pressure.
# TYPE nootropic_model_evictions_total counter

# HELP nootropic_http_request_seconds Time of a request, by route.
# TYPE nootropic_http_request_seconds histogram
nootropic_http_request_seconds_bucket{le="0.01",route="GET /models/{name}"} 2
nootropic_http_request_seconds_bucket{le="0.25",route="GET /models/{name}"} 6
nootropic_http_request_seconds_bucket{le="+Inf",route="GET /models/{name}"} 7
nootropic_http_request_seconds_sum{route="GET /models/{name}"} 0.8393814969999985
nootropic_http_request_seconds_count{route="GET /models/{name}"} 7
nootropic_http_request_seconds_bucket{le="0.01",route="POST /jobs"} 1
nootropic_http_request_seconds_bucket{le="0.25",route="POST /jobs"} 1
nootropic_http_request_seconds_bucket{le="+Inf",route="POST /jobs"} 1
nootropic_http_request_seconds_sum{route="POST /jobs"} 0.001
nootropic_http_request_seconds_count{route="POST /jobs"} 1

# HELP nootropic_process_resident_bytes Memory of this process.
# TYPE nootropic_process_resident_bytes gauge
nootropic_process_resident_bytes 2.05123584e+08
`;

const named = (text: string) => new Map(parseMetrics(text).map((family) => [family.name, family]));

describe('the exposition of a host', () => {
  const families = named(exposition);

  it('is read by family, with help, kind and labels', () => {
    expect([...families.values()].map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ['nootropic_tokens_total', 'counter', 3],
      ['nootropic_model_evictions_total', 'counter', 0],
      ['nootropic_http_request_seconds', 'histogram', 10],
      ['nootropic_process_resident_bytes', 'gauge', 1],
    ]);
    expect(families.get('nootropic_tokens_total')).toMatchObject({
      help: 'Tokens, by kind: read, reused, written.',
      samples: [{ labels: { kind: 'read' }, value: 4992 }, {}, {}],
    });
    const [first] = families.get('nootropic_http_request_seconds')?.samples ?? [];
    expect(first?.labels).toEqual({ le: '0.01', route: 'GET /models/{name}' });
  });

  it('is added up over what is asked for', () => {
    expect(sumOf(families.get('nootropic_tokens_total'))).toBe(10_735);
    expect(sumOf(families.get('nootropic_tokens_total'), ({ kind }) => kind === 'reused')).toBe(2671);
    expect(sumOf(families.get('nootropic_http_request_seconds'))).toBe(8);
    expect(sumOf(families.get('nootropic_model_evictions_total'))).toBeUndefined();
    expect(sumOf(families.get('nootropic_process_resident_bytes'))).toBe(205_123_584);
    expect([...bucketsOf(families.get('nootropic_http_request_seconds'))]).toEqual([
      [0.01, 3],
      [0.25, 7],
      [Infinity, 8],
    ]);
  });
});

describe('the format', () => {
  it('has values that are no plain numbers, escapes, times and comments', () => {
    const families = named(
      'a{x="say \\"hi\\"\\n\\\\",y="1,2"} NaN 1700000000000\n# a comment\nb +Inf\nc -Inf\nd{} 1\nnot a line\ne{x=1} 2\n',
    );
    expect(families.get('a')?.samples[0]?.labels).toEqual({ x: 'say "hi"\n\\', y: '1,2' });
    expect(families.get('a')?.samples[0]?.value).toBeNaN();
    expect([sumOf(families.get('b')), sumOf(families.get('c')), sumOf(families.get('d'))]).toEqual([
      Infinity,
      -Infinity,
      1,
    ]);
    expect(families.has('e')).toBe(false);
  });

  it('never fails, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('#', ' ', '{', '}', '"', '=', ',', '\\', 'a', '1', '\n', 'é') }),
        (text) => {
          expect(Array.isArray(parseMetrics(text))).toBe(true);
        },
      ),
    );
  });

  it('gives back every label value as it was', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const escaped = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
        fc.pre(!/[\r\u2028\u2029]/u.test(value));
        expect(named(`m{l="${escaped}"} 1`).get('m')?.samples[0]?.labels).toEqual({ l: value });
      }),
    );
  });
});

describe('a quantile between two looks', () => {
  const none = new Map<number, number>();
  const after = new Map([
    [1, 10],
    [2, 30],
    [4, 40],
    [Infinity, 40],
  ]);

  it('lies in its bucket, spread evenly', () => {
    expect(quantileBetween(none, after, 0.5)).toBe(1.5);
    expect(quantileBetween(none, after, 0.25)).toBe(1);
    expect(quantileBetween(none, after, 1)).toBe(4);
  });

  it('is of what came in between alone, and none where nothing did', () => {
    const later = new Map([...after].map(([bound, count]) => [bound, bound >= 4 ? count + 4 : count]));
    expect(quantileBetween(after, later, 0.5)).toBe(3);
    expect(quantileBetween(after, after, 0.5)).toBeUndefined();
    expect(quantileBetween(none, none, 0.5)).toBeUndefined();
  });

  it('is the last bound where it lies above all', () => {
    expect(
      quantileBetween(
        none,
        new Map([
          [1, 0],
          [Infinity, 3],
        ]),
        0.5,
      ),
    ).toBe(1);
  });
});

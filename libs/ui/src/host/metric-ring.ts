import { bucketsOf, parseMetrics, quantileBetween, sumOf, type MetricFamily } from './prometheus.ts';

/** What the metrics said at one time. */
export interface Look {
  readonly time: number;
  readonly families: ReadonlyMap<string, MetricFamily>;
}

/** Looks that are kept: at one in two seconds the last twenty minutes. */
const most = 600;

/** The looks with a new one; the oldest goes when there are too many. A host that began anew begins a new ring: its counters do too. */
export function withLook(ring: readonly Look[], text: string, time: number): readonly Look[] {
  const families = new Map(parseMetrics(text).map((family) => [family.name, family]));
  const last = ring.at(-1);
  const restarted = last !== undefined && processSeconds(families) < processSeconds(last.families);
  return [...(restarted ? [] : ring.slice(-(most - 1))), { time, families }];
}

function processSeconds(families: Look['families']): number {
  return sumOf(families.get('nootropic_process_cpu_seconds_total')) ?? 0;
}

export type Line = readonly (number | null)[];

/** How much a counter grew in a second, from each look to the next. The first look has nothing before it. */
export function rateOf(
  ring: readonly Look[],
  name: string,
  where?: (labels: Readonly<Record<string, string>>) => boolean,
): Line {
  return pairs(ring, (before, after, seconds) => {
    const [from, to] = [sumOf(before.families.get(name), where), sumOf(after.families.get(name), where)];
    return to === undefined ? null : (to - (from ?? 0)) / seconds;
  });
}

/** What a gauge said at each look. */
export function gaugeOf(
  ring: readonly Look[],
  name: string,
  where?: (labels: Readonly<Record<string, string>>) => boolean,
): Line {
  return ring.map(({ families }) => sumOf(families.get(name), where) ?? null);
}

/** A quantile of what a histogram counted from each look to the next; `null` where it counted nothing. */
export function quantileOf(ring: readonly Look[], name: string, share: number): Line {
  return pairs(
    ring,
    (before, after) =>
      quantileBetween(bucketsOf(before.families.get(name)), bucketsOf(after.families.get(name)), share) ?? null,
  );
}

/** The share of the tokens of prompts that need not be read again, from each look to the next. */
export function reusedShareOf(ring: readonly Look[]): Line {
  const tokens = (look: Look | undefined, kind: string): number =>
    sumOf(look?.families.get('nootropic_tokens_total'), (labels) => labels['kind'] === kind) ?? 0;
  return pairs(ring, (before, after) => {
    const read = tokens(after, 'read') - tokens(before, 'read');
    const reused = tokens(after, 'reused') - tokens(before, 'reused');
    return read + reused > 0 ? reused / (read + reused) : null;
  });
}

/** The values that a label has, as they were first seen. */
export function labelValues(ring: readonly Look[], name: string, label: string): string[] {
  const values = new Set<string>();
  for (const { families } of ring)
    for (const { labels } of families.get(name)?.samples ?? [])
      if (labels[label] !== undefined) values.add(labels[label]);
  return [...values];
}

function pairs(ring: readonly Look[], value: (before: Look, after: Look, seconds: number) => number | null): Line {
  return ring.map((after, at) => {
    const before = ring[at - 1];
    return before === undefined ? null : value(before, after, Math.max((after.time - before.time) / 1000, 0.001));
  });
}

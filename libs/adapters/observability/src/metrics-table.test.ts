import { expect, it } from 'vitest';
import { metricNamePattern, metricsTable } from './metrics-table.ts';

it('names every metric once, by the rule, with its unit', () => {
  expect(new Set(metricsTable.map(({ name }) => name)).size).toBe(metricsTable.length);
  for (const { name, type, help, buckets } of metricsTable) {
    expect(name).toMatch(metricNamePattern);
    expect(help).toMatch(/\.$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(buckets !== undefined).toBe(type === 'histogram');
    expect([...(buckets ?? [])].sort((a, b) => a - b)).toEqual(buckets ?? []);
  }
});

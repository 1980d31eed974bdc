import { expect, it } from 'vitest';
import { mixedTrace, shareOf } from './mixed-trace.ts';

it('asks for a completion every two seconds and for a chat now and then', () => {
  const trace = mixedTrace(24_000);
  const at = (kind: string) => trace.filter((request) => request.kind === kind).map((request) => request.at);
  expect(at('completion')).toEqual(Array.from({ length: 12 }, (_, i) => 1_000 + i * 2_000));
  expect(at('chat')).toEqual([3_700, 15_700]);
  expect(trace.map((request) => request.at)).toEqual(trace.map((request) => request.at).toSorted((a, b) => a - b));
  expect(mixedTrace(500)).toEqual([]);
});

it('counts the share of one kind only', () => {
  const sample = (kind: 'completion' | 'chat', totalMs: number) => ({ kind, firstMs: 1, totalMs });
  const samples = [sample('completion', 1), sample('completion', 5), sample('chat', 9)];
  expect(shareOf(samples, 'completion', ({ totalMs }) => totalMs < 3)).toBe(0.5);
  expect(shareOf(samples, 'chat', ({ totalMs }) => totalMs < 3)).toBe(0);
  expect(shareOf([], 'chat', () => true)).toBeNaN();
});

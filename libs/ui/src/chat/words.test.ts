import { describe, expect, it } from 'vitest';
import { modelTitle } from '../shell/model-title.ts';
import { callWords } from './call-words.ts';
import { groupByDay } from './day-groups.ts';

describe('callWords', () => {
  it('tells a call in words', () => {
    expect(callWords('read', { path: 'a.ts', startLine: 3, endLine: 9 }).title).toBe('Read a.ts, lines 3 to 9');
    expect(callWords('run', { line: 'npm test' })).toEqual({ title: '', code: 'npm test' });
    expect(callWords('graph', { ask: 'impact', symbol: 'f' }).title).toContain('change of f');
  });

  it('tells a tool that it does not know by its name and its most telling argument', () => {
    expect(callWords('mcp__jira__find', { limit: 3, query: 'open\n bugs' })).toEqual({
      title: 'Use mcp__jira__find',
      code: 'open bugs',
    });
    expect(callWords('odd', { path: 7 }).code).toBe('');
  });
});

it('groups by day, with words for the latest', () => {
  const at = (day: number, hour = 12): number => new Date(2026, 10, day, hour).getTime();
  const days = groupByDay(
    [at(21), at(21, 1), at(20, 23), at(3), new Date(2025, 0, 2).getTime()],
    (time) => time,
    at(21, 13),
  );
  expect(days.map(({ day, items }) => [day, items.length])).toEqual([
    ['Today', 2],
    ['Yesterday', 1],
    ['November 3', 1],
    ['January 2, 2025', 1],
  ]);
});

it('names a model as a person does', () => {
  expect(modelTitle('openai:qwen3-4b@http://127.0.0.1:80/v1')).toBe('qwen3-4b');
  expect(modelTitle('file:/models/Qwen3-4B-Q4.gguf')).toBe('Qwen3-4B-Q4');
  expect(modelTitle('none')).toBe('none');
});

import type { Job } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { changesOf, matching, titleOf, whenOf } from './job-words.ts';

const job: Job = {
  ...{ id: '3f2a1b4c-0000', kind: 'turn', label: '', state: 'done', priority: 0, payload: { text: 'fix it\nnow' } },
  retry: { attempts: 3, delayMs: 1000, maxDelayMs: 3_600_000, jitter: 0.5 },
  ...{ attempts: 1, timeoutMs: 3_600_000, createdAt: 0, runAt: 0, startedAt: 1000, endedAt: 13_000 },
};

describe('a job in words', () => {
  it('is called by its label, by what it was given, by its kind', () => {
    expect(titleOf({ ...job, label: 'nightly' })).toBe('nightly');
    expect(titleOf(job)).toBe('fix it');
    expect(titleOf({ ...job, kind: 'completions', payload: {} })).toBe('Requests to a model 3f2a1b4c');
  });

  it('says when it runs, how often, or how long it took', () => {
    expect(whenOf(job, 73_000)).toBe('1 minute ago, took 12 s');
    expect(whenOf({ ...job, state: 'waiting', runAt: 3_600_000, cron: '0 3 * * *' }, 0)).toBe(
      'every day at 03:00; runs in 1 hour',
    );
    expect(whenOf({ ...job, state: 'waiting' }, 5)).toBe('waiting');
    expect(whenOf({ ...job, state: 'running', startedAt: 0 }, 30_000)).toBe('since 30 seconds ago');
  });

  it('is found by state, kind and words, those of its error too', () => {
    const dead: Job = {
      ...job,
      id: 'x',
      state: 'dead',
      kind: 'index',
      error: { code: 'TIMEOUT', message: 'Too long.', hint: '' },
    };
    const all = [job, dead];
    const filter = { state: undefined, kind: undefined, words: '' };
    expect(matching(all, filter)).toHaveLength(2);
    expect(matching(all, { ...filter, state: 'dead' })).toEqual([dead]);
    expect(matching(all, { ...filter, kind: 'turn' })).toEqual([job]);
    expect(matching(all, { ...filter, words: 'FIX timeout' })).toEqual([dead]);
    expect(changesOf(dead)).toEqual(['retry', 'remove']);
    expect(changesOf({ ...job, state: 'running' })).toEqual(['cancel']);
  });
});

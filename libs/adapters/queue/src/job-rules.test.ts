import { retrySchema } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCronTime, onlyId, retryWait } from './job-rules.ts';

describe('retryWait', () => {
  it('is never longer than the limit nor shorter than its fixed share', () => {
    const options = fc.record({
      delayMs: fc.integer({ min: 0, max: 86_400_000 }),
      maxDelayMs: fc.integer({ min: 0, max: 604_800_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 50 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (given, run, chance) => {
          const retry = retrySchema.parse(given);
          const wait = retryWait(retry, run, () => chance);
          const full = Math.min(retry.maxDelayMs, retry.delayMs * 2 ** (run - 1));
          expect(wait).toBeLessThanOrEqual(Math.ceil(full));
          expect(wait).toBeGreaterThanOrEqual(Math.floor(full * (1 - retry.jitter)));
        },
      ),
    );
  });
});

describe('nextCronTime', () => {
  const at = (text: string): number => new Date(text).getTime();

  it('takes five fields, or six with seconds first', () => {
    expect(nextCronTime('30 3 * * *', at('2026-11-21T02:00:00'))).toBe(at('2026-11-21T03:30:00'));
    expect(nextCronTime('30 3 * * *', at('2026-11-21T03:30:00'))).toBe(at('2026-11-22T03:30:00'));
    expect(nextCronTime('15 30 3 * * *', at('2026-11-21T02:00:00'))).toBe(at('2026-11-21T03:30:15'));
    expect(nextCronTime('0 9 * * 1', at('2026-11-21T02:00:00'))).toBe(at('2026-11-23T09:00:00'));
  });

  it.each(['0 0 30 2 *', '* * * * * * *', '99 * * * *', 'now'])('refuses "%s"', (line) => {
    expect(() => nextCronTime(line, 0)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
  });
});

describe('onlyId', () => {
  it('takes the whole id also where it begins another', () => {
    expect(onlyId('ab', ['ab', 'abc'])).toBe('ab');
    expect(() => onlyId('a', ['ab', 'abc'])).toThrow(/could be ab, abc\./u);
    expect(() => onlyId('x', [])).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });
});

import { describe, expect, it } from 'vitest';
import { startJoinedRun } from './joined-run.ts';

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function steps(count: number) {
  const seen: { made: number; ended: boolean } = { made: 0, ended: false };
  const run = async function* (signal: AbortSignal): AsyncGenerator<number> {
    try {
      for (let step = 1; step <= count && !signal.aborted; step += 1) {
        seen.made = step;
        yield step;
      }
    } finally {
      seen.ended = true;
    }
  };
  return { run, seen };
}

describe('startJoinedRun', () => {
  it('gives all readers the last value', async () => {
    const shared = startJoinedRun(steps(5).run);
    const [one, other] = await Promise.all([collect(shared.follow()), collect(shared.follow())]);
    expect(one).toEqual([1, 2, 3, 4, 5]);
    expect(other.at(-1)).toBe(5);
  });

  it('goes on for the others when one reader leaves, and stops when the last one does', async () => {
    const { run, seen } = steps(50);
    const shared = startJoinedRun(run);
    const other = shared.follow();
    await other.next();
    for await (const value of shared.follow()) if (value > 2) break;
    expect(seen.ended).toBe(false);
    await other.return();
    expect(seen.ended).toBe(true);
    expect(seen.made).toBeLessThan(50);
  });

  it('throws a failure to every reader, and never from `ended`', async () => {
    const shared = startJoinedRun<number>(async function* () {
      yield 1;
      throw new Error('broken');
    });
    const results = await Promise.allSettled([collect(shared.follow()), collect(shared.follow())]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await expect(shared.ended).resolves.toBeUndefined();
  });

  it('ends a waiting reader when its signal aborts', async () => {
    const shared = startJoinedRun<number>(async function* (signal) {
      yield 1;
      await new Promise<void>((resume) => {
        signal.addEventListener('abort', () => {
          resume();
        });
      });
    });
    const stop = new AbortController();
    const reading = collect(shared.follow(stop.signal));
    setTimeout(() => {
      stop.abort();
    }, 5);
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

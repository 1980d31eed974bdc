import { describe, expect, it } from 'vitest';
import { reportOf, stoppable } from './stoppable.ts';

type Item = { type: 'progress'; done: number } | { type: 'note'; done: number } | { type: 'result' };

describe('stoppable', () => {
  it('stops its work when it is returned while a next is waiting', async () => {
    let stopped = false;
    const stream = stoppable<Item>((signal) =>
      reportOf<Item>(
        () =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              stopped = true;
              reject(new Error('stopped'));
            });
          }),
      ),
    );
    const waiting = stream.next();
    await stream.return();
    expect(stopped).toBe(true);
    await expect(waiting).rejects.toThrow('stopped');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('hears of the caller’s signal', async () => {
    const abort = new AbortController();
    const stream = stoppable<Item>(async function* (signal) {
      yield { type: 'note', done: 1 };
      signal.throwIfAborted();
    }, abort.signal);
    await stream.next();
    abort.abort();
    await expect(stream.next()).rejects.toThrow();
  });
});

describe('reportOf', () => {
  it('gives the latest progress, everything else, and the result', async () => {
    const stream = reportOf<Item>(async (report) => {
      report({ type: 'progress', done: 1 });
      report({ type: 'progress', done: 2 });
      report({ type: 'note', done: 3 });
      report({ type: 'progress', done: 4 });
      return { type: 'result' };
    });
    const items: Item[] = [];
    for await (const item of stream) items.push(item);
    expect(items).toEqual([
      { type: 'progress', done: 2 },
      { type: 'note', done: 3 },
      { type: 'progress', done: 4 },
      { type: 'result' },
    ]);
  });

  it('throws a failure after what was reported', async () => {
    const stream = reportOf<Item>(async (report) => {
      report({ type: 'note', done: 1 });
      throw new Error('broken');
    });
    expect((await stream.next()).value).toEqual({ type: 'note', done: 1 });
    await expect(stream.next()).rejects.toThrow('broken');
  });
});

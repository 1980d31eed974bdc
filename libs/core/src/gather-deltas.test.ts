import { describe, expect, it } from 'vitest';
import { gatherDeltas } from './gather-deltas.ts';

type Step = { type: 'text-delta'; text: string } | { type: 'tool-call'; name: string };

const text = (value: string): Step => ({ type: 'text-delta', text: value });
const call = (name: string): Step => ({ type: 'tool-call', name });

async function collect(source: AsyncGenerator<Step, string>, signal?: AbortSignal) {
  const batches: Step[][] = [];
  const gathered = gatherDeltas(source, { windowMs: 5, graceMs: 5, ...(signal && { signal }) });
  let next = await gathered.next();
  for (; !next.done; next = await gathered.next()) batches.push(next.value);
  return { batches, value: next.value };
}

describe('gatherDeltas', () => {
  it('joins text that arrives together and keeps the order around other events', async () => {
    const { batches, value } = await collect(
      (async function* () {
        yield text('a');
        yield text('b');
        yield call('search');
        yield text('c');
        return 'end';
      })(),
    );
    expect(batches.flat()).toEqual([text('ab'), call('search'), text('c')]);
    expect(value).toBe('end');
  });

  it('gives text through after the window, though nothing follows', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const gathered = gatherDeltas(
      (async function* () {
        yield text('first');
        await held;
        return 'end';
      })(),
      { windowMs: 1, graceMs: 5 },
    );
    expect((await gathered.next()).value).toEqual([text('first')]);
    release();
    expect(await gathered.next()).toEqual({ done: true, value: 'end' });
  });

  it('leaves a source behind that does not end when it is cancelled, and keeps what it said', async () => {
    const abort = new AbortController();
    const { batches, value } = await collect(
      (async function* () {
        yield text('said');
        abort.abort();
        await new Promise(() => {});
        return 'never';
      })(),
      abort.signal,
    );
    expect(batches.flat()).toEqual([text('said')]);
    expect(value).toBeUndefined();
  });

  it('takes the end of a source that ends in time when it is cancelled', async () => {
    const abort = new AbortController();
    const { value } = await collect(
      (async function* () {
        yield text('said');
        abort.abort();
        return 'ended by itself';
      })(),
      abort.signal,
    );
    expect(value).toBe('ended by itself');
  });

  it('gives what was said before a failure', async () => {
    const gathered = gatherDeltas(
      (async function* (): AsyncGenerator<Step, string> {
        yield text('said ');
        yield text('before');
        throw new Error('broken');
      })(),
      { windowMs: 10_000, graceMs: 5 },
    );
    expect((await gathered.next()).value).toEqual([text('said before')]);
    await expect(gathered.next()).rejects.toThrow('broken');
  });

  it('passes a failure on', async () => {
    await expect(
      collect(
        (async function* (): AsyncGenerator<Step, string> {
          yield text('a');
          throw new Error('broken');
        })(),
      ),
    ).rejects.toThrow('broken');
  });
});

import { NootropicError, type Assistant } from '@nootropic/contracts';
import { describe, expect, it, vi } from 'vitest';
import { createTransfers } from './transfers-store.ts';

function keeper(first: unknown = undefined) {
  let kept = first;
  return { read: () => kept, write: (_key: string, value: unknown) => void (kept = value) };
}
const model = { name: 'tiny' } as never;

/** A source of a model that sends half and then waits until it is ended. */
function world(keep = keeper()) {
  const asked: string[] = [];
  const pull = async ({ ref }: { ref: string }, options?: { signal?: AbortSignal | undefined }) =>
    (async function* () {
      asked.push(ref);
      yield { type: 'resolved' as const, ref, bytes: 100, license: 'mit' };
      yield { type: 'progress' as const, done: 50, total: 100 };
      if (asked.length === 1) {
        await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
        throw new NootropicError('ABORTED');
      }
      yield { type: 'pulled' as const, model };
    })();
  const assistant = { models: { pull } } as unknown as Assistant;
  return { asked, keep, transfers: createTransfers({ assistant, keep, now: () => 0 }) };
}

describe('transfers', () => {
  it('stop where they were, are kept so, and go on to their end', async () => {
    const { transfers, keep, asked } = world();
    const only = () => transfers.store.getState().transfers[0];
    transfers.pull('hf:a', 'a');
    transfers.pull('hf:a', 'a');
    await vi.waitFor(() => expect(only()).toMatchObject({ state: 'running', done: 50, license: 'mit' }));
    transfers.stop('hf:a');
    await vi.waitFor(() => expect(only()?.state).toBe('interrupted'));
    expect(keep.read()).toEqual([{ ref: 'hf:a', name: 'a', done: 50, total: 100 }]);
    expect(asked).toHaveLength(1);

    transfers.again('hf:a');
    await vi.waitFor(() =>
      expect(transfers.store.getState()).toMatchObject({ arrived: 1, transfers: [{ state: 'done' }] }),
    );
    expect(keep.read()).toEqual([]);
    transfers.forget('hf:a');
    expect(transfers.store.getState().transfers).toEqual([]);
  });

  it('are there again after the page was closed over them, and what is no transfer is not', () => {
    const kept = [{ ref: 'hf:a', name: 'a', done: 5, total: 9 }, { done: 3 }, 'x', { ref: 'hf:b', done: -1 }];
    const { transfers } = world(keeper(kept));
    expect(transfers.store.getState().transfers).toMatchObject([
      { ref: 'hf:a', state: 'interrupted', done: 5, total: 9 },
      { ref: 'hf:b', name: 'hf:b', state: 'interrupted', done: 0 },
    ]);
  });
});

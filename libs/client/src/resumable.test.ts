import { NootropicError, type Assistant, type SendInput, type TurnEvent } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resumable } from './resumable.ts';

const lost = () => new NootropicError('HOST_UNREACHABLE');

/** A host whose turns have so many events, and a wire that breaks when it is told to. */
function createHost(length: number) {
  const asked: SendInput[] = [];
  const log: TurnEvent[] = [];
  let stopped = 0;
  let sessionId = '';
  let isGone = false;
  /** Events that pass before the wire breaks, for one connection after the other; then it holds. */
  const breaks: number[] = [];
  const waits: number[] = [];
  const event = (seq: number): TurnEvent => {
    const base = { seq, sessionId, turnId: 't', time: 0 };
    if (stopped > 0)
      return { ...base, type: 'turn-end', reason: 'aborted', text: '', citations: [] } as unknown as TurnEvent;
    if (seq === 1 && length > 1)
      return { ...base, type: 'turn-start', text: 'q', agent: 'a', workspace: '/w', time: Infinity };
    if (seq < length) return { ...base, type: 'text-delta', text: `${seq}` } as TurnEvent;
    return { ...base, type: 'turn-end', reason: 'done', text: '', citations: [] } as unknown as TurnEvent;
  };
  async function* wire(after: number): AsyncGenerator<TurnEvent> {
    const limit = breaks.shift() ?? Infinity;
    for (let seq = after + 1, sent = 0; seq <= length; seq += 1, sent += 1) {
      await Promise.resolve();
      if (sent >= limit) throw lost();
      if (isGone) return;
      const next = log[seq - 1] ?? event(seq);
      log[seq - 1] = next;
      yield next;
      if (next.type === 'turn-end') return;
    }
  }
  const assistant = {
    send: async (input: SendInput) => {
      asked.push(input);
      sessionId = input.sessionId ?? input.newSessionId ?? 'own';
      if (breaks[0] === -1) {
        breaks.shift();
        throw lost();
      }
      return wire(0);
    },
    turns: {
      list: async () => (asked.length > 0 ? [{ sessionId, turnId: 't', startedAt: 1, readers: 0 }] : []),
      resume: async ({ after = 0 }: { after?: number }) => {
        if (breaks[0] === -1) {
          breaks.shift();
          throw lost();
        }
        return wire(after);
      },
      stop: async () => ({ stopped: (stopped += 1) === 1 }),
    },
    doctor: async () => [],
  } as unknown as Assistant;
  const wait = async (ms: number) => void waits.push(ms);
  return {
    ...{ asked, breaks, waits, log, assistant },
    client: resumable(assistant, { wait }),
    stopped: () => stopped,
    end: () => (isGone = true),
  };
}

const ask = { workspace: '/w', text: 'q' };

async function seqs(stream: AsyncIterable<TurnEvent>): Promise<number[]> {
  const all: number[] = [];
  for await (const { seq } of stream) all.push(seq);
  return all;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a turn over a wire that breaks', () => {
  it('gives every event once', async () => {
    const { client, breaks, asked } = createHost(20);
    breaks.push(3, 0, 5, -1, 1);
    expect(await seqs(await client.send(ask))).toEqual(upTo(20));
    expect(asked).toMatchObject([{ keepSeconds: 30, newSessionId: expect.any(String) as string }]);
  });

  it('is found where not even the answer to its request arrived, in a new session and in an old one', async () => {
    for (const input of [ask, { ...ask, sessionId: 's' }]) {
      const { client, breaks, asked } = createHost(4);
      breaks.push(-1);
      expect(await seqs(await client.send(input))).toEqual(upTo(4));
      expect(asked).toHaveLength(1);
    }
  });

  it('is given up after six tries in a row, each waited for longer', async () => {
    const { client, breaks, waits } = createHost(9);
    breaks.push(2, ...Array.from({ length: 9 }, () => -1));
    const stream = await client.send(ask);
    expect([await stream.next(), await stream.next()]).toMatchObject([{ value: { seq: 1 } }, { value: { seq: 2 } }]);
    await expect(stream.next()).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
    expect(waits).toEqual([100, 200, 400, 800, 1600]);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('is said to be gone where the host ended meanwhile', async () => {
    const { client, breaks, end } = createHost(9);
    breaks.push(2);
    const stream = await client.send(ask);
    await stream.next();
    await stream.next();
    end();
    await expect(stream.next()).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
      message: 'The host ended while the turn ran; what was shown is in the session.',
    });
  });

  it('is ended at the host when its reader returns it', async () => {
    const { client, stopped } = createHost(9);
    for await (const event of await client.send(ask)) if (event.seq === 2) break;
    expect(stopped()).toBe(1);
  });

  it('gives its last events after an abort', async () => {
    const { client, stopped, log } = createHost(9);
    const abort = new AbortController();
    const stream = await client.send(ask, { signal: abort.signal });
    await stream.next();
    abort.abort();
    expect(await seqs(stream)).toEqual([2]);
    expect(log.at(-1)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
    expect(stopped()).toBe(1);
  });

  it('is what the assistant gives where nothing is to be kept', async () => {
    const { client, breaks, asked } = createHost(9);
    breaks.push(2);
    await expect(seqs(await client.send({ ...ask, keepSeconds: 0 }))).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
    });
    expect(asked).toEqual([{ ...ask, keepSeconds: 0 }]);
  });

  it('leaves the rest of the assistant as it is, and what a host refuses', async () => {
    const { client } = createHost(1);
    expect(await client.doctor({ workspace: '/w' })).toEqual([]);
    const refusing = { send: async () => Promise.reject(new NootropicError('DENIED')) } as unknown as Assistant;
    await expect(resumable(refusing).send(ask)).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('gives every event once, wherever it breaks, 1,000 times', async () => {
    const cuts = fc.array(fc.integer({ min: -1, max: 6 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), cuts, fc.boolean(), async (length, broken, isNew) => {
        const { client, breaks } = createHost(length);
        breaks.push(...broken);
        // Where only its last event is left of it, nobody can say which turn of a session it was.
        const sent = isNew || length === 1 ? ask : { ...ask, sessionId: 's' };
        expect(await seqs(await client.send(sent))).toEqual(upTo(length));
      }),
      { numRuns: 1_000, seed: 6 },
    );
  });
});

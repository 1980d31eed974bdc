import type { SendInput, TurnEvent } from '@nootropic/contracts';
import { createMemorySessionLog, createSeededRandom } from '@nootropic/testing';
import { describe, expect, it } from 'vitest';
import { createLiveTurns, type LiveTurns } from './live-turns.ts';

const workspace = '/w';
const input = (keepSeconds: number, sessionId = 's'): SendInput => ({ workspace, text: 'q', sessionId, keepSeconds });

/** Milliseconds that a test moves on by itself. */
function createClock() {
  const due = new Set<{ readonly at: number; readonly call: () => void }>();
  let time = 0;
  return {
    now: () => time,
    later: (ms: number, call: () => void) => {
      const entry = { at: time + ms, call };
      due.add(entry);
      return () => void due.delete(entry);
    },
    pass(ms: number) {
      time += ms;
      for (const entry of [...due]) if (entry.at <= time && due.delete(entry)) entry.call();
    },
  };
}

/** Waits until everything that can happen by itself has happened. */
const settled = async () => new Promise((resolve) => setImmediate(resolve));

async function createSubject(options: { readonly held?: number } = {}) {
  const sessions = createMemorySessionLog();
  await sessions.create({ id: 's', workspace, title: '', createdAt: 0 });
  const clock = createClock();
  /** Lets the turn say one more thing; the last lets it end. */
  const steps: ((end?: 'end') => void)[] = [];
  let turns = 0;
  async function* open({ sessionId = 's' }: SendInput, signal: AbortSignal): AsyncGenerator<TurnEvent> {
    const turnId = `turn-${(turns += 1)}`;
    const write = async (body: object): Promise<TurnEvent> => {
      for (;;) {
        const { events } = await sessions.find(sessionId);
        const event = { ...body, seq: events + 1, sessionId, turnId, time: clock.now() } as TurnEvent;
        // Another turn of the session may have been quicker.
        const isWritten = await sessions.append(sessionId, [event]).then(
          () => true,
          () => false,
        );
        if (isWritten) return event;
      }
    };
    yield write({ type: 'turn-start', text: 'q', agent: 'answer', workspace });
    for (let count = 1; ; count += 1) {
      const next = await new Promise<'go' | 'end'>((resolve) => {
        if (signal.aborted) resolve('end');
        signal.addEventListener('abort', () => resolve('end'), { once: true });
        steps.push((how) => resolve(how ?? 'go'));
      });
      if (next === 'end') break;
      yield write({ type: 'text-delta', text: `${turnId} ${count}` });
    }
    yield write({ type: 'turn-end', reason: signal.aborted ? 'aborted' : 'done', text: '', citations: [] });
  }
  const live = createLiveTurns({ sessions, open, now: clock.now, later: clock.later, ...options });
  const say = async (times = 1) => {
    for (let each = 0; each < times; each += 1) {
      for (const step of steps.splice(0)) step();
      await settled();
    }
  };
  const end = async () => {
    for (const step of steps.splice(0)) step('end');
    await settled();
  };
  return { live, sessions, clock, say, end, steps };
}

async function collect(stream: AsyncIterable<TurnEvent>, into: TurnEvent[] = []): Promise<TurnEvent[]> {
  for await (const event of stream) into.push(event);
  return into;
}

const seqs = (events: readonly TurnEvent[]) => events.map(({ seq }) => seq);
const last = (events: readonly TurnEvent[]) => events.at(-1);

async function start(live: LiveTurns, keepSeconds: number) {
  const stream = live.send(input(keepSeconds));
  const { value: first } = await stream.next();
  return { stream, first };
}

describe('a turn whose reader goes', () => {
  it('ends at once without keepSeconds, and says so in the session', async () => {
    const { live, sessions, say } = await createSubject();
    const { stream } = await start(live, 0);
    await say();
    await stream.return();
    expect(last(await sessions.read('s'))).toMatchObject({ type: 'turn-end', reason: 'aborted' });
    expect(await live.turns.list()).toEqual([]);
  });

  it('goes on for keepSeconds, and then ends', async () => {
    const { live, sessions, say, clock } = await createSubject();
    const { stream } = await start(live, 30);
    await stream.return();
    await say(2);
    expect(await live.turns.list()).toEqual([{ sessionId: 's', turnId: 'turn-1', startedAt: 0, readers: 0 }]);
    clock.pass(29_999);
    await say();
    expect(last(await sessions.read('s'))).toMatchObject({ type: 'text-delta', text: 'turn-1 3' });
    clock.pass(1);
    await settled();
    expect(last(await sessions.read('s'))).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });

  it('is not ended any more once it is taken up again, and the seconds are counted anew', async () => {
    const { live, sessions, say, end, clock } = await createSubject();
    const { stream } = await start(live, 30);
    await stream.return();
    clock.pass(20_000);
    const resumed = await live.turns.resume({ sessionId: 's', after: 0 });
    await resumed.next();
    clock.pass(60_000);
    await say();
    await resumed.return?.();
    clock.pass(20_000);
    await end();
    expect(last(await sessions.read('s'))).toMatchObject({ type: 'turn-end', reason: 'done' });
  });

  it('takes an abort of the signal for a drop where it is kept, else for a stop that still gives the last events', async () => {
    const { live, say } = await createSubject();
    const gone = new AbortController();
    const kept = live.send(input(30), gone.signal);
    await kept.next();
    const waiting = kept.next();
    gone.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await live.turns.list()).toHaveLength(1);
    await live.turns.stop({ sessionId: 's' });

    const stop = new AbortController();
    const stopped = live.send(input(0), stop.signal);
    await stopped.next();
    await say();
    stop.abort();
    expect(last(await collect(stopped))).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });
});

describe('resuming', () => {
  it('gives what was written after an event from the log, then what is new, until the turn ends', async () => {
    const { live, sessions, say, end } = await createSubject();
    const { stream } = await start(live, 30);
    await stream.return();
    await say(2);
    const resumed = collect(await live.turns.resume({ sessionId: 's', after: 1 }));
    await say(2);
    await end();
    expect(await resumed).toEqual((await sessions.read('s')).slice(1));
  });

  it('of a session in which nothing runs gives its log and ends', async () => {
    const { live, sessions, say, end } = await createSubject();
    const all = collect(live.send(input(0)));
    await settled();
    await say();
    await end();
    expect(await collect(await live.turns.resume({ sessionId: 's', after: 1 }))).toEqual((await all).slice(1));
    await expect(live.turns.resume({ sessionId: 'none' })).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    expect(await live.turns.stop({ sessionId: 's' })).toEqual({ stopped: false });
    expect(await sessions.list()).toHaveLength(1);
  });

  it('lets several read at once, the slow ones too, from a memory that is bounded', async () => {
    const { live, sessions, say, end } = await createSubject({ held: 3 });
    const { stream, first } = await start(live, 30);
    const quick = collect(await live.turns.resume({ sessionId: 's' }));
    const slow = await live.turns.resume({ sessionId: 's' });
    await slow.next();
    await say(20);
    await end();
    const log = await sessions.read('s');
    expect(await quick).toEqual(log);
    expect(seqs(await collect(slow))).toEqual(seqs(log.slice(1)));
    expect(await collect(stream, [first as TurnEvent])).toEqual(log);
  });

  it('waits for a turn that is about to begin', async () => {
    const { live, end } = await createSubject();
    const stream = live.send(input(30));
    const first = stream.next();
    const resumed = collect(await live.turns.resume({ sessionId: 's', after: 0 }));
    await first;
    await end();
    expect(seqs(await resumed)).toEqual([1, 2]);
  });

  it('stops a turn for all of its readers, with its last event', async () => {
    const { live, say } = await createSubject();
    const { stream } = await start(live, 30);
    const other = collect(await live.turns.resume({ sessionId: 's' }));
    await say();
    expect(await live.turns.stop({ sessionId: 's' })).toEqual({ stopped: true });
    for (const events of [await collect(stream), await other])
      expect(last(events)).toMatchObject({ type: 'turn-end', reason: 'aborted' });
  });

  it('throws to who reads what ends a turn without an event', async () => {
    const sessions = createMemorySessionLog();
    const live = createLiveTurns({
      sessions,
      open: async function* () {
        await Promise.resolve();
        throw new Error('the disk is gone');
      },
      now: () => 0,
    });
    await expect(live.send(input(0)).next()).rejects.toThrow('the disk is gone');
  });
});

/** Readers of up to two turns of one session that come and go as they like. Gives the runs in which one was given anything but the log. */
async function runDrops(count: number, seed: number): Promise<{ run: number; wrong: string[]; drops: number }> {
  const random = createSeededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const wrong: string[] = [];
  let drops = 0;
  for (let run = 1; run <= count; run += 1) {
    const { live, sessions, say, end } = await createSubject({ held: 1 + below(6) });
    const turns = 1 + below(2);
    const senders: TurnEvent[][] = [];
    const pending: Promise<unknown>[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const mine: TurnEvent[] = [];
      senders.push(mine);
      pending.push(collect(live.send(input(3600)), mine));
    }
    await settled();
    const readers = Array.from({ length: 1 + below(3) }, () => ({
      seen: [] as TurnEvent[],
      stream: undefined as AsyncIterator<TurnEvent> | undefined,
    }));
    for (let step = 0; step < 12; step += 1) {
      for (const reader of readers) {
        const lastSeen = reader.seen.at(-1)?.seq ?? 0;
        reader.stream ??= await live.turns.resume({ sessionId: 's', after: lastSeen });
        const { events } = await sessions.find('s');
        // It never waits here, so that a step can follow; how far it reads is left to chance.
        for (let reads = Math.min(below(4), events - lastSeen); reads > 0; reads -= 1) {
          const { value, done } = await reader.stream.next();
          if (done === true) break;
          reader.seen.push(value as TurnEvent);
        }
        if (below(3) > 0) continue;
        drops += 1;
        await reader.stream.return?.();
        reader.stream = undefined;
      }
      await say();
    }
    await end();
    await Promise.all(pending);
    const log = JSON.stringify(await sessions.read('s'));
    for (const { seen, stream } of readers) {
      if (stream)
        for (let next = await stream.next(); next.done !== true; next = await stream.next()) seen.push(next.value);
      await collect(await live.turns.resume({ sessionId: 's', after: seen.at(-1)?.seq ?? 0 }), seen);
      if (JSON.stringify(seen) !== log) wrong.push(`run ${run}: ${seqs(seen).join(' ')}`);
    }
    const sent = senders.flat().sort((a, b) => a.seq - b.seq);
    if (JSON.stringify(sent) !== log) wrong.push(`run ${run}, sent: ${seqs(sent).join(' ')}`);
    if ((await live.turns.list()).length > 0) wrong.push(`run ${run}: a turn is left`);
  }
  return { run: count, wrong, drops };
}

it('gives every reader exactly the log, however often it is dropped and comes back, 1,000 times', async () => {
  const { run, wrong, drops } = await runDrops(1_000, 6);
  expect(wrong).toEqual([]);
  expect({ run, isDropped: drops > 1_000 }).toEqual({ run: 1_000, isDropped: true });
}, 60_000);

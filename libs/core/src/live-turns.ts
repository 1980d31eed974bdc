import type { Assistant, SendInput, SessionLog, TurnEvent } from '@nootropic/contracts';

export interface LiveTurnsPorts {
  readonly sessions: Pick<SessionLog, 'find' | 'read'>;
  /** Takes a turn. What it yields is in the session log already. */
  readonly open: (input: SendInput, signal: AbortSignal) => AsyncIterable<TurnEvent>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, and gives what calls it off. Default: real time. */
  readonly later?: (ms: number, call: () => void) => () => void;
  /** Events of a session that are held for its readers; who is further behind is given them from the log. Default 512. */
  readonly held?: number;
}

export interface LiveTurns extends Pick<Assistant, 'turns'> {
  /**
   * Begins a turn, once the stream is first read. Where the stream is returned before its end, the turn goes on for `keepSeconds` without a
   * reader, and what waits for a person waits that long; without `keepSeconds` it ends at once. An abort of the signal is the same as a return where
   * there are `keepSeconds`; else it ends the turn, and the stream still gives its last events.
   */
  send(input: SendInput, signal?: AbortSignal): AsyncGenerator<TurnEvent, void, void>;
}

/** A turn that runs. */
interface Running {
  readonly startedAt: number;
  readonly keepMs: number;
  readonly abort: AbortController;
  /** Its first event is there, or it ended without one. */
  readonly begun: PromiseWithResolvers<void>;
  readonly over: PromiseWithResolvers<void>;
  first: TurnEvent | undefined;
  /** From its first event on. */
  feed: Feed | undefined;
  failure: { readonly cause: unknown } | undefined;
  isOver: boolean;
  readers: number;
  /** Calls its end off, where one is near since nobody reads it. */
  spare: () => void;
}

/** The newest events of a session, of all its turns that run here, in the order in which they came. */
interface Feed {
  readonly events: TurnEvent[];
  /** No event up to this one is held any more. */
  gone: number;
  readonly turns: Set<Running>;
  readonly waiting: Set<() => void>;
}

/**
 * Turns that run, whoever reads them: each goes on by itself, and any number of readers follow. The session log is the truth: a reader that comes
 * later, or falls behind, reads there what is not held any more, so that each gets every event in its order, and none twice.
 */
export function createLiveTurns(ports: LiveTurnsPorts): LiveTurns {
  const { sessions, now, later = laterInRealTime, held = 512 } = ports;
  const feeds = new Map<string, Feed>();
  /** Turns that have not said anything yet, with the session that each is of, where that is known. */
  const opening = new Map<Running, string | undefined>();

  /** The feed of a turn's session, from its first event on. */
  const enter = (turn: Running, first: TurnEvent): Feed => {
    const feed = feeds.get(first.sessionId) ?? {
      events: [],
      gone: first.seq - 1,
      turns: new Set<Running>(),
      waiting: new Set<() => void>(),
    };
    feeds.set(first.sessionId, feed);
    feed.turns.add(turn);
    opening.delete(turn);
    turn.first = first;
    turn.feed = feed;
    turn.begun.resolve();
    return feed;
  };

  const run = async (turn: Running, input: SendInput): Promise<void> => {
    try {
      for await (const event of ports.open(input, turn.abort.signal)) {
        const feed = turn.feed ?? enter(turn, event);
        feed.events.push(event);
        while (feed.events.length > held) feed.gone = Math.max(feed.gone, feed.events.shift()?.seq ?? 0);
        wake(feed);
      }
    } catch (cause) {
      turn.failure = { cause };
    }
    turn.isOver = true;
    opening.delete(turn);
    turn.spare();
    if (turn.feed && turn.first) {
      turn.feed.turns.delete(turn);
      if (turn.feed.turns.size === 0) feeds.delete(turn.first.sessionId);
      wake(turn.feed);
    }
    turn.begun.resolve();
    turn.over.resolve();
  };

  const begin = (input: SendInput): Running => {
    const turn: Running = {
      startedAt: now(),
      keepMs: (input.keepSeconds ?? 0) * 1000,
      abort: new AbortController(),
      begun: Promise.withResolvers(),
      over: Promise.withResolvers(),
      ...{ first: undefined, feed: undefined, failure: undefined, isOver: false, readers: 0, spare: () => undefined },
    };
    opening.set(turn, input.sessionId ?? input.newSessionId);
    void run(turn, input);
    return turn;
  };

  /** A session by its id, once the turn that is about to begin in it has begun. */
  const find = async (sessionId: string): Promise<string> => {
    const coming = [...opening].filter(([, session]) => session === sessionId);
    await Promise.all(coming.map(([{ begun }]) => begun.promise));
    return (await sessions.find(sessionId)).id;
  };

  const join = (turn: Running): void => {
    turn.readers += 1;
    turn.spare();
  };
  const leave = (turn: Running): void => {
    turn.readers -= 1;
    if (turn.isOver || turn.readers > 0 || turn.keepMs === 0) return;
    turn.spare = later(turn.keepMs, () => turn.abort.abort());
  };

  return {
    send(input, signal) {
      let turn: Running | undefined;
      const isKept = (input.keepSeconds ?? 0) > 0;
      const stream = reading(
        async function* (dropped) {
          const mine = begin(input);
          turn = mine;
          join(mine);
          const onAbort = () => void (isKept ? stream.return() : mine.abort.abort());
          if (signal?.aborted) onAbort();
          signal?.addEventListener('abort', onAbort, { once: true });
          try {
            await Promise.race([mine.begun.promise, aborted(dropped)]);
            if (mine.feed && mine.first)
              yield* ownEvents(sessions, { turn: mine, feed: mine.feed, first: mine.first, dropped });
            if (mine.failure && !dropped.aborted) throw mine.failure.cause;
          } finally {
            signal?.removeEventListener('abort', onAbort);
          }
        },
        async () => {
          if (!turn) return;
          leave(turn);
          if (isKept || turn.isOver) return;
          turn.abort.abort();
          await turn.over.promise;
        },
      );
      return stream;
    },
    turns: {
      list: async () =>
        [...feeds.values()].flatMap(({ turns }) =>
          [...turns].flatMap(({ first, startedAt, readers }) =>
            first ? [{ sessionId: first.sessionId, turnId: first.turnId, startedAt, readers }] : [],
          ),
        ),
      async resume({ sessionId, after = 0 }, { signal } = {}) {
        const id = await find(sessionId);
        const joined: Running[] = [];
        const stream = reading(
          async function* (dropped) {
            const onAbort = () => void stream.return();
            if (signal?.aborted) return;
            signal?.addEventListener('abort', onAbort, { once: true });
            try {
              const feed = feeds.get(id);
              for (const turn of feed?.turns ?? []) {
                join(turn);
                joined.push(turn);
              }
              yield* allEvents(sessions, { sessionId: id, feed, after, dropped });
            } finally {
              signal?.removeEventListener('abort', onAbort);
            }
          },
          () => joined.forEach(leave),
        );
        return stream;
      },
      async stop({ sessionId }) {
        const id = await find(sessionId);
        const turns = [...(feeds.get(id)?.turns ?? [])];
        for (const turn of turns) turn.abort.abort();
        await Promise.all(turns.map(({ over }) => over.promise));
        return { stopped: turns.length > 0 };
      },
    },
  };
}

/** The events of one turn, from its first to its last. */
async function* ownEvents(
  sessions: LiveTurnsPorts['sessions'],
  of: { readonly turn: Running; readonly feed: Feed; readonly first: TurnEvent; readonly dropped: AbortSignal },
): AsyncGenerator<TurnEvent, void> {
  const { turn, feed, first, dropped } = of;
  const isMine = ({ turnId }: TurnEvent) => turnId === first.turnId;
  let last = first.seq - 1;
  while (!dropped.aborted) {
    const next = feed.gone > last ? undefined : feed.events.find((event) => event.seq > last && isMine(event));
    if (next) {
      last = next.seq;
      yield next;
    } else if (feed.gone > last) {
      for (const event of await sessions.read(first.sessionId, last)) {
        if (dropped.aborted) return;
        last = event.seq;
        if (isMine(event)) yield event;
      }
    } else if (turn.isOver) return;
    else await change(feed, dropped);
  }
}

/** The events of a session after one of them, then new ones until none of its turns runs here any more. */
async function* allEvents(
  sessions: LiveTurnsPorts['sessions'],
  of: {
    readonly sessionId: string;
    readonly feed: Feed | undefined;
    readonly after: number;
    readonly dropped: AbortSignal;
  },
): AsyncGenerator<TurnEvent, void> {
  const { sessionId, feed, after, dropped } = of;
  let last = after;
  while (!dropped.aborted) {
    const isOver = !feed || feed.turns.size === 0;
    const next = feed?.events.find(({ seq }) => seq === last + 1);
    if (next) {
      last = next.seq;
      yield next;
      continue;
    }
    // Where a number is missing, another program, or another turn that was quicker, has written to the session.
    const isBehind = feed !== undefined && (feed.gone > last || feed.events.some(({ seq }) => seq > last));
    if (isOver || isBehind) {
      for (const event of await sessions.read(sessionId, last)) {
        if (dropped.aborted) return;
        last = event.seq;
        yield event;
      }
      if (isOver) return;
    } else if (feed) await change(feed, dropped);
  }
}

/** Resolves with the next event, or the end of a turn, or when the reader has gone. */
async function change(feed: Feed, dropped: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stir = () => resolve();
  feed.waiting.add(stir);
  dropped.addEventListener('abort', stir, { once: true });
  await promise;
  feed.waiting.delete(stir);
  dropped.removeEventListener('abort', stir);
}

function wake(feed: Feed): void {
  for (const resolve of feed.waiting) resolve();
}

/** A stream whose reader may go at any moment, also while a `next` waits. `onLeft` is called once: when it has gone, or the stream has ended. */
function reading<T>(
  open: (dropped: AbortSignal) => AsyncGenerator<T, void>,
  onLeft: () => Promise<void> | void,
): AsyncGenerator<T, void, void> {
  const drop = new AbortController();
  const source = open(drop.signal);
  let leaving: Promise<void> | undefined;
  const leave = async (): Promise<void> => {
    leaving ??= Promise.resolve(onLeft());
    await leaving;
    drop.abort();
  };
  const stream: AsyncGenerator<T, void, void> = {
    async next() {
      try {
        const result = await source.next();
        if (result.done === true) await leave();
        return result;
      } catch (cause) {
        await leave();
        throw cause;
      }
    },
    async return() {
      await leave();
      return source.return();
    },
    async throw(cause) {
      await leave();
      return source.throw(cause);
    },
    [Symbol.asyncIterator]: () => stream,
    async [Symbol.asyncDispose]() {
      await stream.return();
    },
  };
  return stream;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function laterInRealTime(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
}

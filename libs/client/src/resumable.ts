import { NootropicError, type Assistant, type SendInput, type TurnEvent } from '@nootropic/contracts';

export interface ResumeOptions {
  /** How long the host goes on with a turn whose stream broke, in seconds. Default 30; 0: nothing is taken up again. What `send` is told itself wins. */
  readonly keepSeconds?: number;
  /** How often in a row a broken stream is tried to be taken up. Default 6: about three seconds. */
  readonly tries?: number;
  /** Waits so many milliseconds. Default: real time. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
}

/**
 * The same assistant, whose turns outlive the connection: where the stream of a `send` breaks, it is taken up where it broke off, so that the reader
 * gets every event of the turn once. After `tries` in vain, or where the turn is gone because the host ended, it is thrown as `HOST_UNREACHABLE`.
 * A reader that returns the stream, or aborts its signal, ends the turn, as in process: after an abort the last events still come.
 */
export function resumable(assistant: Assistant, options: ResumeOptions = {}): Assistant {
  const { keepSeconds: usual = 30, tries = 6, wait = waitReally, now = Date.now } = options;
  const send: Assistant['send'] = async (input, call) => {
    const keepSeconds = input.keepSeconds ?? usual;
    if (keepSeconds === 0) return assistant.send(input, call);
    // A new session gets its name here, so that it is known also where not even its first event arrives.
    const isNamed = input.sessionId !== undefined || input.newSessionId !== undefined;
    const asked = { ...input, keepSeconds, ...(!isNamed && { newSessionId: crypto.randomUUID() }) };
    return openTurn({ assistant, asked, tries, wait, sentAt: now() - clockMs }, call?.signal);
  };
  return new Proxy(assistant, {
    get(target, name, receiver): unknown {
      if (name === 'send') return send;
      // The client of the contract has a part of every name: without this, whoever awaits it would get what is below.
      return name === 'then' ? undefined : Reflect.get(target, name, receiver);
    },
  });
}

interface TurnAbout {
  readonly assistant: Assistant;
  readonly asked: SendInput;
  readonly tries: number;
  readonly wait: (ms: number) => Promise<void>;
  /** No turn that began before, in milliseconds since 1970, is this one. */
  readonly sentAt: number;
}

const firstWaitMs = 100;
/** How often a socket is opened for a request that cannot even be sent. */
const unsentTries = 2;
/** How often a turn is looked for in its session: it may only just be beginning. */
const mostSearches = 3;
const unarrived = 'The connection broke before the request came to the host; nothing was done.';
/** What the clocks of two processes may differ by, in milliseconds. */
const clockMs = 50;
const end = { done: true, value: undefined } as const;

async function openTurn(
  { assistant, asked, tries, wait, sentAt }: TurnAbout,
  signal: AbortSignal | undefined,
): Promise<AsyncGenerator<TurnEvent, void, void>> {
  const sessionId = asked.sessionId ?? asked.newSessionId ?? '';
  const drop = new AbortController();
  const { signal: dropped } = drop;
  let source: AsyncIterator<TurnEvent, unknown> | undefined;
  let turnId: string | undefined;
  /** The last number seen, also of events of other turns. */
  let after = 0;
  /** Since the last event. */
  let attempts = 0;
  let hasBroken = false;
  let isSought = false;
  let searches = 0;
  let isOver = false;
  let wasAborted = false;

  const close = (): void => {
    isOver = true;
    drop.abort();
    signal?.removeEventListener('abort', onAbort);
  };
  const stop = async (): Promise<'stopped' | 'none' | 'failed'> =>
    assistant.turns.stop({ sessionId }).then(
      ({ stopped }) => (stopped ? 'stopped' : 'none'),
      (cause: unknown) => (codeOf(cause) === 'SESSION_NOT_FOUND' ? 'none' : 'failed'),
    );
  const onAbort = (): void => {
    wasAborted = true;
    // Where the host cannot be told, it hears of it when nobody reads any more. Where it has not begun, it is told with the first event.
    void stop().then((how) => (how === 'failed' ? close() : undefined));
  };

  /** The turn from where it broke off; `undefined` where the host does not know that it ever began. */
  const resume = async (): Promise<AsyncIterator<TurnEvent, unknown> | undefined> => {
    // Which of an old session's turns it is has not been heard: it is looked for from the beginning.
    isSought = turnId === undefined && asked.sessionId !== undefined;
    try {
      return await assistant.turns.resume({ sessionId, after }, { signal: dropped });
    } catch (cause) {
      if (turnId === undefined && codeOf(cause) === 'SESSION_NOT_FOUND') return undefined;
      throw cause;
    }
  };
  /** Nobody else asks the same in the same session at the same moment. */
  const isMyStart = (event: TurnEvent): boolean =>
    event.type === 'turn-start' && 'text' in event && event.text === asked.text && event.time >= sentAt;
  const recover = async (broken: unknown): Promise<void> => {
    hasBroken = true;
    for (;;) {
      attempts += 1;
      if (attempts > tries || dropped.aborted) throw broken;
      if (attempts > 1) await wait(firstWaitMs * 2 ** (attempts - 2));
      try {
        source = await resume();
        // A new session has its name from here: where it came to be meanwhile after all, it cannot come to be twice.
        if (!source && asked.sessionId === undefined) source = await assistant.send(asked, { signal: dropped });
        if (source) return;
      } catch (cause) {
        if (codeOf(cause) !== 'HOST_UNREACHABLE') throw cause;
      }
    }
  };

  const next = async (): Promise<IteratorResult<TurnEvent, void>> => {
    while (!isOver && source) {
      let result: IteratorResult<TurnEvent, unknown>;
      try {
        result = await source.next();
      } catch (cause) {
        if (isOver) return end;
        const mayBeThere = hasBroken && turnId === undefined && attempts <= tries;
        if (codeOf(cause) !== 'HOST_UNREACHABLE' && !mayBeThere) throw cause;
        await recover(cause);
        continue;
      }
      if (result.done === true) {
        if (isSought && (searches += 1) < mostSearches) {
          await wait(firstWaitMs * searches);
          await recover(new NootropicError('HOST_UNREACHABLE', unarrived));
          continue;
        }
        const wasCut = hasBroken && !isOver;
        close();
        if (isSought) throw new NootropicError('HOST_UNREACHABLE', unarrived);
        if (wasCut)
          throw new NootropicError(
            'HOST_UNREACHABLE',
            'The host ended while the turn ran; what was shown is in the session.',
          );
        return end;
      }
      const event = result.value;
      attempts = 0;
      after = event.seq;
      if (isSought && !isMyStart(event)) continue;
      isSought = false;
      if (turnId !== undefined && event.turnId !== turnId) continue;
      if (turnId === undefined && wasAborted) onAbort();
      turnId = event.turnId;
      if (event.type === 'turn-end' || event.type === 'turn-error') close();
      return { done: false, value: event };
    }
    return end;
  };
  const leave = async (): Promise<void> => {
    if (isOver) return;
    await stop();
    close();
  };

  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  for (;;) {
    try {
      source = await assistant.send(asked, { signal: dropped });
      break;
    } catch (cause) {
      const fate = codeOf(cause) === 'HOST_UNREACHABLE' ? fateOf(cause) : 'answered';
      if (fate === 'answered' || fate === 'refused' || (fate === 'unsent' && (attempts += 1) > unsentTries))
        throw cause;
      if (fate === 'unsent') continue;
      await recover(cause);
      break;
    }
  }
  attempts = 0;

  const stream: AsyncGenerator<TurnEvent, void, void> = {
    async next() {
      try {
        return await next();
      } catch (cause) {
        close();
        throw cause;
      }
    },
    async return() {
      await leave();
      return end;
    },
    async throw(cause) {
      await leave();
      throw cause;
    },
    [Symbol.asyncIterator]: () => stream,
    [Symbol.asyncDispose]: leave,
  };
  return stream;
}

function codeOf(cause: unknown): string {
  return NootropicError.from(cause).code;
}

/** What became of a request that was not answered: nobody listens, it was never sent, or nobody knows. */
function fateOf(lost: unknown): 'refused' | 'unsent' | 'unknown' {
  for (let cause: unknown = lost; cause instanceof Error; cause = cause.cause) {
    if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'].includes(String(Reflect.get(cause, 'code'))))
      return 'refused';
    if (cause.message.startsWith('Cannot send message')) return 'unsent';
  }
  return 'unknown';
}

async function waitReally(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

import { NootropicError, type SessionLog, type TurnEvent, type TurnEventBody } from '@nootropic/contracts';

export interface Recorder {
  /** Gives the events their place in the session, writes them in one transaction, and returns them. */
  record(bodies: readonly TurnEventBody[]): Promise<TurnEvent[]>;
}

/** Times that another turn of the same session may be quicker before it is given up. */
const attempts = 100;

/**
 * The one place where an event gets its sequence number. What it returns is on the disk; only that is ever shown.
 *
 * Two turns of one session may run at once, in one program or in two: each event then takes the next number that is free when it is
 * written, so that the numbers have no gap and no turn is lost. Which turn an event is of, its `turnId` says.
 */
export function createRecorder(options: {
  readonly log: SessionLog;
  readonly sessionId: string;
  readonly turnId: string;
  readonly lastSeq: number;
  readonly now: () => number;
}): Recorder {
  const { log, sessionId, turnId, now } = options;
  let seq = options.lastSeq;
  return {
    async record(bodies) {
      if (bodies.length === 0) return [];
      for (let attempt = 1; ; attempt += 1) {
        const events = bodies.map((body, index): TurnEvent => ({
          ...body,
          seq: seq + index + 1,
          sessionId,
          turnId,
          time: now(),
        }));
        try {
          await log.append(sessionId, events);
          seq += events.length;
          return events;
        } catch (cause) {
          const last = await log.find(sessionId).then((session) => session.events);
          const overtaken = NootropicError.is(cause) && cause.code === 'INPUT_INVALID' && last !== seq;
          if (!overtaken || attempt >= attempts) throw cause;
          seq = last;
        }
      }
    },
  };
}

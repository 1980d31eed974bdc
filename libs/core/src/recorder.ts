import type { SessionLog, TurnEvent, TurnEventBody } from '@nootropic/contracts';

export interface Recorder {
  /** Gives the events their place in the session, writes them in one transaction, and returns them. */
  record(bodies: readonly TurnEventBody[]): Promise<TurnEvent[]>;
}

/** The one place where an event gets its sequence number. What it returns is on the disk; only that is ever shown. */
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
      const events = bodies.map((body, index): TurnEvent => ({
        ...body,
        seq: seq + index + 1,
        sessionId,
        turnId,
        time: now(),
      }));
      await log.append(sessionId, events);
      seq += events.length;
      return events;
    },
  };
}

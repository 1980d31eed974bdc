import {
  NootropicError,
  type Assistant,
  type Journal,
  type JournalOutcome,
  type SessionLog,
  type TurnEvent,
} from '@nootropic/contracts';
import { groupByTurn } from './prompt.ts';
import { createRecorder } from './recorder.ts';
import type { WorkplacePorts } from './workplace.ts';

export interface RewindPorts extends Pick<WorkplacePorts, 'workplace'> {
  readonly sessions: SessionLog;
  readonly now: () => number;
  readonly newId: () => string;
}

/**
 * Goes back to before a turn. Code first: of the turns that go, the newest is taken back first, and what somebody changed since is left
 * alone and named. Then the conversation: an event says that the turns are no part of the prompt any more; nothing is deleted from the log.
 */
export function createRewind(ports: RewindPorts): Assistant['sessions']['rewind'] {
  return async ({ id, turnId, what = 'both', force = false }) => {
    const session = await ports.sessions.find(id);
    const events = await ports.sessions.read(session.id);
    const gone = turnsFrom(events, turnId);
    const [toTurn] = gone;
    if (toTurn === undefined)
      throw new NootropicError('NOT_FOUND', `There is no turn ${turnId} in this session.`, {
        hint: `See \`nootropic sessions show ${session.id}\` for the turns that it has.`,
      });
    const code =
      what === 'conversation'
        ? undefined
        : await takeBack(await (await ports.workplace(session.workspace)).journal(), gone, force);
    const { record } = createRecorder({
      ...{ log: ports.sessions, sessionId: session.id, now: ports.now },
      turnId: ports.newId(),
      lastSeq: session.events,
    });
    if (what !== 'code') await record([{ type: 'rewind', toTurn, code: what === 'both' }]);
    return { session: await ports.sessions.find(session.id), ...(code && { code }) };
  };
}

/** The ids of the turns from this one on that are still part of the conversation, oldest first. */
function turnsFrom(events: readonly TurnEvent[], start: string): string[] {
  const ids = groupByTurn(events).flatMap(([first]) => (first === undefined ? [] : [first.turnId]));
  const exact = ids.indexOf(start);
  const found = exact >= 0 ? [exact] : ids.flatMap((each, index) => (each.startsWith(start) ? [index] : []));
  if (found.length > 1) throw new NootropicError('INPUT_INVALID', `Several turns begin with ${start}.`);
  return found[0] === undefined ? [] : ids.slice(found[0]);
}

async function takeBack(journal: Journal, turns: readonly string[], force: boolean): Promise<JournalOutcome> {
  const all = { steps: [], restored: [], conflicts: [], lost: [] } as {
    -readonly [K in keyof JournalOutcome]: JournalOutcome[K][number][];
  };
  for (const turnId of turns.toReversed()) {
    const outcome = await journal.undo({ turnId }, { force });
    all.steps.push(...outcome.steps);
    all.restored.push(...outcome.restored);
    all.conflicts.push(...outcome.conflicts);
    all.lost.push(...outcome.lost);
  }
  return all;
}

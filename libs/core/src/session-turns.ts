import { isKnownEvent, NootropicError, type TurnEvent } from '@nootropic/contracts';

/** The turns of a session in the order in which they began, those that it went back behind as well; each with all of its events. */
function everyTurn(events: readonly TurnEvent[]): Map<string, TurnEvent[]> {
  const turns = new Map<string, TurnEvent[]>();
  for (const event of events) {
    const turn = turns.get(event.turnId);
    if (turn) turn.push(event);
    else if (isKnownEvent(event) && event.type === 'turn-start') turns.set(event.turnId, [event]);
  }
  return turns;
}

/** The events of one turn, named by its id or a unique start of it. Throws `NOT_FOUND`, or `INPUT_INVALID` where several begin so. */
export function turnIn(events: readonly TurnEvent[], start: string, sessionId: string): TurnEvent[] {
  const turns = everyTurn(events);
  const exact = turns.get(start);
  if (exact) return exact;
  const [found, ...more] = start === '' ? [] : [...turns].filter(([id]) => id.startsWith(start));
  if (more.length > 0) throw new NootropicError('INPUT_INVALID', `Several turns begin with ${start}.`);
  if (found) return found[1];
  throw new NootropicError('NOT_FOUND', `There is no turn ${start} in this session.`, {
    hint: `See \`nootropic sessions show ${sessionId}\` for the turns that it has.`,
  });
}

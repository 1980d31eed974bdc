import type { TurnEvent } from '@nootropic/contracts';
import { afterEvent, emptyChat, type ChatState } from './chat-state.ts';

/** Turns of an old conversation that are shown again; what was before is counted only. */
const shownTurns = 6;

/**
 * A conversation as it stands after its events: turns that were gone back from are left out, and only the newest are shown.
 * `left`: how many turns are not.
 */
export function readPast(events: readonly TurnEvent[]): { readonly state: ChatState; readonly left: number } {
  const kept = withoutRewound(events);
  const turns = [...new Set(kept.map(({ turnId }) => turnId))];
  const shown = new Set(turns.slice(-shownTurns));
  const state = kept.filter(({ turnId }) => shown.has(turnId)).reduce(afterEvent, emptyChat);
  // A turn whose process was killed never ended; nobody works on it any more.
  return { state: { ...state, turn: undefined, asks: [], plan: [] }, left: turns.length - shown.size };
}

/** The events of the turns that were not gone back from. */
export function withoutRewound(events: readonly TurnEvent[]): TurnEvent[] {
  let kept: TurnEvent[] = [];
  for (const event of events) {
    if (event.type !== 'rewind') {
      kept.push(event);
      continue;
    }
    const at = kept.findIndex(({ turnId }) => turnId === event['toTurn']);
    if (at >= 0) kept = kept.slice(0, at);
  }
  return kept;
}

/** `1 turn`, `3 turns`. */
export function linesUp(count: number): string {
  return count === 1 ? '1 turn' : `${count} turns`;
}

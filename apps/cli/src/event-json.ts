import type { KnownTurnEvent, TurnEvent } from '@nootropic/contracts';

/** An event as a line of JSON tells it: without the bytes of pictures. */
export function eventJson(event: TurnEvent): TurnEvent {
  const known = event as KnownTurnEvent;
  if (known.type !== 'turn-start' || !known.attachments) return event;
  const attachments = known.attachments.map((each) => (each.kind === 'image' ? { ...each, data: '' } : each));
  return { ...known, attachments };
}

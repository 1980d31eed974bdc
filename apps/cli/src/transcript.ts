import type { Citation, KnownTurnEvent, TurnEvent } from '@nootropic/contracts';

/** One turn as it is read again later. */
export interface TranscriptTurn {
  readonly question: string;
  readonly time: number;
  readonly model: string;
  readonly answer: string;
  readonly citations: readonly Citation[];
  /** Empty when the turn came to its end; otherwise `interrupted`, or `failed CODE: message`. */
  readonly outcome: string;
}

/** Folds the events of a session into turns, in order. A turn without an end was cut off with its process. */
export function transcriptOf(events: readonly TurnEvent[]): TranscriptTurn[] {
  const turns = new Map<string, TurnEvent[]>();
  for (const event of events) {
    const turn = turns.get(event.turnId);
    if (turn) turn.push(event);
    else turns.set(event.turnId, [event]);
  }
  return [...turns.values()].map(turnOf);
}

function turnOf(events: readonly TurnEvent[]): TranscriptTurn {
  // Kinds of a newer version fall through every case below; that is all that skipping them takes.
  const known = events as readonly KnownTurnEvent[];
  let turn: TranscriptTurn = {
    question: '',
    time: events[0]?.time ?? 0,
    model: '',
    answer: '',
    citations: [],
    outcome: 'interrupted',
  };
  for (const event of known) {
    switch (event.type) {
      case 'turn-start':
        turn = { ...turn, question: event.text, time: event.time };
        break;
      case 'model-chosen':
        turn = { ...turn, model: event.model };
        break;
      case 'text-delta':
        turn = { ...turn, answer: turn.answer + event.text };
        break;
      case 'turn-end':
        turn = {
          ...turn,
          answer: event.text,
          citations: event.citations,
          outcome: event.reason === 'aborted' ? 'interrupted' : '',
        };
        break;
      case 'turn-error':
        turn = { ...turn, outcome: `failed ${event.error.code}: ${event.error.message}` };
        break;
      default:
        break;
    }
  }
  return turn;
}

/** `src/a.ts:12-40`, or `src/a.ts:12` for a single line. */
export function place({ path, startLine, endLine }: Pick<Citation, 'path' | 'startLine' | 'endLine'>): string {
  // A passage of a source: `guide:start.md:12` reads better than the whole path.
  const shown = path.replace(/^source:\/\/([^/]+)\//u, '$1:');
  return startLine === endLine ? `${shown}:${startLine}` : `${shown}:${startLine}-${endLine}`;
}

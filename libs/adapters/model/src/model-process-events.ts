import type { ModelEvent } from '@nootropic/contracts';

/** Pieces closer together than this go in one message. Each message wakes the host, and that costs the workers a core at a barrier. */
const windowMs = 25;
/** So often at most it is told how far a prompt has been read. */
const progressMs = 1_000;

/**
 * Gathers the events of a generation into few messages: the first piece at once, then one per 25 ms at most, with neighbouring pieces of text joined.
 * What is not text goes at once, with all that came before it;
 * but for the progress of a prompt, which is told once a second. What of it need not be read is always told.
 */
export function createEventBatch(
  send: (events: readonly ModelEvent[]) => void,
  now: () => number = () => performance.now(),
): { push(event: ModelEvent): void; flush(): void } {
  let held: ModelEvent[] = [];
  let sentAt = -Infinity;
  let progressAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (held.length === 0) return;
    const events = held;
    held = [];
    if (events.some(isPiece)) sentAt = now();
    send(events);
  };

  return {
    push(event) {
      if (event.type === 'prompt-progress' && event.reused === undefined) {
        if (now() - progressAt < progressMs) return;
        progressAt = now();
      }
      const last = held.at(-1);
      if (last?.type === event.type && isPiece(last) && isPiece(event)) held[held.length - 1] = joined(last, event);
      else held.push(event);
      if (!isPiece(event) || now() - sentAt >= windowMs) flush();
      else timer ??= setTimeout(flush, windowMs - (now() - sentAt));
    },
    flush,
  };
}

type Piece = Extract<ModelEvent, { type: 'text' | 'reasoning' }>;

function isPiece(event: ModelEvent): event is Piece {
  return event.type === 'text' || event.type === 'reasoning';
}

function joined(a: Piece, b: Piece): ModelEvent {
  if (a.type !== 'text' || b.type !== 'text') return { type: b.type, text: a.text + b.text };
  const logprobs = [...(a.logprobs ?? []), ...(b.logprobs ?? [])];
  return { type: 'text', text: a.text + b.text, ...(logprobs.length > 0 && { logprobs }) };
}

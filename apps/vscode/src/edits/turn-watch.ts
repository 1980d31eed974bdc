import type { turnEventSchema, TurnEvent } from '@nootropic/contracts';
import { createEventReader } from '../models/server-sent-events.ts';

/** What happened in a turn, and in which folder. */
export interface SeenEvent {
  readonly workspace: string;
  readonly event: TurnEvent;
}

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

export interface TurnWatch {
  /** Tells of every event of a turn that this window saw as it happened. Gives what ends it. */
  onEvent(listener: (seen: SeenEvent) => void): () => void;
  /** Asks the host as before. What its turns say is told to the listeners when it passes by, whoever of the window reads it. */
  watched(ask: Ask): Ask;
}

export interface TurnWatchOptions {
  /** The folder of a session that was not begun here. */
  readonly folder: () => string | undefined;
  /** Milliseconds since 1970. Default: the system's clock. */
  readonly now?: () => number;
  /** Gets what a listener throws: the stream goes on. */
  readonly onError: (cause: unknown) => void;
}

/** What the clocks of two processes may differ by, in milliseconds. */
const clockMs = 1_000;
const streams = ['/turns', '/turns/resume', '/git/review'];

/**
 * Watches turns from beside: whoever asks the host for one goes on as before. What happened before the watch began, and is only read again, such as the
 * history of a session, is not told.
 */
export function createTurnWatch({ folder, now = Date.now, onError }: TurnWatchOptions): TurnWatch {
  const listeners = new Set<(seen: SeenEvent) => void>();
  const folders = new Map<string, string>();
  /** The last event told, by session. */
  const told = new Map<string, number>();
  const since = now() - clockMs;

  const tell = (event: TurnEvent): void => {
    if (event.type === 'turn-start' && typeof event['workspace'] === 'string')
      folders.set(event.sessionId, event['workspace']);
    const workspace = folders.get(event.sessionId) ?? folder();
    // Two readers of one turn, such as the view and the tab of the chat, see the same events.
    if (workspace === undefined || event.time < since || event.seq <= (told.get(event.sessionId) ?? 0)) return;
    told.set(event.sessionId, event.seq);
    for (const listener of listeners)
      try {
        listener({ workspace, event });
      } catch (cause) {
        onError(cause);
      }
  };

  return {
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    watched: (ask) => async (path, init) => {
      const response = await ask(path, init);
      if (!streams.includes(path.split('?')[0] ?? '') || !response.ok || !response.body) return response;
      // Loaded with the first turn: the editor waits for what is loaded with the extension.
      const { turnEventSchema: schema } = await import('@nootropic/contracts');
      const read = createEventReader();
      const pass = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          for (const { event, data } of read(chunk)) {
            const seen = event === 'message' ? eventOf(data, schema) : undefined;
            if (seen) tell(seen);
          }
        },
      });
      const { status, statusText, headers } = response;
      return new Response(response.body.pipeThrough(pass), { status, statusText, headers });
    },
  };
}

/** The event in a message: of a turn it is the message itself, of a review it lies in it. */
function eventOf(data: string, schema: typeof turnEventSchema): TurnEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const inner = 'event' in value && 'type' in value && value.type === 'event' ? value.event : value;
  const parsed = schema.safeParse(inner);
  return parsed.success ? parsed.data : undefined;
}

import { NootropicError, type CompletionEvent, type CompletionInput } from '@nootropic/contracts';
import { beforeCloser, closedBy, type CachePlace } from './typing-cache.ts';
import type { TypingOptions } from './typing-types.ts';

type End = Extract<CompletionEvent, { type: 'end' }>;

/** A completion that a model writes. */
export interface Generation {
  readonly id: string;
  readonly place: CachePlace;
  readonly purpose: CompletionInput['purpose'];
  readonly startedAt: number;
  /** As far as it has come. */
  readonly text: string;
  readonly model: string;
  /** When its first text came, in milliseconds. */
  readonly firstTextAt: number | undefined;
  /** How it ended; `undefined` while it goes on. */
  readonly ended: { readonly end?: End; readonly error?: NootropicError } | undefined;
  /** Tokens written, as far as known: the host says it at the end, before that it is reckoned from the text. */
  readonly tokens: number;
  stop(): void;
}

export interface GenerationParts {
  readonly complete: TypingOptions['complete'];
  readonly id: string;
  readonly now: () => number;
  /** Where it is for: all text around the cursor, of which the host may get less. */
  readonly place: CachePlace;
  /** Called after each piece of text and at the end; not after `stop`. */
  readonly onChange: (generation: Generation) => void;
}

/** Characters of a token of code, about. */
const charactersPerToken = 3.5;

export function startGeneration(parts: GenerationParts, input: CompletionInput): Generation {
  const { complete, id, now, place, onChange } = parts;
  const stop = new AbortController();
  const { purpose } = input;
  const startedAt = now();
  let text = '';
  let firstTextAt: number | undefined;
  let ended: Generation['ended'];
  const generation: Generation = {
    id,
    place,
    purpose,
    startedAt,
    get text() {
      return text;
    },
    get model() {
      return ended?.end?.model ?? '';
    },
    get firstTextAt() {
      return firstTextAt;
    },
    get ended() {
      return ended;
    },
    get tokens() {
      return Math.max(ended?.end?.tokensWritten ?? 0, Math.ceil(text.length / charactersPerToken));
    },
    stop: () => stop.abort(),
  };
  const read = async (): Promise<void> => {
    for await (const event of await complete(input, { signal: stop.signal })) {
      if (stop.signal.aborted) return;
      if (event.type === 'text') {
        firstTextAt ??= now();
        text += event.text;
        onChange(generation);
      } else {
        if (event.reason !== 'aborted') text = event.text;
        ended = { end: event };
      }
    }
    ended ??= { error: new NootropicError('INTERNAL', 'A completion ended without saying how.') };
  };
  read().then(
    () => {
      if (!stop.signal.aborted) onChange(generation);
    },
    (cause: unknown) => {
      ended = { error: NootropicError.from(cause) };
      if (!stop.signal.aborted) onChange(generation);
    },
  );
  return generation;
}

/** How a generation stands to a place: what of its text is still to come there; `ahead` of it, so that it may still say what was typed; or not at all. */
export type Standing = { readonly rest: string } | 'ahead' | undefined;

/** Whether what was typed since a generation began is what it says. Brackets that the editor closed by itself are taken into account. */
export function standingOf({ place, text, ended }: Generation, now: CachePlace): Standing {
  if (now.path !== place.path || now.workspace !== place.workspace || !now.prefix.startsWith(place.prefix))
    return undefined;
  const typed = now.prefix.slice(place.prefix.length);
  const closed = now.suffix === place.suffix ? '' : closedSince(place.suffix, now.suffix);
  if (closed === undefined || (closed !== '' && typed === '')) return undefined;
  if (text.startsWith(typed)) {
    const left = text.slice(typed.length);
    if (closed === '') return left === '' && ended === undefined ? 'ahead' : { rest: left };
    const rest = beforeCloser(left, closed);
    if (rest !== undefined) return { rest };
    // As long as it has closed nothing, it may be shown; at its end it would leave open what the editor closed.
    if (ended !== undefined) return undefined;
    return left === '' ? 'ahead' : { rest: left };
  }
  return ended === undefined && typed.startsWith(text) ? 'ahead' : undefined;
}

function closedSince(before: string, now: string): string | undefined {
  const count = now.length - before.length;
  if (count <= 0 || count > closedBy(now) || !now.endsWith(before)) return undefined;
  return now.slice(0, count);
}

import { NootropicError, type OpenaiChatMessage } from '@nootropic/contracts';
import { createEventReader } from './server-sent-events.ts';

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** What is asked of the host's `/v1/chat/completions`: the fields that the extension uses. */
export interface ChatAsked {
  readonly model?: string;
  readonly messages: readonly OpenaiChatMessage[];
  readonly tools?: readonly {
    readonly type: 'function';
    readonly function: { readonly name: string; readonly description?: string; readonly parameters?: object };
  }[];
  readonly tool_choice?: 'auto' | 'required';
  readonly response_format?: object;
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
}

/** A piece of an answer. A call of a tool comes whole, once the model has written it. */
export type ChatPiece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly id: string; readonly name: string; readonly input: object };

/** The pieces of an answer, as they are written. Throws a `NootropicError` where the host refuses, also in the middle. */
export async function* chatPieces(
  ask: Ask,
  asked: ChatAsked,
  signal?: AbortSignal,
): AsyncGenerator<ChatPiece, void, void> {
  const response = await post(ask, { ...asked, stream: true }, signal);
  const read = createEventReader();
  const calls = new Map<number, { id: string; name: string; arguments: string }>();
  for await (const chunk of response.body ?? [])
    for (const { data } of read(chunk)) {
      if (data === '[DONE]') break;
      const { choices, error } = JSON.parse(data) as ChatChunk;
      if (error) throw refused(error.message);
      for (const { delta } of choices ?? []) {
        if (delta?.content) yield { type: 'text', text: delta.content };
        for (const { index, id, function: called } of delta?.tool_calls ?? []) {
          const known = calls.get(index) ?? { id: '', name: '', arguments: '' };
          calls.set(index, {
            id: id ?? known.id,
            name: known.name + (called?.name ?? ''),
            arguments: known.arguments + (called?.arguments ?? ''),
          });
        }
      }
    }
  for (const { id, name, arguments: text } of calls.values()) yield { type: 'call', id, name, input: objectOf(text) };
}

/** A whole answer as text. */
export async function chatText(ask: Ask, asked: ChatAsked, signal?: AbortSignal): Promise<string> {
  const response = await post(ask, asked, signal);
  const { choices } = (await response.json()) as { choices?: { message?: { content?: string | null } }[] };
  return choices?.[0]?.message?.content ?? '';
}

interface ChatChunk {
  readonly choices?: readonly {
    readonly delta?: {
      readonly content?: string | null;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
  }[];
  readonly error?: { readonly message?: string };
}

async function post(ask: Ask, body: object, signal: AbortSignal | undefined): Promise<Response> {
  const response = await ask('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  if (response.ok) return response;
  const said: unknown = await response.json().catch(() => undefined);
  throw refused((said as ChatChunk | undefined)?.error?.message ?? `${response.status} ${response.statusText}`);
}

function refused(message = ''): NootropicError {
  return new NootropicError('MODEL_REFUSED', message === '' ? undefined : message);
}

function objectOf(text: string): object {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below: what calls a tool must not guess what was meant.
  }
  throw new NootropicError('MODEL_REFUSED', 'The model called a tool with arguments that cannot be read.', {
    hint: 'Ask again, or choose a model that can call tools.',
  });
}

import type { InfillRequest, ModelEvent } from '@nootropic/contracts';
import type { ServerProfile } from './server-profiles.ts';

/** Where a gap is to be filled, and the body of the request. `root` is the server's address without `/v1`. */
export function infillRequest(
  model: string,
  request: InfillRequest,
  { root, profile }: { readonly root: string; readonly profile: ServerProfile },
): { readonly path: string; readonly body: Record<string, unknown> } {
  const {
    prefix,
    suffix,
    extra = [],
    begun = '',
    maxTokens = 64,
    stop = [],
    seed,
    raw = false,
    temperature = 0,
    topP,
  } = request;
  const given = {
    stream: true,
    ...(stop.length > 0 && { stop }),
    ...(seed !== undefined && { seed }),
    temperature,
    ...(topP !== undefined && { top_p: topP }),
  };
  return profile.infill === 'route' && !raw
    ? {
        path: `${root}/infill`,
        body: {
          ...given,
          input_prefix: prefix,
          ...(begun !== '' && { prompt: begun }),
          input_suffix: suffix,
          ...(extra.length > 0 && { input_extra: extra.map(({ name, text }) => ({ filename: name ?? '', text })) }),
          n_predict: maxTokens,
          cache_prompt: true,
        },
      }
    : {
        path: '/completions',
        body: {
          ...given,
          model,
          // Servers refuse an empty text.
          prompt: raw ? prefix || ' ' : withExtra(request),
          ...(!raw && { suffix }),
          max_tokens: maxTokens,
          stream_options: { include_usage: true },
        },
      };
}

/** The text before a gap for servers that take nothing else: parts of other files, each under its name, then the prefix. */
export function withExtra({ prefix, begun = '', extra = [] }: InfillRequest): string {
  return [...extra.map(({ name, text }) => `${name === undefined ? '' : `${name}\n`}${text}\n`), prefix + begun].join(
    '\n',
  );
}

/** What is known of an infilling so far. */
export interface InfillState {
  pieces: number;
  reason: 'stop' | 'length' | undefined;
  stop?: string;
  written: number | undefined;
  read: number;
  reused: number;
  readonly estimate: number;
}

/** The text of a piece of llama.cpp's `/infill` or of `/v1/completions`. */
export function readInfill(chunk: unknown, state: InfillState): string {
  if (typeof chunk !== 'object' || chunk === null) return '';
  const piece = chunk as {
    content?: unknown;
    stop?: unknown;
    stop_type?: unknown;
    stopping_word?: unknown;
    tokens_predicted?: number;
    timings?: { prompt_n?: number; cache_n?: number };
    choices?: readonly { text?: unknown; finish_reason?: string | null }[];
    usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
  };
  const choice = piece.choices?.[0];
  const text = typeof piece.content === 'string' ? piece.content : typeof choice?.text === 'string' ? choice.text : '';
  if (text !== '') state.pieces += 1;
  if (piece.stop === true) state.reason = piece.stop_type === 'limit' ? 'length' : 'stop';
  if (typeof piece.stopping_word === 'string' && piece.stopping_word !== '') state.stop = piece.stopping_word;
  if (choice?.finish_reason) state.reason = choice.finish_reason === 'length' ? 'length' : 'stop';
  if (piece.stop === true && piece.tokens_predicted !== undefined) state.written = piece.tokens_predicted;
  if (piece.timings) {
    state.read = piece.timings.prompt_n ?? state.read;
    state.reused = piece.timings.cache_n ?? state.reused;
  }
  if (piece.usage) {
    state.read = piece.usage.prompt_tokens ?? state.read;
    state.written = piece.usage.completion_tokens ?? state.written;
  }
  return text;
}

export function finishInfill(state: InfillState, reason: 'stop' | 'length' | 'aborted'): ModelEvent {
  const read = state.read === 0 && state.pieces > 0 && state.reused === 0 ? state.estimate : state.read;
  const stop = reason === 'stop' && state.stop !== undefined ? { stop: state.stop } : {};
  return {
    type: 'finish',
    reason,
    ...stop,
    tokens: { read, reused: state.reused, written: state.written ?? state.pieces },
  };
}

/** True for a piece that fills, or that ends the answer. */
export function infillSays(chunk: unknown): boolean {
  const { content, stop, choices } = (chunk ?? {}) as {
    content?: unknown;
    stop?: unknown;
    choices?: readonly unknown[];
  };
  const choice = (choices?.[0] ?? {}) as { text?: unknown; finish_reason?: unknown };
  return Boolean(content) || stop === true || Boolean(choice.text) || Boolean(choice.finish_reason);
}

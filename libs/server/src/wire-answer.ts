import {
  NootropicError,
  type ModelEvent,
  type TokenCounts,
  type TokenLogprob,
  type ToolCall,
} from '@nootropic/contracts';
import type { GatewayAnswer } from '@nootropic/core';

type Headers = Readonly<Record<string, string>>;

/** An answer whose first event is there: what could be wrong with the request would have shown. */
export interface StartedAnswer {
  readonly answer: GatewayAnswer;
  readonly headers: Headers;
  readonly events: AsyncIterable<ModelEvent>;
}

/** Waits for the first event. What failed until then is thrown here, so that it can still be a status. */
export async function startAnswer(answer: GatewayAnswer): Promise<StartedAnswer> {
  const iterator = answer.events[Symbol.asyncIterator]();
  const first = await iterator.next();
  const progress = first.done !== true && first.value.type === 'prompt-progress' ? first.value : undefined;
  const { reused } = progress ?? {};
  return {
    answer,
    headers: answerHeaders(
      answer,
      progress === undefined || reused === undefined ? undefined : { reused, evaluated: progress.total - reused },
    ),
    events: (async function* () {
      try {
        if (first.done !== true) yield first.value;
        while (first.done !== true) {
          const next = await iterator.next();
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        await iterator.return?.();
      }
    })(),
  };
}

/** What the host tells of an answer beside it: how much fits, and how much of the prompt had not to be read. */
export function answerHeaders(
  { model, contextLength, promptTokens, arranged }: Omit<GatewayAnswer, 'events'>,
  counts?: { readonly reused: number; readonly evaluated: number },
): Headers {
  return {
    'x-nootropic-model': encodeURI(model.name.toWellFormed()),
    'x-nootropic-context-length': String(contextLength),
    'x-nootropic-prompt-tokens': String(promptTokens),
    ...(counts && {
      'x-nootropic-tokens-reused': String(counts.reused),
      'x-nootropic-tokens-evaluated': String(counts.evaluated),
    }),
    ...(arranged.length > 0 && { 'x-nootropic-arranged': arranged.join(',') }),
  };
}

/** A whole answer. */
export interface GatheredAnswer {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: readonly ToolCall[];
  readonly logprobs: readonly TokenLogprob[];
  readonly reason: 'stop' | 'length' | 'tool-call';
  /** The stop text that ended it, where that is known. */
  readonly stop?: string;
  readonly tokens: TokenCounts;
}

/** Reads an answer to its end. Throws why it was stopped, where it was. */
export async function gatherAnswer(events: AsyncIterable<ModelEvent>, signal: AbortSignal): Promise<GatheredAnswer> {
  let text = '';
  let reasoning = '';
  const calls: ToolCall[] = [];
  const logprobs: TokenLogprob[] = [];
  for await (const event of events) {
    if (event.type === 'text') {
      text += event.text;
      logprobs.push(...(event.logprobs ?? []));
    } else if (event.type === 'reasoning') reasoning += event.text;
    else if (event.type === 'tool-call') calls.push(event.call);
    else if (event.type === 'finish') {
      const { reason, stop, tokens } = event;
      if (reason === 'aborted') throw stopped(signal);
      return {
        text,
        reasoning,
        calls,
        logprobs,
        reason: calls.length > 0 ? 'tool-call' : reason,
        ...(stop !== undefined && { stop }),
        tokens,
      };
    }
  }
  throw new NootropicError('MODEL_CRASHED', 'The answer ended without saying why.');
}

/** Why an answer was stopped: what the signal says, where it says something. */
export function stopped(signal: AbortSignal): NootropicError {
  return NootropicError.is(signal.reason) ? signal.reason : new NootropicError('ABORTED');
}

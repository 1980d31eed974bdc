import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import { NootropicError, type ModelEvent, type TokenCounts } from '@nootropic/contracts';
import { createStopCut } from './cloud-stop.ts';
import { cutStream, refusal, serverFailure, statusOf } from './server-errors.ts';
import { fields } from './server-profiles.ts';
import { estimateTokens } from './token-estimate.ts';

export interface CloudReaderOptions {
  /** Whose words an error quotes. */
  readonly url: string;
  readonly promptEstimate: number;
  /** Stop texts that the provider does not take. */
  readonly stop: readonly string[];
}

/** Turns the parts of one answer into events. */
export interface CloudReader {
  /** Throws what an error part means. */
  read(part: LanguageModelV4StreamPart): ModelEvent[];
  /** True once a stop text came: no more is to be read. */
  readonly stopped: boolean;
  /** Prompt tokens read of how many, as far as it is known. */
  readonly progress: { readonly done: number; readonly total: number };
  finish(aborted?: boolean): ModelEvent[];
}

/** True for a part that shows that the model works on the answer. */
export function partSays({ type }: LanguageModelV4StreamPart): boolean {
  return !['stream-start', 'response-metadata', 'text-start', 'reasoning-start', 'raw', 'ping'].includes(type);
}

/** Throws where the part is an error, so that it can be told from an answer before anything is shown. */
export async function* failOnError(
  parts: AsyncIterable<LanguageModelV4StreamPart>,
  url: string,
): AsyncGenerator<LanguageModelV4StreamPart> {
  for await (const part of parts) {
    if (part.type === 'error') throw partFailure(part.error, url);
    yield part;
  }
}

/**
 * Reads what the providers' packages make of a stream. A tool call whose arguments are not a JSON object is given as text, never as a call.
 * An answer that the provider broke off is a failure; one that it declined to give is `MODEL_REFUSED` with its reason.
 */
export function createCloudReader({ url, promptEstimate, stop }: CloudReaderOptions): CloudReader {
  const cut = createStopCut(stop);
  const written = { text: '', calls: 0, stopped: false };
  let end: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined;

  const show = (text: string): ModelEvent[] => {
    written.text += text;
    return text === '' ? [] : [{ type: 'text', text }];
  };
  const flush = (): ModelEvent[] => (written.stopped ? [] : show(cut.rest()));

  return {
    get stopped() {
      return written.stopped;
    },
    get progress() {
      return { done: written.text === '' && written.calls === 0 ? 0 : promptEstimate, total: promptEstimate };
    },
    read(part) {
      switch (part.type) {
        case 'text-delta': {
          const { text, stopped } = cut.push(part.delta);
          written.stopped = stopped;
          return show(text);
        }
        case 'reasoning-delta':
          written.text += part.delta;
          return part.delta === '' ? [] : [{ type: 'reasoning', text: part.delta }];
        case 'tool-call': {
          if (part.providerExecuted === true) return [];
          const given = argumentsOf(part.input);
          if (given === undefined) return [...flush(), ...show(`${part.toolName}(${part.input})`)];
          written.calls += 1;
          return [
            ...flush(),
            { type: 'tool-call', call: { id: part.toolCallId, name: part.toolName, arguments: given } },
          ];
        }
        case 'finish':
          end = part;
          return [];
        default:
          return [];
      }
    },
    finish(aborted = false) {
      const shown = written.text;
      const tokens = countTokens(end?.usage, { promptEstimate, text: shown, began: shown !== '' || written.calls > 0 });
      if (aborted) return [{ type: 'finish', reason: 'aborted', tokens }];
      if (written.stopped) return [{ type: 'finish', reason: 'stop', tokens }];
      const { unified = 'interrupted', raw } = end?.finishReason ?? {};
      if (unified === 'interrupted' || (unified === 'other' && raw === undefined)) throw cutStream(url);
      if (unified === 'error') throw new NootropicError('MODEL_REFUSED', `${url} ended its answer with an error.`);
      if (unified === 'content-filter')
        throw new NootropicError('MODEL_REFUSED', `${url} declined to answer (${raw ?? 'content filter'}).`, {
          hint: 'Ask in other words, or use another model.',
        });
      const reason = written.calls > 0 ? 'tool-call' : unified === 'length' ? 'length' : 'stop';
      return [...flush(), { type: 'finish', reason, tokens }];
    },
  };
}

function countTokens(
  usage: LanguageModelV4Usage | undefined,
  known: { readonly promptEstimate: number; readonly text: string; readonly began: boolean },
): TokenCounts {
  const reused = usage?.inputTokens.cacheRead ?? 0;
  const prompt = usage?.inputTokens.total;
  return {
    read: prompt === undefined ? (known.began ? known.promptEstimate : 0) : Math.max(0, prompt - reused),
    reused,
    written: usage?.outputTokens.total ?? estimateTokens(known.text),
  };
}

/** `undefined` when the text is not a JSON object. No text at all means no arguments. */
function argumentsOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = text.trim() === '' ? {} : JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What an error inside a stream means: the packages give the status that it stands for, where they know it. */
function partFailure(error: unknown, url: string): NootropicError {
  if (error instanceof Error) return serverFailure(error, url);
  const message = fields(error)['message'];
  const body = typeof message === 'string' ? message : JSON.stringify(error);
  return refusal({ url, status: statusOf(error), body });
}

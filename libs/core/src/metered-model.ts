import {
  NootropicError,
  type CallOptions,
  type GenerateRequest,
  type InfillRequest,
  type Model,
  type ModelEvent,
  type Telemetry,
  type TokenCounts,
  type UsageLog,
} from '@nootropic/contracts';
import { createTally, type Tally } from './tally.ts';

/** US dollars for a million tokens. */
export interface ModelPrice {
  readonly read: number;
  /** Of prompt tokens that the provider still had. */
  readonly reused: number;
  readonly written: number;
}

export interface MeterOptions {
  readonly usage: UsageLog;
  readonly telemetry: Telemetry;
  readonly now: () => number;
  /** Absent where calls cost nothing. */
  readonly price?: ModelPrice | undefined;
  /** The turn that the calls are for. */
  readonly turnId?: string | undefined;
  /** Where the calls are added up. */
  readonly tally?: Tally | undefined;
}

/** Characters of a token, where a call was left behind before the model could say how many there were. */
const charactersPerToken = 4;

/**
 * The same model with every call counted: in the usage log by model, client and turn, and in the metrics. A generation that is left behind
 * counts with what is known of it: the prompt as far as its reading was reported, and the text that came.
 *
 * Embedding and reranking count as calls and by an estimate of their tokens; what `builtin:` models do is in the metrics only, since
 * an index run calls them thousands of times and they cost nothing.
 */
export function meterModel(model: Model, options: MeterOptions): Model {
  const { usage, telemetry, now, price, turnId, tally = createTally() } = options;
  const { ref, local } = model.info;
  const costOf = ({ read, reused, written }: TokenCounts) =>
    price === undefined ? 0 : (read * price.read + reused * price.reused + written * price.written) / 1_000_000;

  const begin = (call: 'generate' | 'infill' | 'embed' | 'rerank', client = 'local') => {
    const startedAt = now();
    let result = 'left';
    const tallied = tally.begin(async (tokens) => {
      telemetry.count('nootropic_model_calls_total', 1, { call, result });
      telemetry.time('nootropic_model_call_seconds', (now() - startedAt) / 1000, { call });
      for (const kind of ['read', 'reused', 'written'] as const)
        if (tokens[kind] > 0) telemetry.count('nootropic_tokens_total', tokens[kind], { kind });
      if (ref.startsWith('builtin:')) return;
      try {
        await usage.add({
          time: startedAt,
          model: ref,
          client,
          ...(turnId !== undefined && { turnId }),
          tokensRead: tokens.read,
          tokensReused: tokens.reused,
          tokensWritten: tokens.written,
          cost: costOf(tokens),
          local,
        });
      } catch (cause) {
        // An answer is worth more than its line in the book.
        telemetry.log('warn', 'A call of a model could not be counted.', { code: NootropicError.from(cause).code });
      }
    });
    return {
      count: (counts: TokenCounts) => tallied.count(counts, costOf(counts)),
      end: (how: string) => {
        result = how;
        return tallied.end();
      },
    };
  };

  async function* stream(
    call: 'generate' | 'infill',
    { characters, client }: { readonly characters: number; readonly client: string | undefined },
    open: () => AsyncIterable<ModelEvent>,
  ): AsyncGenerator<ModelEvent> {
    const counted = begin(call, client);
    const pace = beginPace(call);
    let seen: TokenCounts = { read: 0, reused: 0, written: 0 };
    /** Prompt tokens that must be read, where that is known. */
    let fresh: number | undefined;
    let said = 0;
    let how = 'aborted';
    try {
      for await (const event of open()) {
        if (event.type === 'finish') {
          seen = event.tokens;
          how = event.reason === 'aborted' ? 'aborted' : 'ok';
        } else if (event.type === 'prompt-progress') {
          const reused = event.reused ?? seen.reused;
          seen = { ...seen, reused, read: Math.max(seen.read, event.done - reused) };
          if (event.reused !== undefined) fresh = event.total - event.reused;
        } else if (event.type !== 'tool-call') {
          pace.first();
          said += event.text.length;
          const read = fresh ?? (seen.read || Math.ceil(characters / charactersPerToken));
          seen = { ...seen, read, written: Math.ceil(said / charactersPerToken) };
        }
        counted.count(seen);
        yield event;
      }
    } catch (cause) {
      how = NootropicError.from(cause).code === 'ABORTED' ? 'aborted' : 'error';
      throw cause;
    } finally {
      pace.end(seen, how);
      // Who reads to the end need not wait until it is written down.
      void counted.end(how);
    }
  }

  /** How soon and how fast a model writes, and its part of the trace of the turn. */
  const beginPace = (call: 'generate' | 'infill') => {
    const startedAt = now();
    let firstAt: number | undefined;
    const operation = call === 'generate' ? 'chat' : 'text_completion';
    const span =
      turnId === undefined
        ? undefined
        : telemetry.span(`${operation} ${model.info.name}`, {
            trace: turnId,
            facts: {
              'gen_ai.operation.name': operation,
              'gen_ai.provider.name': ref.slice(0, ref.indexOf(':')),
              'gen_ai.request.model': ref,
            },
          });
    return {
      first: () => {
        if (firstAt !== undefined) return;
        firstAt = now();
        telemetry.time('nootropic_first_token_seconds', (firstAt - startedAt) / 1000, { call });
      },
      end: ({ read, reused, written }: TokenCounts, how: string) => {
        const seconds = firstAt === undefined ? 0 : (now() - firstAt) / 1000;
        // The first token is where the time begins.
        if (how === 'ok' && written > 1 && seconds > 0)
          telemetry.time('nootropic_generation_tokens_per_second', (written - 1) / seconds, { call });
        span?.end(
          {
            'gen_ai.usage.input_tokens': read + reused,
            'gen_ai.usage.output_tokens': written,
            'nootropic.usage.reused_tokens': reused,
          },
          how === 'ok' ? undefined : how,
        );
      },
    };
  };

  const whole = async <T>(
    call: 'embed' | 'rerank',
    { texts, client }: { readonly texts: readonly string[]; readonly client: string | undefined },
    run: () => Promise<T>,
  ): Promise<T> => {
    const counted = begin(call, client);
    try {
      const result = await run();
      const characters = texts.reduce((sum, text) => sum + text.length, 0);
      counted.count({ read: Math.ceil(characters / charactersPerToken), reused: 0, written: 0 });
      await counted.end('ok');
      return result;
    } catch (cause) {
      await counted.end(NootropicError.from(cause).code === 'ABORTED' ? 'aborted' : 'error');
      throw cause;
    }
  };

  return {
    info: model.info,
    generate: (request: GenerateRequest, call: CallOptions = {}) =>
      stream('generate', { characters: charactersOf(request), client: call.client }, () =>
        model.generate(request, call),
      ),
    infill: (request: InfillRequest, call: CallOptions = {}) =>
      stream('infill', { characters: request.prefix.length + request.suffix.length, client: call.client }, () =>
        model.infill(request, call),
      ),
    embed: (texts, call = {}) => whole('embed', { texts, client: call.client }, () => model.embed(texts, call)),
    rerank: (query, documents, call = {}) =>
      whole('rerank', { texts: documents, client: call.client }, () => model.rerank(query, documents, call)),
    countTokens: (text) => model.countTokens(text),
    tokenize: (text, options) => model.tokenize(text, options),
    detokenize: (tokens) => model.detokenize(tokens),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function charactersOf({ messages }: GenerateRequest): number {
  return messages.reduce((sum, message) => sum + message.content.length, 0);
}

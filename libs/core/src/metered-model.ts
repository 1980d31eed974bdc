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
    let seen: TokenCounts = { read: 0, reused: 0, written: 0 };
    let said = 0;
    let how = 'aborted';
    try {
      for await (const event of open()) {
        if (event.type === 'finish') {
          seen = event.tokens;
          how = event.reason === 'aborted' ? 'aborted' : 'ok';
        } else if (event.type === 'prompt-progress') seen = { ...seen, read: Math.max(seen.read, event.done) };
        else if (event.type !== 'tool-call') {
          said += event.text.length;
          const read = seen.read || Math.ceil(characters / charactersPerToken);
          seen = { ...seen, read, written: Math.ceil(said / charactersPerToken) };
        }
        counted.count(seen);
        yield event;
      }
    } catch (cause) {
      how = NootropicError.from(cause).code === 'ABORTED' ? 'aborted' : 'error';
      throw cause;
    } finally {
      await counted.end(how);
    }
  }

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
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function charactersOf({ messages }: GenerateRequest): number {
  return messages.reduce((sum, message) => sum + message.content.length, 0);
}

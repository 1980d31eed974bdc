import {
  NootropicError,
  type CallOptions,
  type InfillRequest,
  type Model,
  type ModelEvent,
} from '@nootropic/contracts';
import type { Admission, AdmissionOutcome, AdmissionRequest } from './admission.ts';
import type { MeasuredSpeeds } from './call-estimate.ts';

/** What admission should know of a model. All of it is asked anew at each call. */
export interface ScheduledModelAbout {
  /** What computes it. Default: `local` for a local model, otherwise the model's own reference: its server has its own queue. */
  readonly device?: string;
  readonly speeds?: () => MeasuredSpeeds | undefined;
  /** Milliseconds until it is in memory: `Residency.readyMs`. */
  readonly readyMs?: () => number | undefined;
}

/** Characters of a token, for an estimate on the low side: nothing is refused because of a long word. */
const charactersPerToken = 4;

/**
 * The same model with the queue in front: every call that computes waits for its turn, a full queue refuses with `QUEUE_FULL`.
 * A generation that is cancelled while it waits ends, like any other, in a `finish` of reason `aborted`; so does a generation of class
 * `completion` when a newer one of the same client comes. Counting tokens computes nothing and does not wait. Disposing disposes the model.
 */
export function scheduleModel(model: Model, admission: Admission, about: ScheduledModelAbout = {}): Model {
  const device = about.device ?? (model.info.local ? 'local' : model.info.ref);

  const request = (options: CallOptions, size: { prompt?: number; answer?: number | undefined }): AdmissionRequest => {
    const { workClass = 'chat', client = 'local' } = options;
    const readyMs = about.readyMs?.();
    return {
      workClass,
      client,
      device,
      model: model.info.ref,
      latestOnly: workClass === 'completion' && size.prompt !== undefined,
      speeds: about.speeds?.(),
      ...(readyMs === undefined ? {} : { readyMs }),
      ...(size.prompt === undefined ? {} : { promptTokens: Math.floor(size.prompt / charactersPerToken) }),
      ...(size.answer === undefined ? {} : { answerTokens: size.answer }),
    };
  };

  async function* stream(
    wanted: AdmissionRequest,
    options: CallOptions,
    open: (options: CallOptions) => AsyncIterable<ModelEvent>,
  ): AsyncGenerator<ModelEvent> {
    let ticket;
    try {
      ticket = await admission.enter(wanted, options.signal);
    } catch (error) {
      if (!NootropicError.is(error) || error.code !== 'ABORTED') throw error;
      yield { type: 'finish', reason: 'aborted', tokens: { read: 0, reused: 0, written: 0 } };
      return;
    }
    let outcome: AdmissionOutcome | undefined;
    const signal = options.signal === undefined ? ticket.signal : AbortSignal.any([options.signal, ticket.signal]);
    try {
      for await (const event of open({ ...options, signal })) {
        if (event.type === 'finish') outcome = event.tokens;
        yield event;
      }
    } finally {
      ticket.release(outcome);
    }
  }

  async function whole<Result>(options: CallOptions, call: () => Promise<Result>): Promise<Result> {
    const ticket = await admission.enter(request(options, {}), options.signal);
    try {
      return await call();
    } finally {
      ticket.release();
    }
  }

  return {
    info: model.info,
    generate: (asked, options = {}) => {
      let characters = 0;
      for (const message of asked.messages) characters += message.content.length;
      return stream(request(options, { prompt: characters, answer: asked.maxTokens }), options, (own) =>
        model.generate(asked, own),
      );
    },
    infill: (asked, options = {}) =>
      stream(request(options, { prompt: gapCharacters(asked), answer: asked.maxTokens ?? 64 }), options, (own) =>
        model.infill(asked, own),
      ),
    embed: (texts, options = {}) => whole(options, () => model.embed(texts, options)),
    rerank: (query, documents, options = {}) => whole(options, () => model.rerank(query, documents, options)),
    countTokens: (text) => model.countTokens(text),
    tokenize: (text, options) => model.tokenize(text, options),
    detokenize: (tokens) => model.detokenize(tokens),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

function gapCharacters({ prefix, suffix, begun = '', extra = [] }: InfillRequest): number {
  return extra.reduce((sum, { text }) => sum + text.length, prefix.length + suffix.length + begun.length);
}

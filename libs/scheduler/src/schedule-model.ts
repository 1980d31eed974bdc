import {
  NootropicError,
  type CallOptions,
  type LoadOptions,
  type Model,
  type ModelEvent,
  type ModelRuntime,
} from '@nootropic/contracts';
import type { Admission } from './admission.ts';

/**
 * The same model with the queue in front: every call that computes waits for its turn, a full queue refuses with `QUEUE_FULL`.
 * A generation that is cancelled while it waits ends, like any other, in a `finish` of reason `aborted`.
 * Counting tokens computes nothing and does not wait. Disposing disposes the model.
 */
export function scheduleModel(model: Model, admission: Admission): Model {
  const enter = (options: CallOptions) =>
    admission.enter({ workClass: options.workClass ?? 'chat', client: options.client ?? 'local' }, options.signal);

  async function* stream(options: CallOptions, open: () => AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
    let ticket;
    try {
      ticket = await enter(options);
    } catch (error) {
      if (!NootropicError.is(error) || error.code !== 'ABORTED') throw error;
      yield { type: 'finish', reason: 'aborted', tokens: { read: 0, reused: 0, written: 0 } };
      return;
    }
    try {
      yield* open();
    } finally {
      ticket.release();
    }
  }

  async function whole<Result>(options: CallOptions, call: () => Promise<Result>): Promise<Result> {
    const ticket = await enter(options);
    try {
      return await call();
    } finally {
      ticket.release();
    }
  }

  return {
    info: model.info,
    generate: (request, options = {}) => stream(options, () => model.generate(request, options)),
    infill: (request, options = {}) => stream(options, () => model.infill(request, options)),
    embed: (texts, options = {}) => whole(options, () => model.embed(texts, options)),
    rerank: (query, documents, options = {}) => whole(options, () => model.rerank(query, documents, options)),
    countTokens: (text) => model.countTokens(text),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

/**
 * Loads a model into memory that was reserved for it first, and puts the queue in front of it.
 * Rejects with `MODEL_TOO_LARGE` before anything is loaded; the memory is given back when the load fails and when the model is disposed.
 */
export async function admitModel(
  source: { readonly runtime: ModelRuntime; readonly ref: string },
  admission: Admission,
  options: LoadOptions = {},
): Promise<Model> {
  const { runtime, ref } = source;
  const reservation = await admission.ledger.reserve({ what: ref, estimate: await runtime.estimate(ref, options) });
  let loaded: Model;
  try {
    loaded = await runtime.load(ref, options);
  } catch (error) {
    reservation.release();
    throw error;
  }
  reservation.settle();
  const model = scheduleModel(loaded, admission);
  return {
    ...model,
    async [Symbol.asyncDispose]() {
      await model[Symbol.asyncDispose]();
      reservation.release();
    },
  };
}

import { NootropicError, type CallOptions, type Model, type ModelEvent, type ModelInfo } from '@nootropic/contracts';
import type { ModelLease, Residency, ResidentSpec } from '@nootropic/scheduler';

/** After these the model in memory answers nobody any more; the next call loads it anew. */
const broken = new Set(['MODEL_CRASHED', 'MODEL_DEGRADED']);

/**
 * A model that is in memory whenever it is called: every call borrows it from the residency, which loads it first where it was unloaded
 * meanwhile, and does not unload it before the call has ended. Disposing does nothing: the model belongs to the residency.
 */
export function createResidentModel(options: {
  readonly residency: Residency<Model>;
  readonly key: string;
  readonly spec: ResidentSpec<Model>;
  readonly info: ModelInfo;
  /** A call has ended. */
  readonly onUsed?: () => void;
}): Model {
  const { residency, key, spec, info, onUsed } = options;

  async function* stream(
    { signal }: CallOptions,
    open: (model: Model) => AsyncIterable<ModelEvent>,
  ): AsyncGenerator<ModelEvent> {
    let lease: ModelLease<Model>;
    try {
      lease = await residency.use(key, spec, signal);
    } catch (cause) {
      if (NootropicError.from(cause).code !== 'ABORTED' || signal?.aborted !== true) throw cause;
      yield { type: 'finish', reason: 'aborted', tokens: { read: 0, reused: 0, written: 0 } };
      return;
    }
    let isBroken = false;
    try {
      yield* open(lease.model);
    } catch (cause) {
      isBroken = broken.has(NootropicError.from(cause).code);
      throw cause;
    } finally {
      lease.release(isBroken);
      onUsed?.();
    }
  }

  const whole = async <T>(signal: AbortSignal | undefined, call: (model: Model) => Promise<T>): Promise<T> => {
    const lease = await residency.use(key, spec, signal);
    let isBroken = false;
    try {
      return await call(lease.model);
    } catch (cause) {
      isBroken = broken.has(NootropicError.from(cause).code);
      throw cause;
    } finally {
      lease.release(isBroken);
      onUsed?.();
    }
  };

  return {
    info,
    generate: (request, call = {}) => stream(call, (model) => model.generate(request, call)),
    infill: (request, call = {}) => stream(call, (model) => model.infill(request, call)),
    embed: (texts, call = {}) => whole(call.signal, (model) => model.embed(texts, call)),
    rerank: (query, documents, call = {}) => whole(call.signal, (model) => model.rerank(query, documents, call)),
    countTokens: (text) => whole(undefined, (model) => model.countTokens(text)),
    tokenize: (text, options) => whole(undefined, (model) => model.tokenize(text, options)),
    detokenize: (tokens) => whole(undefined, (model) => model.detokenize(tokens)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

import { NootropicError, type Model, type WorkClass } from '@nootropic/contracts';
import { byScore, changed, type RankedChunk } from './rank.ts';

export interface RerankOptions {
  readonly query: string;
  /** Opens the model, or gives the one that is open. */
  readonly reranker: (signal?: AbortSignal) => Promise<Model>;
  readonly workClass: WorkClass;
  /** Milliseconds that the order may wait for the scores, and four times as many for a model that must be loaded first. */
  readonly ms: number;
  /** From 0 to 1: how far the model decides. */
  readonly weight: number;
  readonly signal?: AbortSignal | undefined;
}

/** Chunks that the model sees, from the best. */
const seen = 30;
/** Of each chunk the model reads this many characters: its time grows with them. */
const readChars = 1_000;
const loadFactor = 4;

/**
 * Has a reranking model order the first chunks anew. Its scores and those that were there are both put on a scale from 0 to 1 and mixed, so
 * that the chunks it did not see stay behind. Where it fails or takes too long the order stays as it is, and `notice` says so; a load that
 * takes too long goes on, for the next search. Rejects with `ABORTED` only.
 */
export async function rerankFirst(
  ranked: readonly RankedChunk[],
  options: RerankOptions,
): Promise<{ readonly ranked: readonly RankedChunk[]; readonly notice?: string }> {
  const first = ranked.slice(0, seen);
  if (first.length < 2) return { ranked };
  const { signal, ms } = options;
  try {
    const model = await within({ ms: ms * loadFactor, signal, late: 'it is still being loaded' }, () =>
      options.reranker(signal),
    );
    const late = `it took longer than ${String(ms / 1000)} s`;
    const scores = await within({ ms, signal, late }, (stop) => scoresOf(model, first, { ...options, signal: stop }));
    return { ranked: [...mixed(first, scores, options.weight), ...ranked.slice(seen)] };
  } catch (error) {
    if (signal?.aborted) throw new NootropicError('ABORTED');
    const why = NootropicError.from(error).message.replace(/\.$/u, '');
    return { ranked, notice: `The reranking model was left out: ${why}.` };
  }
}

/** The result of some work, which is told to stop after this time; it is not waited for after that. */
async function within<T>(
  { ms, signal, late }: { readonly ms: number; readonly signal: AbortSignal | undefined; readonly late: string },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stopping = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (error: NootropicError): void => {
    stopped.reject(error);
    stopping.abort();
  };
  const onAbort = (): void => stop(new NootropicError('ABORTED'));
  if (signal?.aborted) throw new NootropicError('ABORTED');
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(() => stop(new NootropicError('MODEL_TIMEOUT', late)), ms);
  try {
    const working = work(stopping.signal);
    // When it loses the race, nobody hears how it ended.
    working.catch(() => undefined);
    return await Promise.race([working, stopped.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

async function scoresOf(model: Model, first: readonly RankedChunk[], options: RerankOptions): Promise<number[]> {
  const documents = first.map(({ hit: { path, chunk } }) =>
    `${path} ${chunk.symbol}\n${chunk.text}`.slice(0, readChars),
  );
  const call = options.signal === undefined ? {} : { signal: options.signal };
  const scores = await model.rerank(options.query, documents, { workClass: options.workClass, ...call });
  if (scores.length !== first.length || !scores.every(Number.isFinite))
    throw new NootropicError('INTERNAL', `${model.info.name} gave no score for each passage.`);
  return scores;
}

function mixed(first: readonly RankedChunk[], scores: readonly number[], weight: number): RankedChunk[] {
  const best = first[0]?.score ?? 0;
  const least = first.at(-1)?.score ?? 0;
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  // Equal scores say nothing.
  if (high <= low) return [...first];
  return first
    .map((chunk, position) => {
      const value = ((scores[position] ?? low) - low) / (high - low);
      return changed(chunk, 'rerank', {
        value,
        score: (1 - weight) * chunk.score + weight * (least + value * (best - least)),
      });
    })
    .sort(byScore);
}

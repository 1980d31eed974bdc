import { NootropicError, type ComputeGate } from '@nootropic/contracts';
import type { LlamaEmbeddingContext, LlamaModel, LlamaRankingContext, Token } from 'node-llama-cpp';
import { basis, type ContextOptions, type HeldModel, type Job } from './model-process-held.ts';
import { unitVector } from './unit-vector.ts';

/** A text, or a part of one, that is read in one go. */
interface Piece {
  readonly tokens: number;
  readonly run: () => Promise<void>;
}

/** Tokens that one lease asks for at most, unless a single piece has more. */
const unit = 512;
/** A ranking reads pairs of texts, each in one go: more room than this costs memory and finds nothing. */
const rankingContext = 2048;

/**
 * Runs the pieces in order. As many short ones as the gate allows tokens run under one lease, since a wait for each would cost more than
 * the shortest; a piece itself cannot be cut.
 */
export async function inUnits(gate: ComputeGate, job: Job, pieces: readonly Piece[]): Promise<void> {
  const { jobId, workClass, client, signal } = job;
  let at = 0;
  while (at < pieces.length) {
    signal.throwIfAborted();
    const wanted = Math.max(1, gather(pieces, at, unit).tokens);
    const lease = await gate.acquire({ jobId, workClass, client, kind: 'embed', tokens: wanted }, signal);
    const { end } = gather(pieces, at, lease.tokens);
    let evaluated = 0;
    try {
      for (; at < end && !signal.aborted; at++) {
        await pieces[at]?.run();
        evaluated += pieces[at]?.tokens ?? 0;
      }
    } finally {
      lease.release(Math.max(1, evaluated));
    }
  }
}

/** The pieces from `at` on that have at most so many tokens together, and the first one whatever it has. */
function gather(pieces: readonly Piece[], at: number, most: number): { readonly end: number; readonly tokens: number } {
  let end = at + 1;
  let tokens = pieces[at]?.tokens ?? 0;
  for (; end < pieces.length && tokens + (pieces[end]?.tokens ?? 0) <= most; end++) tokens += pieces[end]?.tokens ?? 0;
  return { end, tokens };
}

/**
 * An embedding model. A text longer than the context is read in windows of about equal length, and its vector is the mean of theirs,
 * weighted by their tokens. What a model wants before a query or a document is for the caller to write there.
 */
export async function holdEmbedder(model: LlamaModel, gate: ComputeGate, options: ContextOptions): Promise<HeldModel> {
  // A pooled embedding needs the whole text in one batch.
  const context: LlamaEmbeddingContext = await model.createEmbeddingContext({
    ...options,
    batchSize: options.contextSize,
  });
  const dimensions = model.embeddingVectorSize;
  // Two places for the tokens that frame a text; the library keeps one free.
  const room = options.contextSize - 3;
  return {
    ...basis(model),
    loaded: { can: ['embed'], contextLength: options.contextSize, dimensions },
    async embed(texts, job) {
      const sums = texts.map(() => new Float32Array(dimensions));
      const pieces = texts.flatMap((text, index) =>
        windows(model.tokenize(text), room).map((tokens): Piece => {
          const sum = sums[index] ?? new Float32Array(dimensions);
          const run = async (): Promise<void> => {
            const vector = unitVector((await context.getEmbeddingFor(tokens)).vector);
            for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] ?? 0) + (vector[i] ?? 0) * tokens.length;
          };
          return { tokens: tokens.length, run };
        }),
      );
      await inUnits(gate, job, pieces);
      job.signal.throwIfAborted();
      return sums.map((sum) => unitVector(sum));
    },
  };
}

/** As few parts of at most `room` tokens as there must be, none much shorter than the others. */
export function windows<Item>(tokens: readonly Item[], room: number, overlap = 0): Item[][] {
  if (tokens.length === 0) return [];
  if (tokens.length <= room) return [[...tokens]];
  const fresh = Math.max(1, room - overlap);
  const count = Math.ceil((tokens.length - room) / fresh) + 1;
  const size = Math.min(room, Math.ceil((tokens.length + overlap * (count - 1)) / count));
  const step = (tokens.length - size) / (count - 1);
  return Array.from({ length: count }, (_, index) => {
    const start = Math.round(index * step);
    return tokens.slice(start, start + size);
  });
}

/** Windows of a document share this part, so that what stands at the border of one is whole in the next. */
const overlapShare = 4;

/**
 * A reranking model. A document too long for the context is read in windows, and its score is the best of theirs; of a query at most
 * half a context is read. Scores are from 0 to 1.
 */
export async function holdRanker(model: LlamaModel, gate: ComputeGate, options: ContextOptions): Promise<HeldModel> {
  const contextSize = Math.min(options.contextSize, rankingContext);
  let context: LlamaRankingContext;
  try {
    // As for embeddings: many of these models read a pair both ways, and llama.cpp ends its process where that is cut into batches.
    context = await model.createRankingContext({ ...options, contextSize, batchSize: contextSize });
  } catch (cause) {
    throw new NootropicError(
      'MODEL_UNSUPPORTED',
      `This model cannot rank: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const read = (text: string): Token[] => model.tokenize(text, false, 'trimLeadingSpace');
  return {
    ...basis(model),
    loaded: { can: ['rerank'], contextLength: contextSize, dimensions: 0 },
    async rerank(query, documents, job) {
      const asked = read(query).slice(0, Math.floor(contextSize / 2));
      const room = documentRoom(context, asked);
      const scores = documents.map(() => 0);
      const pieces = documents.flatMap((document, index) => {
        const parts = windows(read(document), room, Math.floor(room / overlapShare));
        return (parts.length === 0 ? [[]] : parts).map((part): Piece => {
          const run = async (): Promise<void> => {
            scores[index] = Math.max(scores[index] ?? 0, await context.rank(asked, part));
          };
          return { tokens: asked.length + part.length, run };
        });
      });
      await inUnits(gate, job, pieces);
      job.signal.throwIfAborted();
      return scores;
    },
  };
}

/** Tokens of a document that fit beside a query. A model's template may name the document more than once. */
function documentRoom(context: LlamaRankingContext, query: Token[]): number {
  const some = 0 as Token;
  const one = context.calculateInputLength(query, [some]);
  const copies = Math.max(1, context.calculateInputLength(query, [some, some]) - one);
  return Math.max(1, Math.floor((context.contextSize - 1 - (one - copies)) / copies));
}

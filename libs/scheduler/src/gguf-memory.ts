import type { GgufHeader, KvType, MemoryEstimate, ModelRole } from '@nootropic/contracts';
import { layerMemory, readHeader, writes, type HeaderReader, type LayerMemory } from './memory-layers.ts';
import { cpuWeights, usualCpu, type CpuFeatures } from './memory-repack.ts';

export interface GgufMemoryOptions {
  /** Tokens of context of each conversation. Default: what the model was trained on, at most 8192. */
  readonly contextLength?: number;
  /** How keys and values are kept. Default `f16`. */
  readonly kvType?: KvType;
  /** Tokens evaluated at once. Default 512; a whole context where the role is `embedding` or `reranking`. */
  readonly batch?: number;
  /** What it is loaded for. An embedding context is at most 2048 tokens long. A `completion` model keeps a second context, to fill gaps in. Default `chat`. */
  readonly role?: ModelRole;
  /** Conversations kept at once, each with cells of its own. Default 1. */
  readonly sequences?: number;
  /** Layers on the GPU as llama.cpp counts them: the output is the first of them, then the last layer, and so on. Default 0. */
  readonly gpuLayers?: number;
  /** The gaps of an editor are filled by this model as well, whatever its role. Default: only with the role `completion`. */
  readonly fillsGaps?: boolean;
  /** Default: an x86 processor with AVX2. */
  readonly cpu?: CpuFeatures;
}

/** Bytes per number, blocks' scales included (ggml's block sizes: 32 numbers and one or two 16-bit scales). */
const kvBytes: Readonly<Record<KvType, number>> = {
  f32: 4,
  f16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
};

const usualContext = 8192;
const usualBatch = 512;
const embeddingContext = 2048;
const gapContext = 2048;
/** llama.cpp rounds the cells of a context up to this. */
const cellBlock = 256;

/**
 * What does not follow from llama.cpp's source, measured on made models of twelve shapes (`npm run bench -- memory`), in bytes.
 * `perToken`: the tables of one token of the vocabulary, in llama.cpp and in JavaScript, its merge rule included. `perCell`: what is kept
 * about one cell of a context beside keys and values. `base`: what any model costs. `perSequence`: what
 * each further conversation keeps for every token of the vocabulary: logits, and candidates to sample from. `gpu`: buffers and code that a GPU's driver takes.
 */
const measured = { perToken: 1100, perCell: 100, perSequence: 64, base: 8 * 1024 ** 2, gpu: 256 * 1024 ** 2 };

/**
 * Bytes that a model will need, from its header alone.
 *
 * - Weights: as in the file, on the device that their layer is on. Those that the CPU backend lays out anew (`repack`) count once, as the
 *   copy: where the file is mapped into memory, the system takes their pages back when something else needs the room.
 *   Of a table that is only looked up, half counts: the rows of rare tokens are never touched.
 * - Keys and values of every layer: grouped heads counted per layer, latent attention as its one vector, a sliding window with no more
 *   cells than the window and a batch, the state of a recurrent layer; for each conversation.
 * - What computing a batch touches: activations, the attention mask, the vocabulary's tables. The logits of every token of a batch are
 *   reserved by llama.cpp, but on the processor their pages are never touched; on a GPU they count.
 *
 * - A model that was made to write and is loaded to embed or to rank: the logits of a whole text, which are computed for nothing.
 *
 * Where the header lists no tensors, types are guessed from its `general.file_type`.
 */
export function estimateGgufMemory(header: GgufHeader, options: GgufMemoryOptions = {}): MemoryEstimate {
  const reader = readHeader(header);
  const layers = layerMemory(header);
  const place = placeLayers(layers.length, options.gpuLayers ?? 0);
  const weights = placeWeights(header, options, place);
  const contexts = contextsOf(reader, options);
  const bits = kvBytes[options.kvType ?? 'f16'];
  const caches = layers.map((layer) => contexts.reduce((sum, context) => sum + cacheBytes(layer, context, bits), 0));
  const sum = (list: readonly number[]): number => list.reduce((total, bytes) => total + bytes, 0);
  const kvGpu = sum(caches.filter((_, layer) => place.onGpu(layer)));
  const kvCache = Math.ceil(sum(caches));
  const pooled = options.role === 'embedding' || options.role === 'reranking';
  const logits = pooled && writes(header) ? 'all' : place.any ? 'reserved' : 'none';
  const work = contexts.map((context) => computeBytes({ header, reader, context }, logits));
  const tables = measured.base + header.vocabulary * measured.perToken;
  const computeGpu = place.any ? measured.gpu + sum(work) : 0;
  const compute = Math.ceil(tables + (place.any ? measured.gpu : 0) + sum(work));
  const gpu = Math.ceil(weights.gpu) + Math.ceil(kvGpu) + Math.ceil(computeGpu);
  const total = weights.kept + weights.repack + kvCache + compute;
  return { weights: weights.kept, repack: weights.repack, kvCache, compute, total, gpu: Math.min(gpu, total) };
}

/** Layers of this model as `gpuLayers` counts them: the output is one of them. */
export function gpuLayerCount(header: GgufHeader): number {
  return readHeader(header).one('block_count', 0) + 1;
}

/** The longest context it can have, as far as the header says: `undefined` where it does not. */
export function trainedContext(header: GgufHeader): number | undefined {
  const trained = readHeader(header).one('context_length', 0);
  return trained > 0 ? trained : undefined;
}

interface Place {
  readonly any: boolean;
  onGpu(layer: number): boolean;
}

/** llama.cpp, `llama_model::load_tensors`: the last ones first, and the output is the very last. */
function placeLayers(count: number, gpuLayers: number): Place {
  const first = Math.max(0, count + 1 - gpuLayers);
  return { any: gpuLayers > 0, onGpu: (layer) => layer >= first };
}

function placeWeights(header: GgufHeader, options: GgufMemoryOptions, place: Place) {
  const count = readHeader(header).one('block_count', 0);
  const onCpu = (name: string): boolean => {
    const layer = /^blk\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) return !place.onGpu(Number(layer));
    // The input stays with the processor; all else outside of the layers belongs to the output.
    return /^(token_|position_|per_layer_token_)/.test(name) || !place.onGpu(count);
  };
  const offloaded = Math.min(count + 1, Math.max(0, options.gpuLayers ?? 0)) / (count + 1);
  const { file, copied, both, lookedUp } = cpuWeights(header, {
    cpu: options.cpu ?? usualCpu,
    onCpu,
    share: 1 - offloaded,
  });
  // Beside a GPU the processor's weights stay as they are in the file: the copies' layout is not tried there.
  const repack = place.any ? 0 : Math.ceil(copied);
  const onGpu = Math.max(0, header.tensorBytes - file);
  const dropped = place.any ? 0 : copied - both;
  // Where the embedding is the output too, a GPU gets a copy of it.
  const tied = header.tensors?.some(({ name }) => name === 'output.weight') === false && place.onGpu(count);
  const embedding = header.tensors?.find(({ name }) => name === 'token_embd.weight')?.bytes ?? 0;
  const gpu = onGpu + (tied ? embedding : 0);
  return { kept: Math.ceil(file - dropped - lookedUp / 2 + gpu), repack, gpu };
}

interface Context {
  readonly size: number;
  readonly cells: number;
  readonly batch: number;
  readonly sequences: number;
}

function contextsOf(reader: HeaderReader, options: GgufMemoryOptions): Context[] {
  const { role = 'chat', sequences = 1 } = options;
  const trained = reader.one('context_length', 0) || usualContext;
  // As the model process does: never longer than the model was trained for.
  const asked = Math.max(1, Math.min(options.contextLength ?? Math.min(trained, usualContext), trained));
  const size = role === 'embedding' ? Math.min(asked, embeddingContext) : asked;
  const batch = Math.max(
    1,
    Math.min(options.batch ?? (role === 'embedding' || role === 'reranking' ? size : usualBatch), size),
  );
  const cellsOf = (tokens: number): number => Math.ceil(tokens / cellBlock) * cellBlock;
  const own = { size, cells: cellsOf(size), batch, sequences: role === 'embedding' ? 1 : Math.max(1, sequences) };
  if (!(options.fillsGaps ?? role === 'completion')) return [own];
  const gap = Math.min(gapContext, size);
  return [own, { size: gap, cells: cellsOf(gap), batch: Math.min(batch, gap), sequences: 1 }];
}

function cacheBytes(layer: LayerMemory, context: Context, perNumber: number): number {
  const { cells, batch, sequences } = context;
  // llama.cpp, `llama_kv_cache_iswa`; node-llama-cpp makes the batch one longer there.
  const local = layer.window === undefined ? cells : Math.min(cells, layer.window + batch + 1);
  const kept = Math.ceil(local / cellBlock) * cellBlock;
  return sequences * (layer.perToken * perNumber * kept + 4 * layer.state);
}

function computeBytes(
  of: { readonly header: GgufHeader; readonly reader: HeaderReader; readonly context: Context },
  logitsOf: 'all' | 'reserved' | 'none',
): number {
  const { header, reader, context } = of;
  const width = reader.one('embedding_length', 0);
  const heads = reader.most('attention.head_count') ?? 0;
  const attention = heads * reader.one('attention.key_length', heads > 0 ? width / heads : 0);
  const experts = reader.one('expert_used_count', 0);
  const dense = reader.most('feed_forward_length') ?? 0;
  const wide = Math.max(dense, experts * (reader.most('expert_feed_forward_length') ?? (experts > 0 ? dense : 0)));
  const inner = reader.one('ssm.inner_size', 0);
  // Of one token: the two halves of a gated layer or the heads' queries and answers, and what goes past them.
  const activations = Math.max(2 * wide, 3 * attention, 4 * inner) + 3 * width;
  // They take the place of the activations, which are no longer needed then.
  const buffer = Math.max(activations, logitsOf === 'none' ? 0 : header.vocabulary);
  const handedOut = logitsOf === 'all' ? header.vocabulary : 0;
  const mask = 2 * context.cells;
  return (
    context.batch * (4 * (buffer + handedOut) + mask) +
    measured.perSequence * header.vocabulary * (context.sequences - 1) +
    measured.perCell * context.cells * context.sequences
  );
}

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { ComputeGate, KvType } from '@nootropic/contracts';
import type { Llama } from 'node-llama-cpp';
import type { LoadCommand } from './llama-protocol.ts';
import { holdEmbedder, holdRanker } from './model-process-embedder.ts';
import { holdGenerator } from './model-process-generator.ts';
import type { ContextOptions, HeldModel, NativeLlama } from './model-process-held.ts';
import { createSavedStates } from './model-process-states.ts';

/** Prompt tokens evaluated at once at most. It also bounds a buffer: the logits of each of them are reserved. */
const batch = 512;
/** Context of a model without a length of its own, and the most that is taken unasked. */
const usualContext = 8192;
const embeddingContext = 2048;
/** What one conversation that waits may take: a whole context of a large model. */
const swapLimit = 64 * 1024 ** 3;

/** What a model did lately. */
export interface ModelMeter {
  /** Threads of the last unit of work. */
  readonly threads: number;
  /** Tokens per second; `undefined` until something was measured. */
  readonly promptSpeed: number | undefined;
  readonly writeSpeed: number | undefined;
}

export interface MeteredModel extends HeldModel {
  readonly gpuLayers: number;
  readonly kvType: KvType;
  /** Bytes that this process took for itself since before the load; `undefined` where the system does not say. */
  anonymous(): number | undefined;
  meter(): ModelMeter;
}

export async function holdModel(
  native: NativeLlama,
  open: ComputeGate,
  load: { readonly command: LoadCommand; readonly model: number; readonly onProgress: () => void },
): Promise<MeteredModel> {
  const { library, llama } = native;
  const { path, role, contextLength, threads, gpuLayers, kvType = 'f16', sequences, identity } = load.command;
  const { gate, meter } = meterUnits(native, open, { fixed: threads, group: String(load.model) });
  const ideal = threads ?? Math.max(1, llama.cpuMathCores);
  const before = anonymousBytes();
  const model = await llama.loadModel({
    modelPath: path,
    onLoadProgress: load.onProgress,
    ...(gpuLayers !== undefined && { gpuLayers }),
    ...(role === 'embedding' &&
      gpuLayers === undefined && {
        gpuLayers: { fitContext: { embeddingContext: true, contextSize: embeddingContext } },
      }),
  });
  try {
    const trained = model.trainContextSize > 0 ? model.trainContextSize : usualContext;
    // The library rounds a context up to 256; what the model was trained on is never exceeded.
    const size = Math.min(contextLength ?? Math.min(trained, usualContext), trained);
    const options: ContextOptions = {
      contextSize: size,
      batchSize: Math.min(batch, size),
      threads: ideal,
      ...(sequences !== undefined && { sequences }),
      ...contextKvOptions(kvType),
    };
    // A context takes no more than this is now, for good; each unit of work lowers it again.
    llama.maxThreads = ideal;
    const hold = async (): Promise<HeldModel> => {
      if (role === 'embedding')
        return holdEmbedder(model, gate, { ...options, contextSize: Math.min(size, embeddingContext) });
      if (role === 'reranking') return holdRanker(model, gate, options);
      const saved = { name: `${identity} ${kvType} ${library.getModuleVersion()}`, onFailure: native.onFailure };
      const states = native.states && createSavedStates({ ...native.states, ...saved });
      const swap = createSavedStates({ root: native.swapFolder, limit: swapLimit, ...saved });
      return holdGenerator({ library, model, gate, states, swap }, options);
    };
    const held = await hold();
    const anonymous = (): number | undefined => {
      const now = anonymousBytes();
      return now === undefined || before === undefined ? undefined : Math.max(0, now - before);
    };
    return { ...held, gpuLayers: model.gpuLayers, kvType, anonymous, meter };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** What this process has of memory that no file backs, from /proc. */
function anonymousBytes(): number | undefined {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Keys and values in fewer bits need flash attention for the values. */
function contextKvOptions(kvType: KvType): Partial<ContextOptions> {
  if (kvType === 'f16') return {};
  const type = kvType.toUpperCase() as 'Q8_0';
  return { experimentalKvCacheKeyType: type, experimentalKvCacheValueType: type, flashAttention: true };
}

const computing = new WeakMap<Llama, string>();

/**
 * The library shares the threads out among all contexts that computed until now, and takes a context off that list at the next timer. Where
 * another job's unit begins before that, it would get half of them: a completion was read at half its speed.
 */
async function settle(llama: Llama, jobId: string): Promise<void> {
  const before = computing.get(llama);
  computing.set(llama, jobId);
  if (llama.gpu === false && before !== undefined && before !== jobId) await setTimeout(1);
}

/**
 * The same gate; with each lease the threads are chosen anew, where the load did not fix their number, and what it did is measured.
 * `group`: units of one model may be computed together, where the gate allows that.
 */
function meterUnits(
  native: NativeLlama,
  gate: ComputeGate,
  model: { readonly fixed: number | undefined; readonly group: string },
): { gate: ComputeGate; meter: () => ModelMeter } {
  const perToken: { prompt?: number; write?: number } = {};
  let threads = model.fixed ?? 0;
  const speed = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : 1_000 / ms);
  return {
    meter: () => ({ threads, promptSpeed: speed(perToken.prompt), writeSpeed: speed(perToken.write) }),
    gate: {
      async acquire(unit, signal) {
        const lease = await gate.acquire({ ...unit, group: model.group }, signal);
        await settle(native.llama, unit.jobId);
        const kind = unit.kind === 'decode' ? 'write' : 'prompt';
        const used = model.fixed ?? native.threads.choose(kind);
        threads = used;
        native.llama.maxThreads = used;
        const since = performance.now();
        return {
          tokens: lease.tokens,
          release(evaluated = lease.tokens) {
            const ms = Math.max(0.001, performance.now() - since);
            native.threads.observe({ kind, threads: used, tokens: evaluated, ms });
            const seen = ms / Math.max(1, evaluated);
            const old = perToken[kind];
            perToken[kind] = old === undefined ? seen : old + 0.2 * (seen - old);
            lease.release(evaluated);
          },
        };
      },
    },
  };
}

import {
  NootropicError,
  type GenerateRequest,
  type InfillRequest,
  type ModelEvent,
  type PromptParts,
} from '@nootropic/contracts';
import type { Llama, LlamaModel, Token } from 'node-llama-cpp';
import type { LoadedModel } from './llama-protocol.ts';
import type { GatedJob } from './model-process-sequence.ts';
import type { ThreadGovernor } from './model-process-threads.ts';
import { countedText } from './openai-messages.ts';

export type Library = typeof import('node-llama-cpp');

/** The native library, loaded once per process. */
export interface NativeLlama {
  readonly library: Library;
  readonly llama: Llama;
  readonly threads: ThreadGovernor;
  /** Where conversations are kept over restarts; absent where none are. */
  readonly states: StatesPlace | undefined;
  /** A folder of this process for conversations that wait while another uses their sequence. */
  readonly swapFolder: string;
  readonly onFailure: (message: string) => void;
}

export interface StatesPlace {
  readonly root: string;
  readonly limit: number;
}

export interface Job extends Pick<GatedJob, 'jobId' | 'workClass' | 'client' | 'signal'> {
  /** The conversation that the call belongs to. */
  readonly session: string | undefined;
  readonly emit: (event: ModelEvent) => void;
}

/** One model in the memory of this process. */
export interface HeldModel {
  readonly loaded: LoadedModel;
  generate(request: GenerateRequest, job: Job): Promise<void>;
  infill(request: InfillRequest, job: Job): Promise<void>;
  embed(texts: readonly string[], job: Job): Promise<Float32Array[]>;
  rerank(query: string, documents: readonly string[], job: Job): Promise<number[]>;
  count(what: string | PromptParts): number;
  tokenize(text: string, special: boolean): readonly number[];
  detokenize(tokens: readonly number[]): string;
  view(): { readonly sequences: number; readonly held: number; readonly busy: boolean };
  /** Gives memory back without unloading; true when something was given up. */
  shrink(step: 'caches' | 'contexts'): Promise<boolean>;
  /** Writes what is worth keeping over a restart to the disk. */
  keep(): Promise<void>;
  dispose(): Promise<void>;
}

export interface ContextOptions {
  readonly contextSize: number;
  readonly batchSize: number;
  readonly threads: number;
  readonly sequences?: number;
  readonly flashAttention?: boolean;
  readonly experimentalKvCacheKeyType?: 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'F16' | 'F32';
  readonly experimentalKvCacheValueType?: 'Q8_0' | 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'F16' | 'F32';
}

export function unsupported(what: string): never {
  throw new NootropicError('MODEL_UNSUPPORTED', `This model was not loaded to ${what}.`);
}

/** The library reads past its vocabulary where a number is not in it. */
function knownTokens(model: LlamaModel, tokens: readonly number[]): Token[] {
  const size = model.fileInfo.metadata.tokenizer?.ggml.tokens?.length ?? 0;
  const wrong = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= size);
  if (wrong !== undefined)
    throw new NootropicError('INPUT_INVALID', `${wrong} is no token of this model, which has ${size}.`);
  return [...tokens] as Token[];
}

/** The parts that no model of a role has. */
export function basis(model: LlamaModel) {
  return {
    generate: async (): Promise<void> => unsupported('generate'),
    infill: async (): Promise<void> => unsupported('fill gaps'),
    embed: async (): Promise<Float32Array[]> => unsupported('embed'),
    rerank: async (): Promise<number[]> => unsupported('rank'),
    count: (what: string | PromptParts) => model.tokenize(countedText(what)).length,
    tokenize: (text: string, special: boolean): readonly number[] => model.tokenize(text, special),
    detokenize: (tokens: readonly number[]) => model.detokenize(knownTokens(model, tokens), true),
    view: () => ({ sequences: 0, held: 0, busy: false }),
    shrink: async () => false,
    keep: async () => undefined,
    dispose: () => model.dispose(),
  };
}

import {
  NootropicError,
  type ComputeGate,
  type GenerateRequest,
  type InfillRequest,
  type ModelAbility,
  type ModelEvent,
  type TokenCounts,
} from '@nootropic/contracts';
import type {
  ChatWrapper,
  Llama,
  LlamaContext,
  LlamaEmbeddingContext,
  LlamaModel,
  LlamaRankingContext,
} from 'node-llama-cpp';
import type { LoadCommand, LoadedModel } from './llama-protocol.ts';
import { toGrammarSchema } from './llama-schema.ts';
import { answerLimit, toChatHistory, toFunctions } from './model-process-chat.ts';
import { gateSequence, type GatedJob, type GatedSequence } from './model-process-sequence.ts';
import { unitVector } from './unit-vector.ts';

type Library = typeof import('node-llama-cpp');

/** The native library, loaded once per process. */
export interface NativeLlama {
  readonly library: Library;
  readonly llama: Llama;
  /** Cores that others leave free now. */
  readonly freeCores: () => number;
}

export interface Job extends Omit<GatedJob, 'onProgress'> {
  readonly emit: (event: ModelEvent) => void;
}

/** One model in the memory of this process. */
export interface HeldModel {
  readonly loaded: LoadedModel;
  generate(request: GenerateRequest, job: Job): Promise<void>;
  infill(request: InfillRequest, job: Job): Promise<void>;
  embed(texts: readonly string[], job: Job): Promise<Float32Array[]>;
  rerank(query: string, documents: readonly string[], job: Job): Promise<number[]>;
  count(text: string): number;
  dispose(): Promise<void>;
}

/** Prompt tokens evaluated at once at most. It also bounds a buffer: the logits of each of them are reserved. */
const batch = 512;
/** Context of a model without a length of its own, and the most that is taken unasked. */
const usualContext = 8192;
/** Context of the second sequence, that fills gaps while a chat goes on. */
const gapContext = 2048;
const embeddingContext = 2048;

export async function holdModel(
  native: NativeLlama,
  open: ComputeGate,
  load: { command: LoadCommand; onProgress: () => void },
): Promise<HeldModel> {
  const { library, llama } = native;
  const { path, role, contextLength } = load.command;
  const gate = fitThreads(native, open, load.command.threads);
  const ideal = load.command.threads ?? Math.max(1, llama.cpuMathCores);
  const model = await llama.loadModel({
    modelPath: path,
    onLoadProgress: load.onProgress,
    ...(role === 'embedding' && {
      gpuLayers: { fitContext: { embeddingContext: true, contextSize: embeddingContext } },
    }),
  });
  try {
    const trained = model.trainContextSize > 0 ? model.trainContextSize : usualContext;
    // The library rounds a context up to 256; what the model was trained on is never exceeded.
    const size = Math.min(contextLength ?? Math.min(trained, usualContext), trained);
    const options = { contextSize: size, batchSize: Math.min(batch, size), threads: ideal };
    // A context takes no more than this is now, for good; each unit of work lowers it again.
    llama.maxThreads = ideal;
    if (role === 'embedding')
      return await holdEmbedder(model, gate, { ...options, contextSize: Math.min(size, embeddingContext) });
    if (role === 'reranking') return await holdRanker(model, gate, options);
    return await holdGenerator({ library, model, context: await model.createContext(options) }, gate, options);
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** The same gate; with each lease the threads are fitted to what others leave free, where the load did not fix their number. */
function fitThreads(native: NativeLlama, gate: ComputeGate, fixed: number | undefined): ComputeGate {
  return {
    async acquire(unit, signal) {
      const lease = await gate.acquire(unit, signal);
      native.llama.maxThreads = fixed ?? native.freeCores();
      return lease;
    },
  };
}

interface ContextOptions {
  readonly contextSize: number;
  readonly batchSize: number;
  readonly threads: number;
}

function unsupported(what: string): never {
  throw new NootropicError('MODEL_UNSUPPORTED', `This model was not loaded to ${what}.`);
}

/** The parts that no model of a role has. */
function basis(model: LlamaModel) {
  return {
    generate: async (): Promise<void> => unsupported('generate'),
    infill: async (): Promise<void> => unsupported('fill gaps'),
    embed: async (): Promise<Float32Array[]> => unsupported('embed'),
    rerank: async (): Promise<number[]> => unsupported('rank'),
    count: (text: string) => model.tokenize(text).length,
    dispose: () => model.dispose(),
  };
}

/** One unit of work that cannot be cut. */
async function asOneUnit<Result>(
  gate: ComputeGate,
  job: Job,
  unit: { tokens: number; run: () => Promise<Result> },
): Promise<Result> {
  const { jobId, workClass, client, signal } = job;
  const lease = await gate.acquire(
    { jobId, workClass, client, kind: 'embed', tokens: Math.max(1, unit.tokens) },
    signal,
  );
  try {
    return await unit.run();
  } finally {
    lease.release();
  }
}

async function holdEmbedder(model: LlamaModel, gate: ComputeGate, options: ContextOptions): Promise<HeldModel> {
  // A pooled embedding needs the whole text in one batch.
  const context: LlamaEmbeddingContext = await model.createEmbeddingContext({
    ...options,
    batchSize: options.contextSize,
  });
  const dimensions = model.embeddingVectorSize;
  return {
    ...basis(model),
    loaded: { can: ['embed'], contextLength: options.contextSize, dimensions },
    async embed(texts, job) {
      const vectors: Float32Array[] = [];
      for (const text of texts) {
        job.signal.throwIfAborted();
        // What does not fit is left out; two places stay free for the tokens that frame a text.
        const tokens = model.tokenize(text).slice(0, options.contextSize - 3);
        if (tokens.length === 0) vectors.push(unitVector(new Float32Array(dimensions)));
        else {
          const run = async () => unitVector((await context.getEmbeddingFor(tokens)).vector);
          vectors.push(await asOneUnit(gate, job, { tokens: tokens.length, run }));
        }
      }
      return vectors;
    },
  };
}

async function holdRanker(model: LlamaModel, gate: ComputeGate, options: ContextOptions): Promise<HeldModel> {
  let context: LlamaRankingContext;
  try {
    context = await model.createRankingContext(options);
  } catch (cause) {
    throw new NootropicError(
      'MODEL_UNSUPPORTED',
      `This model cannot rank: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return {
    ...basis(model),
    loaded: { can: ['rerank'], contextLength: options.contextSize, dimensions: 0 },
    async rerank(query, documents, job) {
      const scores: number[] = [];
      for (const document of documents) {
        job.signal.throwIfAborted();
        const tokens = model.tokenize(document).length;
        scores.push(await asOneUnit(gate, job, { tokens, run: () => context.rank(query, document) }));
      }
      return scores;
    },
  };
}

interface Generator {
  readonly library: Library;
  readonly model: LlamaModel;
  readonly context: LlamaContext;
}

async function holdGenerator(parts: Generator, gate: ComputeGate, options: ContextOptions): Promise<HeldModel> {
  const { library, model, context } = parts;
  const chat = createSlot(async () => gateSequence(context.getSequence(), gate));
  // Made when a gap is first filled: it costs memory, and most who chat never fill one.
  const gaps = createSlot(async () => {
    const size = Math.min(gapContext, options.contextSize);
    model.llama.maxThreads = options.threads;
    const own = await model.createContext({ ...options, contextSize: size, batchSize: Math.min(batch, size) });
    return gateSequence(own.getSequence(), gate);
  });
  const wrapper = callFromMarker(parts, chatWrapperOf(library, model));
  const { infill } = model.tokens;
  const fills = infill.prefix !== null && infill.suffix !== null;
  const can: ModelAbility[] = ['generate', 'tools', 'json-schema', ...(fills ? (['infill'] as const) : [])];
  const size = Math.min(context.contextSize, options.contextSize);

  const run = async (slot: Slot, job: Job, work: (gated: GatedSequence) => Promise<Ending>): Promise<void> =>
    slot.use(job, async (gated) => {
      const loan = gated.lend({
        ...job,
        onProgress: (done, total) => job.emit({ type: 'prompt-progress', done, total }),
      });
      const finish = (reason: Ending): void => job.emit({ type: 'finish', reason, tokens: loan.counts() });
      try {
        const reason = await work(gated);
        finish(job.signal.aborted ? 'aborted' : reason);
      } catch (error) {
        if (!job.signal.aborted) throw error;
        finish('aborted');
      }
    });

  return {
    ...basis(model),
    loaded: { can, contextLength: size, dimensions: 0 },
    generate: (request, job) => run(chat, job, (gated) => answer({ ...parts, wrapper, size }, { gated, request, job })),
    async infill(request, job) {
      if (!fills) unsupported('fill gaps');
      await run(gaps, job, (gated) => fillGap(parts, { gated, request, job }));
    },
  };
}

/**
 * How this model is talked to: its own template. The library would first compare that with every form it knows, which takes a second or
 * more and matters only to models that think aloud: their thoughts are told from their answer by the known form.
 */
function chatWrapperOf(library: Library, model: LlamaModel): ChatWrapper {
  const template = model.fileInfo.metadata.tokenizer?.chat_template;
  if (typeof template === 'string' && template.trim() !== '' && !/think|reason|channel/i.test(template)) {
    try {
      return new library.JinjaTemplateChatWrapper({ template, tokenizer: model.tokenizer });
    } catch {
      // A template that cannot be rendered: the library then guesses by the model's name.
    }
  }
  return library.resolveChatWrapper(model);
}

/**
 * Makes the token that begins a call (`<tool_call>` and its kin) enough to begin it: from there on the grammar writes the form and the model
 * only the name and the arguments. The library waits for the whole opening, down to the first quotation mark, which small models get wrong.
 */
function callFromMarker({ library, model }: Generator, wrapper: ChatWrapper): ChatWrapper {
  const { settings } = wrapper;
  const { call } = settings.functions;
  const first = library.LlamaText(call.prefix).tokenize(model.tokenizer)[0];
  if (first === undefined) return wrapper;
  const text = model.detokenize([first], true);
  if (!/^<.*(tool|call|function).*>$/i.test(text)) return wrapper;
  const marker = library.LlamaText(new library.SpecialTokensText(text));
  const functions = {
    ...settings.functions,
    call: { ...call, prefixAlternateMatches: [...(call.prefixAlternateMatches ?? []), marker] },
  };
  return Object.assign(wrapper, { settings: { ...settings, functions } });
}

type Ending = Extract<ModelEvent, { type: 'finish' }>['reason'];

async function answer(
  parts: Generator & { wrapper: ChatWrapper; size: number },
  work: { gated: GatedSequence; request: GenerateRequest; job: Job },
): Promise<Ending> {
  const { library, model, wrapper } = parts;
  const { gated, request, job } = work;
  const history = toChatHistory(request.messages);
  const functions =
    request.tools === undefined || request.tools.length === 0 || request.jsonSchema !== undefined
      ? undefined
      : toFunctions(request.tools);
  const rendered = wrapper.generateContextState({
    chatHistory: history.at(-1)?.type === 'model' ? history : [...history, { type: 'model', response: [] }],
    ...(functions && { availableFunctions: functions }),
  });
  const prompt = rendered.contextText.tokenize(model.tokenizer).length;
  const room = parts.size - prompt - 1;
  if (room < 1)
    throw new NootropicError(
      'CONTEXT_OVERFLOW',
      `The request has ${prompt} tokens; the model was loaded to read ${parts.size}.`,
    );
  const limits = {
    signal: job.signal,
    stopOnAbortSignal: true,
    maxTokens: answerLimit(request, room),
    temperature: request.temperature ?? 0.2,
    repeatPenalty: false,
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(request.stop && request.stop.length > 0 && { customStopTriggers: request.stop }),
  } as const;
  const onResponseChunk = (chunk: { readonly text: string; readonly type: 'segment' | undefined }): void => {
    if (chunk.text !== '') job.emit({ type: chunk.type === 'segment' ? 'reasoning' : 'text', text: chunk.text });
  };
  const chat = new library.LlamaChat({ contextSequence: gated.sequence, chatWrapper: wrapper });
  try {
    if (request.jsonSchema !== undefined) {
      const grammar = await grammarOf(model, request.jsonSchema);
      const { metadata } = await chat.generateResponse(history, { ...limits, onResponseChunk, grammar });
      return endingOf(metadata.stopReason);
    }
    const { functionCalls, metadata } = await chat.generateResponse(history, {
      ...limits,
      onResponseChunk,
      ...(functions && { functions }),
    });
    for (const call of functionCalls ?? []) {
      const input: unknown = call.params;
      const given =
        typeof input === 'object' && input !== null && !Array.isArray(input) ? (input as Record<string, unknown>) : {};
      job.emit({
        type: 'tool-call',
        call: { id: `call_${crypto.randomUUID()}`, name: call.functionName, arguments: given },
      });
    }
    return endingOf(metadata.stopReason);
  } finally {
    chat.dispose({ disposeSequence: false });
  }
}

async function grammarOf(model: LlamaModel, schema: NonNullable<GenerateRequest['jsonSchema']>) {
  try {
    return await model.llama.createGrammarForJsonSchema(
      toGrammarSchema(schema, true) as Parameters<Llama['createGrammarForJsonSchema']>[0],
    );
  } catch (cause) {
    if (NootropicError.is(cause)) throw cause;
    throw new NootropicError(
      'INPUT_INVALID',
      `The JSON Schema cannot be made into a grammar: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function fillGap(
  parts: Generator,
  work: { gated: GatedSequence; request: InfillRequest; job: Job },
): Promise<Ending> {
  const { library } = parts;
  const { gated, request, job } = work;
  const completion = new library.LlamaCompletion({ contextSequence: gated.sequence });
  try {
    const { metadata } = await completion.generateInfillCompletionWithMeta(request.prefix, request.suffix, {
      signal: job.signal,
      stopOnAbortSignal: true,
      maxTokens: request.maxTokens ?? 64,
      temperature: 0,
      repeatPenalty: false,
      onTextChunk: (text) => {
        if (text !== '') job.emit({ type: 'text', text });
      },
      ...(request.seed !== undefined && { seed: request.seed }),
      ...(request.stop && request.stop.length > 0 && { customStopTriggers: request.stop }),
    });
    return endingOf(metadata.stopReason);
  } finally {
    completion.dispose({ disposeSequence: false });
  }
}

function endingOf(reason: string): Ending {
  if (reason === 'maxTokens') return 'length';
  if (reason === 'functionCalls') return 'tool-call';
  return reason === 'abort' ? 'aborted' : 'stop';
}

interface Slot {
  use(job: Job, work: (gated: GatedSequence) => Promise<void>): Promise<void>;
}

/** A sequence serves one job at a time. The most urgent of those who wait comes next, then the one who came first. */
function createSlot(open: () => Promise<GatedSequence>): Slot {
  const urgency = ['completion', 'chat', 'agent', 'embed', 'batch'];
  const waiting: { readonly job: Job; readonly go: () => void }[] = [];
  let gated: Promise<GatedSequence> | undefined;
  let busy = false;

  const enter = async (job: Job): Promise<void> => {
    if (!busy) {
      busy = true;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const entry = { job, go: turn.resolve };
    const leave = (): void => {
      const at = waiting.indexOf(entry);
      if (at < 0) return;
      waiting.splice(at, 1);
      turn.reject(new NootropicError('ABORTED'));
    };
    job.signal.addEventListener('abort', leave, { once: true });
    waiting.push(entry);
    waiting.sort((a, b) => urgency.indexOf(a.job.workClass) - urgency.indexOf(b.job.workClass));
    try {
      await turn.promise;
    } finally {
      job.signal.removeEventListener('abort', leave);
    }
  };

  return {
    async use(job, work) {
      const none: TokenCounts = { read: 0, reused: 0, written: 0 };
      try {
        await enter(job);
      } catch (error) {
        if (!job.signal.aborted) throw error;
        job.emit({ type: 'finish', reason: 'aborted', tokens: none });
        return;
      }
      try {
        gated ??= open();
        gated.catch(() => (gated = undefined));
        await work(await gated);
      } finally {
        busy = false;
        const next = waiting.shift();
        if (next !== undefined) {
          busy = true;
          next.go();
        }
      }
    },
  };
}

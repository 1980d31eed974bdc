import {
  NootropicError,
  type GenerateRequest,
  type InfillRequest,
  type ModelEvent,
  type PromptParts,
} from '@nootropic/contracts';
import type { ChatWrapper, Llama, LlamaModel, Token } from 'node-llama-cpp';
import { toGrammarSchema } from './llama-schema.ts';
import { answerLimit, toChatHistory, toFunctions, toGrammarFunctions, withoutNulls } from './model-process-chat.ts';
import {
  extraPrompt,
  gapOrder,
  gapPrompt,
  nearPrefix,
  nearSuffix,
  repositoryTokenNames,
  type RepositoryTokens,
} from './model-process-gap.ts';
import type { Job, Library } from './model-process-held.ts';
import { recordLogprobs } from './model-process-logprobs.ts';
import type { Lookup } from './model-process-predictor.ts';
import type { GatedSequence } from './model-process-sequence.ts';

/** What talking to a model needs. */
export interface Speaker {
  readonly library: Library;
  readonly model: LlamaModel;
  readonly wrapper: ChatWrapper;
  /** Tokens of context. */
  readonly size: number;
  /** Guesses tokens; absent where none may be. */
  readonly lookup?: Lookup;
}

/**
 * How this model is talked to: its own template. The library would first compare that with every form it knows, which takes a second or
 * more and matters only to models that think aloud: their thoughts are told from their answer by the known form.
 */
export function chatWrapperOf(library: Library, model: LlamaModel): ChatWrapper {
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
export function callFromMarker(
  { library, model }: Pick<Speaker, 'library' | 'model'>,
  wrapper: ChatWrapper,
): ChatWrapper {
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

export type Ending = Pick<Extract<ModelEvent, { type: 'finish' }>, 'reason' | 'stop'>;

/** The prompt as the model reads it. */
export function promptTokens({ wrapper, model }: Pick<Speaker, 'wrapper' | 'model'>, request: PromptParts): Token[] {
  const history = toChatHistory(request.messages);
  const functions = shownFunctions(request);
  const { contextText } = wrapper.generateContextState({
    chatHistory: history.at(-1)?.type === 'model' ? history : [...history, { type: 'model', response: [] }],
    ...(functions && { availableFunctions: functions }),
  });
  return contextText.tokenize(model.tokenizer);
}

/** What the grammar of a call is made of; none where the whole answer has a form of its own. */
function functionsOf(request: GenerateRequest): ReturnType<typeof toFunctions> | undefined {
  const { tools = [], jsonSchema, constrain } = request;
  return tools.length === 0 || jsonSchema !== undefined ? undefined : toGrammarFunctions(tools, constrain);
}

/** What the beginning of the prompt names: not the tools that a later message announced, nor the values that a call is limited to. */
function shownFunctions(request: PromptParts): ReturnType<typeof toFunctions> | undefined {
  const { tools = [], announcedTools = [], jsonSchema } = request;
  const shown = tools.filter(({ name }) => !announcedTools.includes(name));
  return shown.length === 0 || jsonSchema !== undefined ? undefined : toFunctions(shown);
}

/** The same way of talking, whose prompt names the tools as `shownFunctions` has them; all may be called. */
function showing(wrapper: ChatWrapper, request: GenerateRequest): ChatWrapper {
  if ((request.tools ?? []).length === 0) return wrapper;
  const shown = shownFunctions(request);
  return Object.assign(Object.create(wrapper) as ChatWrapper, {
    generateContextState: ({ availableFunctions: all, ...state }: Parameters<ChatWrapper['generateContextState']>[0]) =>
      wrapper.generateContextState({ ...state, ...(all && shown && { availableFunctions: shown }) }),
  });
}

/** The same way of talking, that writes one prompt in other tokens. */
function writing(wrapper: ChatWrapper, asTokenized: readonly Token[], prompt: readonly Token[]): ChatWrapper {
  return Object.assign(Object.create(wrapper) as ChatWrapper, {
    generateContextState: (state: Parameters<ChatWrapper['generateContextState']>[0]) => {
      const { contextText, ...rest } = wrapper.generateContextState(state);
      const tokenize = (...args: Parameters<typeof contextText.tokenize>): Token[] => {
        const tokens = contextText.tokenize(...args);
        const same =
          tokens.length === asTokenized.length && tokens.every((token, index) => token === asTokenized[index]);
        return same ? [...prompt] : tokens;
      };
      return {
        ...rest,
        contextText: Object.create(contextText, { tokenize: { value: tokenize } }) as typeof contextText,
      };
    },
  });
}

/** @param work `prompt`: the tokens to read; `asTokenized`: the request as `promptTokens` gives it, which they say too. */
export async function answer(
  parts: Speaker,
  work: {
    gated: GatedSequence;
    request: GenerateRequest;
    job: Job;
    prompt: readonly Token[];
    asTokenized?: readonly Token[];
  },
): Promise<Ending> {
  const { library, model, wrapper } = parts;
  const { gated, request, job } = work;
  const history = toChatHistory(request.messages);
  const functions = functionsOf(request);
  const prompt = work.prompt.length;
  const room = parts.size - prompt - 1;
  if (room < 1)
    throw new NootropicError(
      'CONTEXT_OVERFLOW',
      `The request has ${prompt} tokens; the model was loaded to read ${parts.size}.`,
    );
  const { temperature, topK, topP, minP, seed } = sampling(request);
  const limits = {
    signal: job.signal,
    stopOnAbortSignal: true,
    maxTokens: answerLimit(request, room),
    temperature,
    topK,
    topP,
    minP,
    seed,
    repeatPenalty: false,
    ...(request.thinkingTokens !== undefined && { budgets: { thoughtTokens: request.thinkingTokens } }),
    ...stopsOf(request),
  } as const;
  const logprobs = request.logprobs === undefined ? undefined : recordLogprobs(gated.sequence, request.logprobs);
  const onResponseChunk = ({ text, type }: { readonly text: string; readonly type: 'segment' | undefined }): void => {
    if (text === '') return;
    const tokens = logprobs?.take(text);
    if (type === 'segment') job.emit({ type: 'reasoning', text });
    else job.emit({ type: 'text', text, ...(tokens && { logprobs: tokens }) });
  };
  const chat = new library.LlamaChat({
    contextSequence: gated.sequence,
    chatWrapper: writing(showing(wrapper, request), work.asTokenized ?? work.prompt, work.prompt),
  });
  const speak = async (): Promise<Ending> => {
    if (request.jsonSchema !== undefined) {
      const grammar = await grammarOf(model, request.jsonSchema);
      const { metadata } = await chat.generateResponse(history, { ...limits, onResponseChunk, grammar });
      return endingOf(metadata);
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
        call: {
          id: `call_${crypto.randomUUID()}`,
          name: call.functionName,
          arguments: withoutNulls(
            given,
            request.tools?.find(({ name }) => name === call.functionName),
          ),
        },
      });
    }
    return endingOf(metadata);
  };
  try {
    // Where each token is looked at, none is guessed.
    if (logprobs !== undefined) return await logprobs.during(speak);
    if (parts.lookup === undefined || request.lookup === 'off') return await speak();
    return await parts.lookup.during(gated.sequence, speak);
  } finally {
    chat.dispose({ disposeSequence: false });
  }
}

/** How tokens are chosen. Without a seed one is drawn: the library would take the second of the clock, and another one as it passes. */
function sampling(request: Pick<GenerateRequest, 'temperature' | 'topK' | 'topP' | 'minP' | 'seed'>) {
  const { temperature = 0.2, topK = 40, topP = 0.95, minP = 0, seed } = request;
  return { temperature, topK, topP, minP, seed: (seed ?? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) >>> 0 };
}

function stopsOf({ stop = [] }: Pick<GenerateRequest, 'stop'>) {
  const texts = stop.filter((text) => text !== '');
  return texts.length === 0 ? {} : { customStopTriggers: texts };
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

/** Tokens that fill a gap where the request does not say. */
const usualInfill = 64;

export async function fillGap(
  parts: Pick<Speaker, 'library' | 'lookup'>,
  work: { gated: GatedSequence; request: InfillRequest; job: Job },
): Promise<Ending> {
  const { gated, request } = work;
  const { model, contextSize } = gated.sequence;
  const { prefix, suffix, middle, prefixString } = model.tokens.infill;
  if (prefix === null || suffix === null)
    throw new NootropicError('MODEL_UNSUPPORTED', 'This model has no tokens to fill a gap.');
  const maxTokens = Math.max(1, Math.min(request.maxTokens ?? usualInfill, Math.floor(contextSize / 2)));
  // One place for a token that begins every text, one that stays free.
  const room = contextSize - maxTokens - 2;
  const read = (text: string): Token[] => model.tokenize(text, false, 'trimLeadingSpace');
  const extra = extraPrompt(request.extra ?? [], repositoryTokens(model), { read, room: Math.floor(room / 2) });
  const { architecture } = model.fileInfo.metadata.general;
  const known = { prefix, suffix, middle, prefixText: prefixString, architecture };
  const line = request.begun ?? '';
  const begun = gapOrder(known) === 'prefix-first' ? read(nearPrefix(line, room)) : [];
  const last = begun.length <= Math.floor(room / 8) ? begun : [];
  const before = last.length > 0 ? request.prefix : request.prefix + line;
  const gap = gapPrompt(
    known,
    { prefix: read(nearPrefix(before, room)), suffix: read(nearSuffix(request.suffix, room)) },
    room - extra.length - last.length,
  );
  return complete(parts, { ...work, tokens: [...extra, ...gap, ...last], maxTokens });
}

function repositoryTokens(model: LlamaModel): RepositoryTokens {
  const find = (names: readonly string[]): Token | undefined =>
    names.map((name) => model.tokenize(name, true)).find((tokens) => tokens.length === 1)?.[0];
  return { repository: find(repositoryTokenNames.repository), file: find(repositoryTokenNames.file) };
}

/** The tokens of a text as a model reads it that was given nothing else: names of special tokens stand for these. */
export function rawTokens(model: LlamaModel, text: string): Token[] {
  const { bos, eos, shouldPrependBosToken } = model.tokens;
  const tokens = model.tokenize(text, true);
  const first = shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos] : [];
  const read = [...first, ...tokens];
  // A model must read something before it writes.
  const any = bos ?? eos;
  return read.length === 0 && any !== null ? [any] : read;
}

/** Lets the model go on from a prompt that `rawTokens` gave. */
export async function goOn(
  parts: Pick<Speaker, 'library' | 'lookup' | 'size'>,
  work: { gated: GatedSequence; request: InfillRequest; job: Job; prompt: readonly Token[] },
): Promise<Ending> {
  const { prompt, request, gated } = work;
  const room = parts.size - prompt.length - 1;
  if (room < 1)
    throw new NootropicError(
      'CONTEXT_OVERFLOW',
      `The request has ${prompt.length} tokens; the model was loaded to read ${parts.size}.`,
    );
  const { bos, shouldPrependBosToken } = gated.sequence.model.tokens;
  // The library puts this token there by itself.
  const tokens = shouldPrependBosToken && prompt.length > 1 && prompt[0] === bos ? prompt.slice(1) : [...prompt];
  return complete(parts, { ...work, tokens, maxTokens: Math.min(request.maxTokens ?? usualInfill, room) });
}

async function complete(
  { library, lookup }: Pick<Speaker, 'library' | 'lookup'>,
  work: {
    readonly gated: GatedSequence;
    readonly request: InfillRequest;
    readonly job: Job;
    readonly tokens: Token[];
    readonly maxTokens: number;
  },
): Promise<Ending> {
  const { request, job, maxTokens } = work;
  const { sequence } = work.gated;
  const completion = new library.LlamaCompletion({ contextSequence: sequence });
  const fill = async (): Promise<Ending> => {
    const { metadata } = await completion.generateCompletionWithMeta(work.tokens, {
      signal: job.signal,
      stopOnAbortSignal: true,
      contextShiftSize: maxTokens + 1,
      disableContextShift: true,
      maxTokens,
      ...sampling({ ...request, temperature: request.temperature ?? 0 }),
      repeatPenalty: false,
      onTextChunk: (text) => {
        if (text !== '') job.emit({ type: 'text', text });
      },
      ...stopsOf(request),
    });
    return endingOf(metadata);
  };
  try {
    return await (lookup?.during(sequence, fill) ?? fill());
  } finally {
    completion.dispose({ disposeSequence: false });
  }
}

function endingOf(metadata: {
  readonly stopReason: string;
  readonly customStopTrigger?: readonly (string | Token)[];
}): Ending {
  const { stopReason, customStopTrigger = [] } = metadata;
  if (stopReason === 'maxTokens') return { reason: 'length' };
  if (stopReason === 'functionCalls') return { reason: 'tool-call' };
  if (stopReason === 'abort') return { reason: 'aborted' };
  const stop = customStopTrigger.filter((part) => typeof part === 'string').join('');
  return { reason: 'stop', ...(stop !== '' && { stop }) };
}

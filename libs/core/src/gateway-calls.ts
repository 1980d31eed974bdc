import {
  NootropicError,
  type CallOptions,
  type Config,
  type GenerateRequest,
  type Model,
  type ModelInfo,
  type ModelEvent,
  type ModelRole,
  type PromptParts,
  type WorkClass,
} from '@nootropic/contracts';
import { createArranger, type Arranged } from './arrange.ts';
import { workingFolder } from './arrange-volatile.ts';
import type { ChatAsk, Gateway, GatewayAnswer, GatewayCaller, GatewayModel } from './gateway.ts';
import { checkImages, imagesOf, requireSight } from './images.ts';
import { createGatewayNames, type GatewayNamesPorts } from './gateway-names.ts';
import { mayFallBack } from './model-candidates.ts';
import type { Models } from './models.ts';
import { isLocalRef } from './never-remote.ts';

export interface GatewayPorts extends Omit<GatewayNamesPorts, 'models' | 'config'> {
  readonly models: Models;
  readonly config: Config['models'];
}

/** Characters of a token, on the low side, where no tokenizer is at hand: nothing is refused that might fit. */
const charactersPerToken = 6;

/** A model in memory, and what it is to other programs. */
interface Opened {
  readonly model: Model;
  readonly about: GatewayModel;
}

/** What a model is to be opened for. */
interface Wanted {
  readonly name: string | undefined;
  readonly role: ModelRole;
  /** All that would be sent to it. */
  readonly texts: readonly string[];
}

export function createGateway(ports: GatewayPorts): Gateway {
  const { models, config } = ports;
  const names = createGatewayNames(ports);
  const arranger = createArranger();

  /**
   * The folder that a request is about, so that its rules hold: one of those that no model elsewhere may see, where the request names it,
   * else the one that the program says it works in.
   */
  const folderOf = (texts: readonly string[]): string | undefined =>
    config.neverRemote.find((folder) => folder !== '/' && texts.some((text) => text.includes(folder))) ??
    workingFolder(texts);

  const load = async (about: GatewayModel, { role, texts }: Wanted, signal?: AbortSignal): Promise<Opened> => {
    const workspace = isExact(about.info) ? undefined : folderOf(texts);
    const { model } = await models.open(about.info.ref, { role, workspace }, signal);
    return { model, about: { ...about, info: model.info, role, loaded: true } };
  };

  /** One model is loaded for chat and for gaps, where it is not the one that is configured for gaps alone. */
  const roleFor = async (about: GatewayModel, wanted: ModelRole): Promise<ModelRole> => {
    if (wanted !== 'completion') return wanted;
    const usual = await models.choose({ role: 'completion' }).catch(() => undefined);
    if (usual?.ref === about.info.ref) return usual.role;
    return about.role === 'completion' ? 'completion' : 'chat';
  };

  const open = async (wanted: Wanted, { signal, listedOnly }: GatewayCaller): Promise<Opened> => {
    const named = await names.find(wanted.name, wanted.role, listedOnly);
    if (!named.next) return load(named.model, { ...wanted, role: await roleFor(named.model, wanted.role) }, signal);
    let first: NootropicError | undefined;
    for (let about: GatewayModel | undefined = named.model; about; about = await named.next()) {
      try {
        return await load(about, { ...wanted, role: about.role }, signal);
      } catch (cause) {
        const error = NootropicError.from(cause);
        first ??= error;
        const failed = { ref: about.info.ref, reason: '', role: about.role, named: false };
        if (!mayFallBack(error, failed)) throw error;
      }
    }
    throw first ?? new NootropicError('MODEL_NOT_FOUND');
  };

  return {
    models: names.list,
    async find(name, role = 'chat') {
      return (await names.find(name, role)).model;
    },
    async chat(ask, caller) {
      checkImages(imagesOf(ask.messages));
      const { model, about } = await open({ name: ask.model, role: 'chat', texts: textsOf(ask) }, caller);
      requireSight(model.info, imagesOf(ask.messages));
      const { request, arranged, keep } = arrange(arranger, { ...wholeAnswer(model.info), ...ask }, caller);
      const parts = partsOf(request);
      const count = () => measure(model, parts, textsOf(request));
      const counted = surelyFits(model.info, parts) ? undefined : await count();
      keep();
      const events = ending(
        model.generate(request, optionsOf(caller, (request.tools ?? []).length > 0 ? 'agent' : 'chat')),
      );
      return {
        model: about,
        contextLength: model.info.contextLength,
        arranged,
        ...(await begun(events, counted, count)),
      };
    },
    async infill(ask, caller) {
      const { model: name, ...request } = ask;
      const others = (request.extra ?? []).map(({ name = '', text }) => `${name}\n${text}`);
      const texts =
        request.raw === true ? [request.prefix] : [request.prefix + (request.begun ?? ''), request.suffix, ...others];
      const role = request.raw === true ? 'chat' : 'completion';
      const { model, about } = await open({ name, role, texts }, caller);
      // The text around a gap is taken as near as there is room for; only what is gone on from must fit.
      const isRaw = request.raw === true;
      const count = () => (isRaw ? measure(model, request.prefix, texts) : sumOf(model, texts));
      const isSure = isRaw ? surelyFits(model.info, request.prefix) : isExact(model.info);
      const counted = isSure ? undefined : await count();
      const events = ending(model.infill(request, optionsOf(caller, isRaw ? 'chat' : 'completion')));
      return {
        ...{ model: about, contextLength: model.info.contextLength, arranged: [] },
        ...(await begun(events, counted, count)),
      };
    },
    async embed({ model: name, texts, kind }, caller) {
      const { model, about } = await open({ name, role: 'embedding', texts }, caller);
      const counts = await Promise.all(texts.map((text) => measure(model, text, [text])));
      const vectors = await model.embed(texts, { ...optionsOf(caller, 'embed'), ...(kind && { kind }) });
      return { model: about, vectors, tokens: counts.reduce((sum, count) => sum + count, 0) };
    },
    async rerank({ model: name, query, documents }, caller) {
      const texts = [query, ...documents];
      const { model, about } = await open({ name, role: 'reranking', texts }, caller);
      const scores = await model.rerank(query, documents, optionsOf(caller, 'embed'));
      const [asked = 0, ...counts] = await Promise.all(texts.map((text) => model.countTokens(text)));
      return { model: about, scores, tokens: counts.reduce((sum, count) => sum + asked + count, 0) };
    },
    async countTokens(ask, caller) {
      const { model } = await open({ name: ask.model, role: 'chat', texts: textsOf(ask) }, caller);
      requireSight(model.info, imagesOf(ask.messages));
      return model.countTokens(partsOf(arrange(arranger, ask, caller).request));
    },
    async open(name, role, caller) {
      return (await open({ name, role, texts: [] }, caller)).model;
    },
  };
}

/** The request as it goes to the model; `keep` is called once it does, so that the next of its conversation can go on from it. */
function arrange(
  arranger: ReturnType<typeof createArranger>,
  { model: _name, arrange: wanted = true, ...request }: ChatAsk,
  { client, session }: GatewayCaller,
): { readonly request: GenerateRequest; readonly arranged: Arranged['changes']; readonly keep: () => void } {
  if (!wanted) return { request, arranged: [], keep: () => undefined };
  const { messages, tools, changes, keep } = arranger.arrange(request, `${client}/${session ?? ''}`);
  return { request: { ...request, messages, ...(tools && { tools }) }, arranged: changes, keep };
}

/** The same events, which end with the last: nobody waits until the call is written down. */
async function* ending(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent, void> {
  const source = events[Symbol.asyncIterator]();
  let isOver = false;
  try {
    for (;;) {
      const { done, value } = await source.next();
      isOver = done === true || value.type === 'finish';
      if (done === true) return;
      if (isOver) source.next().catch(() => undefined);
      yield value;
      if (isOver) return;
    }
  } finally {
    if (!isOver) await source.return?.();
  }
}

/**
 * The tokens of the prompt, and the events. A runtime of this machine says with its first event how many it reads, so that none of them need be
 * counted before; `count` is asked where it does not.
 */
async function begun(
  events: AsyncGenerator<ModelEvent, void>,
  counted: number | undefined,
  count: () => Promise<number>,
): Promise<Pick<GatewayAnswer, 'promptTokens' | 'events'>> {
  if (counted !== undefined) return { promptTokens: counted, events };
  const first = await events.next();
  if (first.done === true) return { promptTokens: await count(), events };
  const { value } = first;
  return {
    promptTokens: value.type === 'prompt-progress' ? value.total : await count(),
    events: (async function* () {
      try {
        yield value;
        yield* events;
      } finally {
        await events.return();
      }
    })(),
  };
}

const utf8 = new TextEncoder();

/** Tokens that the template of a model may add by itself: to a conversation, to each message, and to tell of tools. */
const templateTokens = { whole: 256, message: 16, tools: 1024 };

/** Whether it fits however it is cut into tokens, each of which has a byte at least. Told of tools may be with twice the characters, for order. */
function surelyFits(info: ModelInfo, what: string | PromptParts): boolean {
  if (!isExact(info)) return false;
  const { messages, tools = [], jsonSchema } = typeof what === 'string' ? { messages: [what] } : what;
  const bytesOf = (part: unknown): number => utf8.encode(JSON.stringify(part) ?? '').length;
  const most =
    bytesOf(messages) +
    2 * (bytesOf(tools) + bytesOf(jsonSchema)) +
    templateTokens.whole +
    templateTokens.message * messages.length +
    (tools.length > 0 ? templateTokens.tools : 0);
  return most < info.contextLength;
}

/** Whether its tokens are counted here, and not estimated. */
function isExact({ ref }: ModelInfo): boolean {
  return ref.startsWith('file:') || ref.startsWith('builtin:');
}

function partsOf({ messages, tools, jsonSchema }: PromptParts): PromptParts {
  return { messages, ...(tools && { tools }), ...(jsonSchema && { jsonSchema }) };
}

function textsOf({ messages, tools = [] }: PromptParts): string[] {
  return [...messages.map(({ content }) => content), ...tools.map((tool) => JSON.stringify(tool))];
}

function optionsOf({ client, workClass, session, signal }: GatewayCaller, usual: WorkClass): CallOptions {
  return {
    client,
    workClass: workClass ?? usual,
    // Two programs may call their conversations the same.
    ...(session !== undefined && { session: `${client}/${session}` }),
    ...(signal && { signal }),
  };
}

/** Programs that set no limit want the whole answer: as many tokens as fit. A server elsewhere has a limit of its own. */
function wholeAnswer({ ref, contextLength }: ModelInfo): Pick<GenerateRequest, 'maxTokens'> {
  return ref.startsWith('file:') && contextLength > 0 ? { maxTokens: contextLength } : {};
}

async function sumOf(model: Model, texts: readonly string[]): Promise<number> {
  const counts = await Promise.all(texts.map((text) => model.countTokens(text)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Tokens of a prompt. @throws NootropicError `CONTEXT_OVERFLOW` where it and one token of an answer do not fit. */
async function measure(model: Model, what: string | PromptParts, texts: readonly string[]): Promise<number> {
  const { contextLength, ref, name, can } = model.info;
  const tokens = await model.countTokens(what);
  const exact = isExact(model.info);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  const least = exact ? tokens : Math.min(tokens, Math.ceil(characters / charactersPerToken));
  const room = can.includes('generate') ? contextLength - 1 : contextLength;
  if (contextLength > 0 && least > room)
    throw new NootropicError(
      'CONTEXT_OVERFLOW',
      // Translators to other APIs take the two counts from here: they stand before any name.
      `The request has ${exact ? '' : 'at least '}${least} tokens, more than the ${contextLength} that fit into the context with the answer. Nothing was cut, or sent to ${name}.`,
      isLocalRef(ref)
        ? {
            hint: 'Send less, or load the model with a longer context: `nootropic config set models.contextLength N`.',
          }
        : {},
    );
  return tokens;
}

import {
  NootropicError,
  type GenerateRequest,
  type InfillRequest,
  type Model,
  type ModelEvent,
  type ModelInfo,
  type ModelRole,
  type WorkClass,
} from '@nootropic/contracts';

/** Who asks, as the gateway's own type says it: this library sees the contracts alone, so the words are written out here. */
export interface FakeGatewayCaller {
  readonly client: string;
  readonly workClass?: WorkClass;
  readonly session?: string;
  readonly signal?: AbortSignal;
}

export interface FakeGatewayModel {
  readonly info: ModelInfo;
  readonly name: string;
  readonly role: ModelRole;
  readonly loaded: boolean;
  readonly bytes: number;
  readonly sha256?: string;
  readonly architecture?: string;
  readonly importedAt: number;
}

export interface FakeGatewayAnswer {
  readonly model: FakeGatewayModel;
  readonly contextLength: number;
  readonly promptTokens: number;
  readonly arranged: readonly string[];
  readonly events: AsyncIterable<ModelEvent>;
}

type ChatAsk = Omit<GenerateRequest, 'announcedTools' | 'constrain'> & {
  readonly model?: string;
  readonly arrange?: boolean;
};
type InfillAsk = InfillRequest & { readonly model?: string };

export type FakeGatewayCall =
  | { readonly kind: 'chat'; readonly ask: ChatAsk; readonly caller: FakeGatewayCaller }
  | { readonly kind: 'infill'; readonly ask: InfillAsk; readonly caller: FakeGatewayCaller }
  | { readonly kind: 'embed' | 'rerank' | 'count' | 'open'; readonly ask: unknown; readonly caller: FakeGatewayCaller };

export interface FakeGatewayOptions {
  /** What answers: as a rule a `createScriptedModel(...)`. */
  readonly model: Model;
  /** Default: the one model under the name that its `info` gives, for every role. Others are listed, and answered by the same model. */
  readonly models?: readonly (Partial<FakeGatewayModel> & { readonly name: string })[];
  /** Given with every answer. Default none. */
  readonly arranged?: readonly string[];
}

/** A gateway over one model of a test, and what it was asked. It meets the type `Gateway` of core. */
export interface FakeGateway {
  readonly calls: readonly FakeGatewayCall[];
  /** Generations that were begun and have not ended: 0 once every answer was read to its end, or stopped. */
  readonly running: number;
  models(): Promise<FakeGatewayModel[]>;
  find(name: string | undefined, role?: ModelRole): Promise<FakeGatewayModel>;
  chat(ask: ChatAsk, caller: FakeGatewayCaller): Promise<FakeGatewayAnswer>;
  infill(ask: InfillAsk, caller: FakeGatewayCaller): Promise<FakeGatewayAnswer>;
  embed(
    ask: { readonly model?: string; readonly texts: readonly string[]; readonly kind?: 'query' | 'document' },
    caller: FakeGatewayCaller,
  ): Promise<{ readonly model: FakeGatewayModel; readonly vectors: readonly Float32Array[]; readonly tokens: number }>;
  rerank(
    ask: { readonly model?: string; readonly query: string; readonly documents: readonly string[] },
    caller: FakeGatewayCaller,
  ): Promise<{ readonly model: FakeGatewayModel; readonly scores: readonly number[]; readonly tokens: number }>;
  countTokens(ask: Pick<ChatAsk, 'model' | 'messages' | 'tools'>, caller: FakeGatewayCaller): Promise<number>;
  open(name: string | undefined, role: ModelRole, caller: FakeGatewayCaller): Promise<Model>;
}

/**
 * The gateway that tests of the standard APIs put behind a translator. It keeps to the port: a name that is none is `MODEL_NOT_FOUND`,
 * what does not fit is `CONTEXT_OVERFLOW`, and the caller's signal ends the generation.
 */
export function createFakeGateway({ model, models, arranged = [] }: FakeGatewayOptions): FakeGateway {
  const calls: FakeGatewayCall[] = [];
  let running = 0;
  const listed: readonly FakeGatewayModel[] = (models ?? [{ name: model.info.name }]).map((known) => ({
    info: { ...model.info, name: known.name },
    role: 'chat',
    loaded: true,
    bytes: 0,
    importedAt: 0,
    ...known,
  }));

  async function find(name: string | undefined): Promise<FakeGatewayModel> {
    const wanted = name?.replace(/:latest$/u, '');
    const found =
      wanted === undefined || wanted === 'default'
        ? listed[0]
        : listed.find((known) => known.name === wanted || known.info.ref === wanted);
    if (found === undefined) throw new NootropicError('MODEL_NOT_FOUND', `There is no model ${name ?? ''}.`);
    return found;
  }

  async function* counted(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
    running += 1;
    try {
      yield* events;
    } finally {
      running -= 1;
    }
  }

  async function tokensOf(ask: Pick<ChatAsk, 'messages' | 'tools'>): Promise<number> {
    const texts = ask.messages.map(({ content }) => content);
    return model.countTokens([...texts, ...(ask.tools ?? []).map((tool) => JSON.stringify(tool))].join('\n'));
  }

  function refuseTooLong(promptTokens: number): void {
    const { contextLength } = model.info;
    if (contextLength > 0 && promptTokens >= contextLength)
      throw new NootropicError(
        'CONTEXT_OVERFLOW',
        `The request has ${promptTokens} tokens, and the model reads ${contextLength}.`,
      );
  }

  const optionsOf = ({ client, workClass, session, signal }: FakeGatewayCaller) => ({
    client,
    ...(workClass !== undefined && { workClass }),
    ...(session !== undefined && { session }),
    ...(signal !== undefined && { signal }),
  });

  return {
    calls,
    get running() {
      return running;
    },
    models: async () => [...listed],
    find,
    async chat(ask, caller) {
      calls.push({ kind: 'chat', ask, caller });
      const found = await find(ask.model);
      const promptTokens = await tokensOf(ask);
      refuseTooLong(promptTokens);
      const events = counted(model.generate(ask, optionsOf(caller)));
      return { model: found, contextLength: model.info.contextLength, promptTokens, arranged, events };
    },
    async infill(ask, caller) {
      calls.push({ kind: 'infill', ask, caller });
      const found = await find(ask.model);
      const promptTokens = await model.countTokens(`${ask.prefix} ${ask.suffix}`);
      refuseTooLong(promptTokens);
      const events = counted(model.infill(ask, optionsOf(caller)));
      return { model: found, contextLength: model.info.contextLength, promptTokens, arranged: [], events };
    },
    async embed(ask, caller) {
      calls.push({ kind: 'embed', ask, caller });
      const found = await find(ask.model);
      const counts = await Promise.all(ask.texts.map((text) => model.countTokens(text)));
      const vectors = await model.embed(ask.texts, { ...optionsOf(caller), ...(ask.kind && { kind: ask.kind }) });
      return { model: found, vectors, tokens: counts.reduce((sum, count) => sum + count, 0) };
    },
    async rerank(ask, caller) {
      calls.push({ kind: 'rerank', ask, caller });
      const found = await find(ask.model);
      const tokens = await model.countTokens([ask.query, ...ask.documents].join('\n'));
      return { model: found, scores: await model.rerank(ask.query, ask.documents, optionsOf(caller)), tokens };
    },
    async countTokens(ask, caller) {
      calls.push({ kind: 'count', ask, caller });
      await find(ask.model);
      return tokensOf(ask);
    },
    async open(name, role, caller) {
      calls.push({ kind: 'open', ask: { name, role }, caller });
      await find(name);
      return model;
    },
  };
}

import type {
  GenerateRequest,
  InfillRequest,
  Model,
  ModelEvent,
  ModelInfo,
  ModelRole,
  WorkClass,
} from '@nootropic/contracts';

/** Who asks, and how it is to be scheduled. */
export interface GatewayCaller {
  /** For the fair share between programs: the name of the client's key. */
  readonly client: string;
  /** Unset: `chat` for conversations, `completion` for gaps, `embed` for vectors, `agent` for conversations with tools. */
  readonly workClass?: WorkClass;
  /** Names the conversation, so that what was read of it is found again. Unset: found by its beginning. */
  readonly session?: string;
  readonly signal?: AbortSignal;
  /** Only models that `models()` gives may be named, no other reference: for callers without a key of their own. Default false. */
  readonly listedOnly?: boolean;
}

export interface GatewayModel {
  readonly info: ModelInfo;
  /** Short name for clients, unique: `qwen2.5-coder-3b`, or the reference where there is no other. */
  readonly name: string;
  readonly role: ModelRole;
  readonly loaded: boolean;
  /** Of a file on this machine; 0 elsewhere. */
  readonly bytes: number;
  readonly sha256?: string;
  readonly architecture?: string;
  /** Milliseconds since 1970 in which it was imported; 0 where that is not known. */
  readonly importedAt: number;
}

export interface ChatAsk extends Omit<GenerateRequest, 'announcedTools' | 'constrain'> {
  /** A name that `models()` gave, a reference, or `default`. Unset: the model that answers. A tag `:latest` after a name is ignored. */
  readonly model?: string;
  /** Whether the request may be put into another order that reads the same and is cached better. Default true. */
  readonly arrange?: boolean;
}

/** An answer that has begun: the model is loaded and the request is known to fit. */
export interface GatewayAnswer {
  readonly model: GatewayModel;
  /** Tokens that fit into one request and its answer, as they are allocated, not as the file promises. */
  readonly contextLength: number;
  readonly promptTokens: number;
  /** What was changed so that more could be reused, in this order: `tools-sorted`, `headers-dropped`, `volatile-moved`, `duplicates-dropped`. */
  readonly arranged: readonly string[];
  /** As `Model.generate` gives them; a failure is thrown. */
  readonly events: AsyncIterable<ModelEvent>;
}

/**
 * The models for other programs: what their requests, whatever API they came by, are translated into and served by. It chooses and loads the model,
 * makes the request friendly to what the model has read already, refuses what does not fit (`CONTEXT_OVERFLOW`, with both counts in the message)
 * instead of cutting it, and puts it into the one queue. Rejects with `MODEL_NOT_FOUND` for a name that is none.
 */
export interface Gateway {
  models(): Promise<GatewayModel[]>;
  find(name: string | undefined, role?: ModelRole): Promise<GatewayModel>;
  chat(ask: ChatAsk, caller: GatewayCaller): Promise<GatewayAnswer>;
  /** Fills a gap, or with `raw` lets the model go on from the prefix. */
  infill(ask: InfillRequest & { readonly model?: string }, caller: GatewayCaller): Promise<GatewayAnswer>;
  embed(
    ask: { readonly model?: string; readonly texts: readonly string[]; readonly kind?: 'query' | 'document' },
    caller: GatewayCaller,
  ): Promise<{ readonly model: GatewayModel; readonly vectors: readonly Float32Array[]; readonly tokens: number }>;
  rerank(
    ask: { readonly model?: string; readonly query: string; readonly documents: readonly string[] },
    caller: GatewayCaller,
  ): Promise<{ readonly model: GatewayModel; readonly scores: readonly number[]; readonly tokens: number }>;
  /** Tokens of a conversation with its tools, as `chat` would count it. */
  countTokens(ask: Pick<ChatAsk, 'model' | 'messages' | 'tools'>, caller: GatewayCaller): Promise<number>;
  /** The model itself, loaded: for what no other member says. */
  open(name: string | undefined, role: ModelRole, caller: GatewayCaller): Promise<Model>;
}

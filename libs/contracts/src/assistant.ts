import {
  eventIterator,
  type AnyContractProcedure,
  type InferContractRouterInputs,
  type InferContractRouterOutputs,
} from '@orpc/contract';
import { z } from 'zod';
import { turnEventSchema } from './events.ts';
import { attachmentSchema } from './messages.ts';
import { contextBlockSchema, referenceSchema, searchHitSchema, symbolInfoSchema, symbolKinds } from './passages.ts';
import {
  memoryPlanSchema,
  modelInfoSchema,
  modelListingSchema,
  modelProfileSchema,
  modelRoles,
  modelsStatusSchema,
  providerKeySchema,
  recommendationSchema,
  runningModelSchema,
  storedModelSchema,
  usageRowSchema,
} from './models.ts';
import {
  contextEntrySchema,
  contextHitSchema,
  contextPieceSchema,
  leftOutSchema,
  sourceEventSchema,
  sourceKindSchema,
  sourceSchema,
} from './sources.ts';
import { agentModes } from './permissions.ts';
import { agentContract } from './agent-contract.ts';
import { hostContract, turnContract, workContract } from './host-contract.ts';
import { journalOutcomeSchema } from './changes.ts';
import { procedure, workspace } from './procedure.ts';
import { indexStatusSchema } from './index-status.ts';
import { graphAnswerSchema, graphAsks, repoMapSchema } from './graph.ts';
import {
  changePartsContract,
  completionsContract,
  filesContract,
  gitAgentContract,
  hunkSelectionSchema,
  pauseIndex,
  sessionsContract,
} from './face-contract.ts';
import { sessionSchema } from './sessions.ts';

export const indexProgressSchema = z.object({
  phase: z.enum(['scan', 'index', 'done']),
  done: z.int(),
  total: z.int(),
  filesEmbedded: z.int(),
  filesRemoved: z.int(),
  chunksEmbedded: z.int(),
  skipped: z.array(z.object({ path: z.string(), reason: z.string() })).readonly(),
  tookMs: z.number(),
});

export const indexStatsSchema = z.object({
  files: z.int(),
  chunks: z.int(),
  symbols: z.int(),
  vectors: z.int(),
  bytes: z.int(),
  vectorStore: z.string(),
});

export const doctorCheckSchema = z.object({
  name: z.string(),
  state: z.enum(['ok', 'note', 'problem']),
  detail: z.string(),
  /** What to do about it; empty when there is nothing to do. */
  hint: z.string(),
});

export const sendInputSchema = z.object({
  workspace,
  text: z.string().min(1).max(1_000_000),
  sessionId: z.string().optional().describe('Goes on with this session. Unset: a new one.'),
  newSessionId: z
    .uuid()
    .optional()
    .describe(
      'Without `sessionId`: the id that the new session gets, for a caller that had to name it before. Unset: any.',
    ),
  attachments: z.array(attachmentSchema).max(100).optional(),
  model: z.string().optional().describe('A model reference for this turn only; `none` for an extractive answer.'),
  mode: z
    .enum(agentModes)
    .optional()
    .describe(
      'Makes it a task for the agent, which may act as far as the mode says. Unset: a question, which is answered and changes nothing.',
    ),
  agent: z
    .string()
    .optional()
    .describe('A persona by its name, or one that is built in: `commit`, `review`, `explain`, `test`.'),
  attended: z
    .boolean()
    .optional()
    .describe('Whether somebody can answer requests for approval. Default: no; then what would be asked is refused.'),
  keepSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .optional()
    .describe(
      'How long the turn goes on when its stream is dropped before its end, so that `turns.resume` can take it up. Default 0: it ends at once.',
    ),
});
export type SendInput = z.infer<typeof sendInputSchema>;

/**
 * Everything an app may ask, as one contract. The server's routes, the client and the OpenAPI document all come from it.
 *
 * A stream ends when its iterator is returned or its signal aborts; a turn that was running then ends with `turn-end` of reason `aborted`,
 * which is in the session even if nobody reads it. A failure inside a turn is a `turn-error` event, never a throw.
 */
export const assistantContract = {
  send: procedure
    .route({ method: 'POST', path: '/turns', summary: 'Ask something, and receive the turn as a stream of events' })
    .input(sendInputSchema)
    .output(eventIterator(turnEventSchema)),
  answer: procedure
    .route({
      method: 'POST',
      path: '/turns/answer',
      summary: 'Answer a request for approval, or a question of the agent',
    })
    .input(
      z.object({
        sessionId: z.string(),
        requestId: z.string(),
        decision: z.enum(['allow', 'always', 'deny']),
        text: z.string().max(100_000).optional().describe('The answer to a question, or why it is denied.'),
        without: hunkSelectionSchema
          .optional()
          .describe('With `allow`, of a change: what of its diff is not to be made. The agent is told.'),
      }),
    )
    .output(z.object({ requestId: z.string() })),
  steer: procedure
    .route({ method: 'POST', path: '/turns/steer', summary: 'Say something to an agent while it works' })
    .input(z.object({ sessionId: z.string(), text: z.string().min(1).max(100_000) }))
    .output(z.object({ taken: z.boolean().describe('False where no turn of the session runs any more.') })),
  ...agentContract,
  changes: { ...agentContract.changes, ...changePartsContract },
  files: { ...agentContract.files, ...filesContract },
  git: { ...agentContract.git, ...gitAgentContract },
  completions: completionsContract,
  ...turnContract,
  ...hostContract,
  ...workContract,
  search: procedure
    .route({ method: 'POST', path: '/search', summary: 'Search the code of a workspace' })
    .input(
      z.object({
        workspace,
        query: z
          .string()
          .min(1)
          .max(10_000)
          .describe(
            'In plain mode `path:`, `lang:`, `symbol:` and `kind:` in it narrow the search, with `-` before them they exclude.',
          ),
        limit: z.int().min(1).max(1000).default(10),
        paths: z.array(z.string()).max(1000).optional().describe('Beginnings of paths, or patterns with `*` and `?`.'),
        languages: z.array(z.string()).max(100).optional(),
        kinds: z.array(z.enum(symbolKinds)).max(100).optional(),
        mode: z
          .enum(['plain', 'exact', 'regex'])
          .default('plain')
          .describe('`exact` and `regex` look at the files as they are now and give every line that matches.'),
        explain: z.boolean().default(false).describe('Whether each result carries its signals.'),
      }),
    )
    .output(
      z.object({
        hits: z.array(searchHitSchema),
        notices: z.array(z.string()).describe('What worked in a lesser way than asked, one sentence each.'),
      }),
    ),
  symbol: procedure
    .route({ method: 'GET', path: '/symbols/{name}', summary: 'Find where a symbol is defined and called' })
    .input(z.object({ workspace, name: z.string().min(1) }))
    .output(z.array(z.object({ definition: symbolInfoSchema, callers: z.array(referenceSchema).readonly() }))),
  graph: procedure
    .route({
      method: 'POST',
      path: '/graph',
      summary: 'What calls a symbol, what it calls, what a change of it touches',
    })
    .input(
      z.object({
        workspace,
        ask: z.enum(graphAsks),
        symbol: z.string().min(1).max(1000).describe('A qualified name, the end of one, `path:name` or `path:line`.'),
        to: z.string().min(1).max(1000).optional().describe('Of `path` only: the symbol that the chain leads to.'),
        depth: z.int().min(1).max(20).optional(),
        limit: z.int().min(1).max(1000).optional(),
      }),
    )
    .output(graphAnswerSchema),
  map: procedure
    .route({
      method: 'POST',
      path: '/map',
      summary: 'The most important files and symbols of a workspace, as an outline',
    })
    .input(
      z.object({
        workspace,
        tokens: z.int().min(64).max(100_000).default(1024),
        focus: z.array(z.string().min(1).max(1000)).max(100).optional().describe('Paths and symbols that it is about.'),
      }),
    )
    .output(repoMapSchema),
  index: {
    refresh: procedure
      .route({ method: 'POST', path: '/index', summary: 'Bring the index of a workspace up to date' })
      .input(z.object({ workspace, rebuild: z.boolean().default(false) }))
      .output(eventIterator(indexProgressSchema)),
    stats: procedure
      .route({ method: 'GET', path: '/index', summary: 'Sizes of the index of a workspace' })
      .input(z.object({ workspace }))
      .output(indexStatsSchema),
    status: procedure
      .route({
        method: 'POST',
        path: '/index/status',
        summary: 'What the index of a workspace holds, does and waits for',
      })
      .input(
        z.object({
          workspace,
          skippedFiles: z.boolean().default(false).describe('Whether to list every file left out.'),
        }),
      )
      .output(indexStatusSchema),
    pause: pauseIndex,
  },
  gather: procedure
    .route({ method: 'POST', path: '/gather', summary: 'What a model would be given with a question, and what not' })
    .input(
      z.object({
        workspace,
        query: z.string().min(1).max(100_000),
        tokens: z.int().min(64).max(1_000_000).default(3000),
      }),
    )
    .output(
      z.object({
        blocks: z.array(contextBlockSchema).readonly(),
        tokens: z.int(),
        leftOut: z.array(leftOutSchema).readonly(),
        counted: z.string().describe('The model whose tokenizer counted, or `estimate`.'),
      }),
    ),
  sources: {
    add: procedure
      .route({
        method: 'POST',
        path: '/sources',
        summary: 'Add a folder, a page, the history or a note to a workspace',
      })
      .input(
        z.object({
          workspace,
          kind: sourceKindSchema,
          place: z.string().optional().describe('Absolute path, or for a page also its address.'),
          text: z.string().min(1).max(1_000_000).optional(),
          name: z.string().optional(),
        }),
      )
      .output(eventIterator(sourceEventSchema)),
    list: procedure
      .route({ method: 'GET', path: '/sources', summary: 'The sources of a workspace, and which of them have changed' })
      .input(z.object({ workspace }))
      .output(z.array(sourceSchema)),
    refresh: procedure
      .route({ method: 'POST', path: '/sources/refresh', summary: 'Read again what changed in sources' })
      .input(z.object({ workspace, names: z.array(z.string()).optional() }))
      .output(eventIterator(sourceEventSchema)),
    search: procedure
      .route({ method: 'POST', path: '/sources/search', summary: 'Search the sources of a workspace' })
      .input(
        z.object({
          workspace,
          query: z.string().min(1).max(10_000),
          sources: z.array(z.string()).optional(),
          limit: z.int().min(1).max(100).default(10),
        }),
      )
      .output(z.array(searchHitSchema)),
    remove: procedure
      .route({ method: 'DELETE', path: '/sources/{name}', summary: 'Remove a source and what was read of it' })
      .input(z.object({ workspace, name: z.string() }))
      .output(sourceSchema),
  },
  contexts: {
    put: procedure
      .route({ method: 'POST', path: '/contexts', summary: 'Take a long text into the context store' })
      .input(
        z.object({
          path: z.string().describe('Absolute path of a text file on this machine.'),
          title: z.string().max(1000).optional(),
          from: z.string().max(10_000).optional().describe('Where it comes from. Default: its path.'),
          name: z.string().min(1).max(200).optional().describe('Keeps it until it is removed, under this name.'),
        }),
      )
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            z.object({ type: z.literal('progress'), done: z.number(), total: z.number() }),
            z.object({ type: z.literal('stored'), entry: contextEntrySchema }),
          ]),
        ),
      ),
    list: procedure
      .route({ method: 'GET', path: '/contexts', summary: 'The texts in the context store, newest first' })
      .output(z.array(contextEntrySchema)),
    show: procedure
      .route({
        method: 'POST',
        path: '/contexts/read',
        summary: 'A text of the context store, or a page of it, in pieces',
      })
      .input(
        z.object({
          id: z.string().describe('The id, a unique start of it, or the name.'),
          line: z.int().min(1).optional(),
          lines: z.int().min(0).optional(),
          offset: z.int().min(0).optional(),
          characters: z.int().min(0).optional(),
          tokens: z.int().min(0).optional(),
        }),
      )
      .output(eventIterator(contextPieceSchema)),
    search: procedure
      .route({ method: 'POST', path: '/contexts/search', summary: 'Search the context store' })
      .input(
        z.object({
          query: z.string().min(1).max(10_000),
          ids: z.array(z.string()).optional(),
          limit: z.int().min(1).max(100).default(10),
        }),
      )
      .output(z.array(contextHitSchema)),
    merge: procedure
      .route({ method: 'POST', path: '/contexts/merge', summary: 'Make one view of several texts' })
      .input(
        z.object({
          ids: z.array(z.string()).min(1).max(1000),
          title: z.string().max(1000).optional(),
          name: z.string().min(1).max(200).optional(),
        }),
      )
      .output(contextEntrySchema),
    remove: procedure
      .route({ method: 'DELETE', path: '/contexts/{id}', summary: 'Remove a text from the context store' })
      .input(z.object({ id: z.string() }))
      .output(contextEntrySchema),
  },
  sessions: {
    list: procedure
      .route({ method: 'GET', path: '/sessions', summary: 'List sessions, newest first' })
      .output(z.array(sessionSchema)),
    show: procedure
      .route({ method: 'GET', path: '/sessions/{id}', summary: 'One session with its events' })
      .input(z.object({ id: z.string().describe('The id, a unique start of it, or `latest`.') }))
      .output(z.object({ session: sessionSchema, events: z.array(turnEventSchema) })),
    rewind: procedure
      .route({
        method: 'POST',
        path: '/sessions/{id}/rewind',
        summary: 'Go back to before a turn: in the conversation, in the code, or in both',
      })
      .input(
        z.object({
          id: z.string(),
          turnId: z.string().describe('The first turn that is to be gone; the id or a unique start of it.'),
          what: z.enum(['conversation', 'code', 'both']).default('both'),
          force: z.boolean().default(false),
        }),
      )
      .output(z.object({ session: sessionSchema, code: journalOutcomeSchema.optional() })),
    remove: procedure
      .route({ method: 'DELETE', path: '/sessions/{id}', summary: 'Remove a session and its events' })
      .input(z.object({ id: z.string() }))
      .output(sessionSchema),
    ...sessionsContract,
  },
  models: {
    list: procedure
      .route({ method: 'GET', path: '/models', summary: 'Models that can be used now, and the one that answers' })
      .output(z.object({ chat: z.string(), models: z.array(modelInfoSchema), stored: z.array(storedModelSchema) })),
    show: procedure
      .route({ method: 'GET', path: '/models/{name}', summary: 'One imported model' })
      .input(z.object({ name: z.string() }))
      .output(storedModelSchema),
    import: procedure
      .route({ method: 'POST', path: '/models', summary: 'Import a GGUF file' })
      .input(z.object({ path: z.string() }))
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            z.object({ type: z.literal('progress'), done: z.number(), total: z.number() }),
            z.object({ type: z.literal('imported'), model: storedModelSchema }),
          ]),
        ),
      ),
    search: procedure
      .route({
        method: 'GET',
        path: '/models/search',
        summary: 'Search the registries, and the files of other programs here',
      })
      .input(z.object({ query: z.string().default(''), limit: z.coerce.number().int().min(1).max(100).default(20) }))
      .output(z.object({ listings: z.array(modelListingSchema), notices: z.array(z.string()) })),
    recommend: procedure
      .route({ method: 'GET', path: '/models/recommend', summary: 'The set of models that fits this machine' })
      .output(recommendationSchema),
    plan: procedure
      .route({
        method: 'GET',
        path: '/models/plan',
        summary: 'What a model would need, before it is downloaded or loaded',
      })
      .input(
        z.object({
          ref: z.string().describe('An imported name, `file:PATH`, `hf:…`, `ollama:…`, or a name of the catalogue.'),
          contextLength: z.coerce.number().int().min(256).max(1_048_576).optional(),
          role: z.enum(modelRoles).optional(),
        }),
      )
      .output(
        z.object({ plan: memoryPlanSchema, download: z.number().describe('Bytes to download; 0 when it is here.') }),
      ),
    pull: procedure
      .route({ method: 'POST', path: '/models/pull', summary: 'Download a model, or go on with a download' })
      .input(z.object({ ref: z.string() }))
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            z.object({
              type: z.literal('resolved'),
              ref: z.string(),
              bytes: z.number(),
              license: z.string().optional(),
            }),
            z.object({ type: z.literal('progress'), done: z.number(), total: z.number() }),
            z.object({ type: z.literal('pulled'), model: storedModelSchema }),
          ]),
        ),
      ),
    bench: procedure
      .route({
        method: 'POST',
        path: '/models/{name}/bench',
        summary: 'Measure a model on this machine and keep the result',
      })
      .input(z.object({ name: z.string() }))
      .output(
        eventIterator(
          z.discriminatedUnion('type', [
            z.object({ type: z.literal('progress'), task: z.string(), done: z.number(), total: z.number() }),
            z.object({ type: z.literal('measured'), profile: modelProfileSchema }),
          ]),
        ),
      ),
    load: procedure
      .route({
        method: 'POST',
        path: '/models/load',
        summary: 'Load a model now, so that the first answer need not wait',
      })
      .input(z.object({ ref: z.string(), role: z.enum(modelRoles).optional() }))
      .output(runningModelSchema),
    unload: procedure
      .route({ method: 'POST', path: '/models/unload', summary: 'Free the memory of a model' })
      .input(z.object({ ref: z.string() }))
      .output(z.object({ ref: z.string(), freed: z.number() })),
    ps: procedure
      .route({
        method: 'GET',
        path: '/models/ps',
        summary: 'Models in memory, the queue, and what the machine has left',
      })
      .output(modelsStatusSchema),
    remove: procedure
      .route({ method: 'DELETE', path: '/models/{name}', summary: 'Remove an imported model' })
      .input(z.object({ name: z.string() }))
      .output(storedModelSchema),
    usage: procedure
      .route({ method: 'GET', path: '/models/usage', summary: 'Tokens and cost, by model and client' })
      .input(z.object({ days: z.coerce.number().int().min(1).max(3650).default(30) }))
      .output(z.array(usageRowSchema)),
  },
  keys: {
    list: procedure
      .route({ method: 'GET', path: '/keys', summary: 'Which providers have a key, and where it lies' })
      .output(z.array(providerKeySchema)),
    set: procedure
      .route({ method: 'POST', path: '/keys', summary: 'Keep the key of a provider' })
      .input(z.object({ provider: z.string(), key: z.string().min(1).max(10_000) }))
      .output(providerKeySchema),
    remove: procedure
      .route({ method: 'DELETE', path: '/keys/{provider}', summary: 'Forget the key of a provider' })
      .input(z.object({ provider: z.string() }))
      .output(providerKeySchema),
  },
  doctor: procedure
    .route({ method: 'GET', path: '/doctor', summary: 'Check everything that this installation needs' })
    .input(z.object({ workspace }))
    .output(z.array(doctorCheckSchema)),
  metrics: procedure
    .route({ method: 'GET', path: '/metrics.json', summary: 'Counters and timings, in the Prometheus text format' })
    .output(z.object({ text: z.string() })),
};

type Contract = typeof assistantContract;

/** A stream as both ends see it: iterate it, or `return()` it to stop. */
type Streamed<T> =
  T extends AsyncIteratorObject<infer Item, unknown, unknown> ? AsyncIteratorObject<Item, unknown, void> : T;

interface CallSignal {
  readonly signal?: AbortSignal | undefined;
}

type Caller<C, I, O> = {
  [K in keyof C]: C[K] extends AnyContractProcedure
    ? (
        ...args: undefined extends I[K & keyof I]
          ? [input?: I[K & keyof I], options?: CallSignal]
          : [input: I[K & keyof I], options?: CallSignal]
      ) => Promise<Streamed<O[K & keyof O]>>
    : Caller<C[K], I[K & keyof I], O[K & keyof O]>;
};

/**
 * The front door, derived from the contract: the same interface in the same process (`core`) and over a wire (`client`).
 * A rejection is a `NootropicError`.
 */
export type Assistant = Caller<Contract, InferContractRouterInputs<Contract>, InferContractRouterOutputs<Contract>>;
export type DoctorCheck = z.infer<typeof doctorCheckSchema>;

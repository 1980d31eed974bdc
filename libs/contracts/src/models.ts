import { z } from 'zod';

export const modelRoles = ['chat', 'completion', 'embedding', 'reranking'] as const;
export type ModelRole = (typeof modelRoles)[number];

/** `see`: it takes pictures with a question. */
export const modelAbilities = ['generate', 'tools', 'json-schema', 'infill', 'embed', 'rerank', 'see'] as const;
export type ModelAbility = (typeof modelAbilities)[number];

/** How a model keeps the keys and values of what it has read, largest first. */
export const kvTypes = ['f32', 'f16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0'] as const;
export type KvType = (typeof kvTypes)[number];

const role = z.enum(modelRoles);
const bytes = z.number().nonnegative();

export const modelInfoSchema = z.object({
  ref: z
    .string()
    .describe(
      'Finds this model again: `file:/models/a.gguf`, `ollama:qwen3`, `openai:name@http://…/v1`, `builtin:embedder`.',
    ),
  name: z.string().describe('What to call it on a screen.'),
  can: z.array(z.enum(modelAbilities)).readonly(),
  contextLength: z.int().describe('Tokens that fit into one request, prompt and answer together. 0 when not known.'),
  dimensions: z.int().describe('Length of an embedding; 0 when it cannot embed.'),
  local: z.boolean().describe('True when every byte stays on this machine.'),
  revision: z
    .string()
    .optional()
    .describe(
      'Of weights that can change under the same reference: vectors of different revisions must not be compared.',
    ),
});
export type ModelInfo = Readonly<z.infer<typeof modelInfoSchema>>;

/** What trying a model on this machine showed. Speeds in tokens per second, memory in bytes, shares from 0 to 1. */
export const modelProfileSchema = z.object({
  measuredAt: z.number().describe('Milliseconds since 1970.'),
  machine: z.string(),
  threads: z.int(),
  promptSpeed: z.number(),
  writeSpeed: z.number(),
  memory: bytes,
  loadMs: z.number(),
  toolCalls: z.number().nullable().describe('Share of tool calls that were right; null where it cannot call tools.'),
  edits: z
    .record(z.string(), z.number())
    .describe('Share of edits that applied and gave the wanted text, by edit format.'),
});
export type ModelProfile = Readonly<z.infer<typeof modelProfileSchema>>;

export const storedModelSchema = z.object({
  name: z.string(),
  ref: z.string(),
  path: z.string(),
  bytes: z.int(),
  sha256: z.string(),
  architecture: z.string(),
  contextLength: z.int(),
  role,
  importedAt: z.number().describe('Milliseconds since 1970.'),
  source: z.string().optional().describe('Where it came from, pinned: `hf:owner/repo/file.gguf@COMMIT`.'),
  license: z.string().optional(),
  profile: modelProfileSchema.optional(),
});
/** A model file that was imported or pulled. */
export type StoredModel = Readonly<z.infer<typeof storedModelSchema>>;

/** A model that could be had: from a registry, or a file that another program left on this machine. */
export const modelListingSchema = z.object({
  ref: z.string().describe('What `models pull` or `models import` takes.'),
  name: z.string(),
  source: z
    .string()
    .describe('`huggingface`, `ollama`, `ollama-files`, `lm-studio`, `huggingface-files`, `catalogue`.'),
  role: role.optional(),
  bytes: bytes.optional().describe('Of the download or the file, where known.'),
  license: z.string().optional(),
  downloads: z.number().optional(),
  note: z.string().optional(),
});
export type ModelListing = Readonly<z.infer<typeof modelListingSchema>>;

/** Bytes a model needs, by what they are for. An estimate made before loading. */
export const memoryEstimateSchema = z.object({
  weights: bytes,
  repack: bytes.describe('Copies of weights that the CPU backend lays out anew.'),
  kvCache: bytes,
  compute: bytes,
  total: bytes,
  gpu: bytes.describe('Of the total, what lies on the GPU.'),
});
export type MemoryEstimate = Readonly<z.infer<typeof memoryEstimateSchema>>;

/** One role of a plan: which model, how it is loaded, what it needs. */
export const plannedModelSchema = z.object({
  role,
  ref: z.string(),
  name: z.string(),
  fileBytes: bytes,
  contextLength: z.int(),
  kvType: z.enum(kvTypes),
  gpuLayers: z.int(),
  layers: z.int(),
  estimate: memoryEstimateSchema,
  sharedWith: role.optional().describe('Uses the model of this other role and needs no memory of its own.'),
});
export type PlannedModel = Readonly<z.infer<typeof plannedModelSchema>>;

export const memoryPlanSchema = z.object({
  fits: z.boolean(),
  models: z.array(plannedModelSchema).readonly(),
  memory: z.object({ total: bytes, available: bytes, usable: bytes, planned: bytes }),
  gpu: z.object({ name: z.string(), total: bytes, usable: bytes, planned: bytes }).optional(),
  gaveUp: z.array(z.string()).readonly().describe('What was given up to make it fit, one sentence each, in order.'),
});
export type MemoryPlan = Readonly<z.infer<typeof memoryPlanSchema>>;

export const recommendationSchema = z.object({
  plan: memoryPlanSchema,
  picks: z
    .array(
      z.object({
        role,
        listing: modelListingSchema,
        installed: z.boolean(),
        why: z.string(),
        promptSpeed: z
          .number()
          .optional()
          .describe(
            'Tokens per second expected here: from what was measured here where something was, else from its size.',
          ),
        writeSpeed: z.number().optional(),
      }),
    )
    .readonly(),
});
export type Recommendation = Readonly<z.infer<typeof recommendationSchema>>;

/** A model in memory. */
export const runningModelSchema = z.object({
  ref: z.string(),
  name: z.string(),
  role,
  state: z.enum(['loading', 'busy', 'idle']),
  contextLength: z.int(),
  sequences: z.int().describe('Conversations it keeps in memory at once.'),
  heldTokens: z.int().describe('Tokens that it has read and keeps.'),
  kvType: z.enum(kvTypes),
  gpuLayers: z.int(),
  threads: z.int(),
  planned: bytes,
  measured: bytes.optional().describe('What loading it added to the memory of its process.'),
  promptSpeed: z.number().optional().describe('Tokens per second, lately.'),
  writeSpeed: z.number().optional(),
  usedAt: z.number().describe('Milliseconds since 1970.'),
  uses: z.int(),
});
export type RunningModel = Readonly<z.infer<typeof runningModelSchema>>;

export const modelsStatusSchema = z.object({
  models: z.array(runningModelSchema).readonly(),
  memory: z.object({ total: bytes, available: bytes, usable: bytes, promised: bytes, pressure: z.number().optional() }),
  cores: z.object({ total: z.int(), free: z.number() }),
  queue: z.object({
    running: z.int(),
    waiting: z.array(z.object({ workClass: z.string(), client: z.string(), waitedMs: z.number() })).readonly(),
    estimatedWaitMs: z.number(),
  }),
  states: z.object({ files: z.int(), bytes }).describe('Conversations kept on the disk.'),
});
export type ModelsStatus = Readonly<z.infer<typeof modelsStatusSchema>>;

/** What models were used for, added up. Cost in US dollars, by the prices the provider's profile names. */
export const usageRowSchema = z.object({
  model: z.string(),
  client: z.string(),
  calls: z.int(),
  tokensRead: z.int(),
  tokensReused: z.int(),
  tokensWritten: z.int(),
  cost: z.number(),
  local: z.boolean(),
});
export type UsageRow = Readonly<z.infer<typeof usageRowSchema>>;

/** A key of a provider: where it was found, never the key itself. */
export const providerKeySchema = z.object({
  provider: z.string(),
  place: z.enum(['environment', 'keychain', 'file', 'none']),
  enabled: z.boolean().describe('Whether the provider may be used at all.'),
});
export type ProviderKey = Readonly<z.infer<typeof providerKeySchema>>;

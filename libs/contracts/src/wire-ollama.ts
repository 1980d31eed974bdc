import { z } from 'zod';
import type { WireRoute } from './wire-route.ts';

/*
 * The fields are those of https://docs.ollama.com/api and of the types of the official `ollama` package, version 0.6,
 * but for what each field's description says. Fields that are not here are ignored, as Ollama does.
 */

const model = z
  .string()
  .min(1)
  .max(4096)
  .describe('A name of `/api/tags`, a reference, or `default`: the model that answers.');

const token = z.int().min(-2).max(2_147_483_647);

/** Ollama takes a wrong option for its default; here it is refused, before it reaches a model. */
const options = z
  .object({
    num_predict: token.nullish().describe('Tokens to write at most; -1 and -2: as many as fit.'),
    num_ctx: z
      .int()
      .min(0)
      .max(2_147_483_647)
      .nullish()
      .describe('Not read: the context is as long as it was loaded, and what does not fit is refused, never cut.'),
    num_keep: z.int().min(-1).max(2_147_483_647).nullish().describe('Not read: nothing is cut.'),
    temperature: z.number().min(0).max(2).nullish().describe('Default 0.2.'),
    top_k: z.int().min(0).max(1_000_000).nullish(),
    top_p: z.number().min(0).max(1).nullish(),
    min_p: z.number().min(0).max(1).nullish(),
    seed: z.int().min(-1).max(4_294_967_295).nullish().describe('-1: another one each time.'),
    stop: z.union([z.string().max(10_000), z.array(z.string().max(10_000)).max(64)]).nullish(),
  })
  .nullish();
export type OllamaOptions = z.output<typeof options>;

const format = z
  .union([z.literal('json'), z.literal(''), z.record(z.string(), z.unknown())])
  .nullish()
  .describe('`json`: any JSON object; or a JSON Schema.');
const think = z.union([z.boolean(), z.enum(['low', 'medium', 'high', 'max'])]).nullish();
const keepAlive = z
  .union([z.string().max(64), z.number()])
  .nullish()
  .describe(
    '0 without anything to answer unloads the model; else it is not read: models stay for as long as the memory suffices.',
  );
const images = z.array(z.unknown()).nullish().describe('In base64, in messages of the user, for a model that sees.');
const stream = z.boolean().nullish().describe('Default true.');
const logprobs = {
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
};

const toolCall = z.object({
  id: z.string().optional(),
  function: z.object({
    index: z.int().optional(),
    name: z.string().min(1),
    arguments: z.record(z.string(), z.unknown()).default({}),
  }),
});

const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string().default(''),
  thinking: z.string().nullish().describe('Not read again.'),
  images,
  tool_calls: z.array(toolCall).nullish(),
  tool_name: z.string().nullish(),
  tool_call_id: z.string().nullish(),
});
export type OllamaMessage = z.output<typeof message>;

const tool = z.object({
  type: z.string().nullish(),
  function: z.object({
    name: z.string().min(1).max(128),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

export const ollamaChatSchema = z.object({
  model,
  messages: z.array(message).max(100_000).nullish().describe('None: the model is loaded, or unloaded.'),
  tools: z.array(tool).max(512).nullish(),
  format,
  options,
  think,
  stream,
  keep_alive: keepAlive,
  ...logprobs,
});
export type OllamaChat = z.output<typeof ollamaChatSchema>;

export const ollamaGenerateSchema = z.object({
  model,
  prompt: z.string().nullish().describe('None: the model is loaded, or unloaded.'),
  suffix: z.string().nullish().describe('The text after the gap, for models that fill gaps.'),
  system: z.string().nullish(),
  template: z.string().nullish().describe('Not read: a model is talked to by its own.'),
  context: z
    .array(z.int().min(0).max(4_294_967_295))
    .max(1_000_000)
    .nullish()
    .describe('What an answer gave under this name: the conversation so far. Its numbers are no tokens.'),
  raw: z.boolean().nullish().describe('The model goes on from the prompt with nothing around it.'),
  images,
  format,
  options,
  think,
  stream,
  keep_alive: keepAlive,
  ...logprobs,
});
export type OllamaGenerate = z.output<typeof ollamaGenerateSchema>;

export const ollamaEmbedSchema = z.object({
  model,
  input: z.union([z.string(), z.array(z.string()).max(2048)]),
  truncate: z.boolean().nullish().describe('Not read: a long text is read in windows, and its vector is their mean.'),
  dimensions: z
    .int()
    .min(1)
    .nullish()
    .describe(
      'Refused where it is not the model’s own: a cut vector is right only for models that were trained to be cut.',
    ),
  options,
  keep_alive: keepAlive,
});
export type OllamaEmbed = z.output<typeof ollamaEmbedSchema>;

export const ollamaEmbeddingsSchema = z.object({ model, prompt: z.string(), options, keep_alive: keepAlive });
export type OllamaEmbeddings = z.output<typeof ollamaEmbeddingsSchema>;

const named = z.object({
  model: z.string().min(1).max(4096).nullish(),
  name: z.string().min(1).max(4096).nullish().describe('The older name of `model`.'),
});

export const ollamaShowSchema = named.extend({ verbose: z.boolean().nullish().describe('Not read.') });
export type OllamaShow = z.output<typeof ollamaShowSchema>;

export const ollamaPullSchema = named.extend({
  stream,
  insecure: z.boolean().nullish().describe('Not read: downloads are always checked.'),
});
export type OllamaPull = z.output<typeof ollamaPullSchema>;

const nanoseconds = z.int().describe('Nanoseconds.');
const ended = {
  done_reason: z.string().optional(),
  total_duration: nanoseconds.optional(),
  load_duration: nanoseconds.optional(),
  prompt_eval_count: z.int().optional().describe('All tokens of the prompt, those too that had not to be read again.'),
  prompt_eval_duration: nanoseconds.optional(),
  eval_count: z.int().optional(),
  eval_duration: nanoseconds.optional(),
};
const logprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });
const said = {
  model: z.string(),
  created_at: z.string(),
  done: z.boolean(),
  logprobs: z.array(logprob.extend({ top_logprobs: z.array(logprob).optional() })).optional(),
};

const chatAnswer = z.object({
  ...said,
  message: z.object({
    role: z.literal('assistant'),
    content: z.string(),
    thinking: z.string().optional(),
    tool_calls: z.array(toolCall).optional(),
  }),
  ...ended,
});
export type OllamaChatAnswer = z.output<typeof chatAnswer>;

const generateAnswer = z.object({
  ...said,
  response: z.string(),
  thinking: z.string().optional(),
  context: z.array(z.int()).optional(),
  ...ended,
});

export const ollamaErrorSchema = z.object({ error: z.string() });

const details = z.object({
  parent_model: z.string(),
  format: z.string(),
  family: z.string(),
  families: z.array(z.string()),
  parameter_size: z.string(),
  quantization_level: z.string(),
});

const listed = z.object({
  name: z.string(),
  model: z.string(),
  modified_at: z.string(),
  size: z.int(),
  digest: z.string(),
  details,
});
export type OllamaListed = z.output<typeof listed>;

const shown = z.object({
  license: z.string(),
  modelfile: z.string(),
  parameters: z.string(),
  template: z.string(),
  details,
  model_info: z.record(z.string(), z.unknown()),
  capabilities: z.array(z.string()),
  modified_at: z.string(),
});

const progress = z.object({
  status: z.string(),
  digest: z.string().optional(),
  total: z.int().optional(),
  completed: z.int().optional(),
});

const family = 'ollama';
const lines = (item: z.ZodType) => ({ kind: 'lines', item: z.union([item, ollamaErrorSchema]) }) as const;

/** Every route of the Ollama API that the host serves. */
export const ollamaRoutes: readonly WireRoute[] = [
  {
    family,
    id: 'ollama.chat',
    method: 'POST',
    path: '/api/chat',
    summary: 'Go on with a conversation',
    request: ollamaChatSchema,
    response: chatAnswer,
    stream: lines(chatAnswer),
    open: true,
  },
  {
    family,
    id: 'ollama.generate',
    method: 'POST',
    path: '/api/generate',
    summary: 'Answer a prompt, fill a gap, or go on from a text',
    request: ollamaGenerateSchema,
    response: generateAnswer,
    stream: lines(generateAnswer),
    open: true,
  },
  {
    family,
    id: 'ollama.embed',
    method: 'POST',
    path: '/api/embed',
    summary: 'A vector for each text',
    request: ollamaEmbedSchema,
    response: z.object({
      model: z.string(),
      embeddings: z.array(z.array(z.number())),
      total_duration: nanoseconds,
      load_duration: nanoseconds,
      prompt_eval_count: z.int(),
    }),
    open: true,
  },
  {
    family,
    id: 'ollama.embeddings',
    method: 'POST',
    path: '/api/embeddings',
    summary: 'A vector for one text; the older form of `/api/embed`',
    request: ollamaEmbeddingsSchema,
    response: z.object({ embedding: z.array(z.number()) }),
    open: true,
  },
  {
    family,
    id: 'ollama.tags',
    method: 'GET',
    path: '/api/tags',
    summary: 'The models that can be asked',
    response: z.object({ models: z.array(listed) }),
    open: true,
  },
  {
    family,
    id: 'ollama.show',
    method: 'POST',
    path: '/api/show',
    summary: 'What is known of a model',
    request: ollamaShowSchema,
    response: shown,
    open: true,
  },
  {
    family,
    id: 'ollama.ps',
    method: 'GET',
    path: '/api/ps',
    summary: 'The models that are loaded',
    response: z.object({
      models: z.array(listed.extend({ expires_at: z.string(), size_vram: z.int(), context_length: z.int() })),
    }),
    open: true,
  },
  {
    family,
    id: 'ollama.pull',
    method: 'POST',
    path: '/api/pull',
    summary: 'Download a model',
    request: ollamaPullSchema,
    response: progress,
    stream: lines(progress),
    role: 'user',
  },
  {
    family,
    id: 'ollama.version',
    method: 'GET',
    path: '/api/version',
    summary: 'The version of Ollama whose API this is',
    response: z.object({ version: z.string() }),
    open: true,
  },
  {
    family,
    id: 'ollama.alive',
    method: 'GET',
    path: '/',
    summary: 'Whether anything answers',
    response: z.string(),
    role: 'anyone',
    open: true,
  },
  {
    family,
    id: 'ollama.aliveHead',
    method: 'HEAD',
    path: '/',
    summary: 'Whether anything answers',
    role: 'anyone',
    open: true,
  },
];

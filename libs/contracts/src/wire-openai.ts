import { z } from 'zod';
import { openaiResponsesRoutes } from './wire-openai-responses.ts';
import {
  openaiErrorSchema,
  openaiMetadata,
  openaiModelName,
  openaiReasoningEffort,
  openaiTemperature,
  openaiTopP,
} from './wire-openai-parts.ts';
import type { WireRoute } from './wire-route.ts';

/*
 * The fields, their ranges and their nulls are those of the types of the official `openai` package, version 7
 * (https://platform.openai.com/docs/api-reference), but for what each field's description says.
 */

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const userPart = z.discriminatedUnion('type', [
  textPart,
  z.object({
    type: z.literal('image_url'),
    image_url: z.union([z.string(), z.object({ url: z.string(), detail: z.string().nullish() })]),
  }),
  z.object({ type: z.literal('input_audio'), input_audio: z.object({ data: z.string(), format: z.string() }) }),
  z.object({ type: z.literal('file'), file: z.record(z.string(), z.unknown()) }),
]);
const assistantPart = z.discriminatedUnion('type', [
  textPart,
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
]);
const texts = z.union([z.string(), z.array(textPart)]);

const toolCall = z.object({
  id: z.string(),
  type: z.literal('function').default('function'),
  function: z.object({ name: z.string(), arguments: z.string().describe('JSON.') }),
});

export const openaiChatMessageSchema = z.discriminatedUnion('role', [
  z.object({ role: z.literal('developer'), content: texts, name: z.string().nullish() }),
  z.object({ role: z.literal('system'), content: texts, name: z.string().nullish() }),
  z.object({
    role: z.literal('user'),
    content: z
      .union([z.string(), z.array(userPart)])
      .describe(
        'Images as data URLs, for a model that sees; nothing is fetched. Sound and files are refused: no model reads them here.',
      ),
    name: z.string().nullish(),
  }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantPart)]).nullish(),
    refusal: z.string().nullish(),
    name: z.string().nullish(),
    tool_calls: z.array(toolCall).nullish(),
  }),
  z.object({ role: z.literal('tool'), content: texts, tool_call_id: z.string() }),
]);
export type OpenaiChatMessage = z.output<typeof openaiChatMessageSchema>;

/** The names of functions as OpenAI allows them: letters, digits, `_` and `-`, at most 64. A dot is taken too, since MCP servers use it. */
const functionName = z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/u);

const functionSpec = z.object({
  name: functionName,
  description: z.string().nullish(),
  parameters: z
    .record(z.string(), z.unknown())
    .nullish()
    .describe('A JSON Schema of an object. Unset: it takes nothing.'),
  strict: z.boolean().nullish(),
});
const tool = z.object({ type: z.literal('function'), function: functionSpec });
const namedTool = z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) });

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  namedTool,
  z.object({
    type: z.literal('allowed_tools'),
    allowed_tools: z.object({ mode: z.enum(['auto', 'required']), tools: z.array(namedTool) }),
  }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({
      name: z.string().max(200),
      description: z.string().nullish(),
      schema: z.record(z.string(), z.unknown()).nullish(),
      strict: z
        .boolean()
        .nullish()
        .describe('With true, a schema with words that cannot be enforced is refused; else those words are left out.'),
    }),
  }),
]);

const penalty = z.number().min(-2).max(2).nullish().describe('Taken, and without effect.');
const stop = z.union([z.string(), z.array(z.string()).max(16)]).nullish();
const logitBias = z
  .record(z.string(), z.number())
  .nullish()
  .describe('Refused unless empty: its tokens are those of another tokenizer.');
const streamOptions = z.object({ include_usage: z.boolean().nullish() }).nullish();
const seed = z.int().nullish();
const answers = z.int().min(1).max(128).nullish();
const stream = z.boolean().nullish();
const limit = z.int().min(1).nullish();

export const openaiChatRequestSchema = z.object({
  model: openaiModelName,
  messages: z.array(openaiChatMessageSchema).min(1),
  tools: z.array(tool).max(512).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  functions: z.array(z.unknown()).nullish().describe('Refused unless empty: `tools` took its place.'),
  response_format: responseFormat.nullish(),
  stream,
  stream_options: streamOptions,
  max_tokens: limit,
  max_completion_tokens: limit.describe('As `max_tokens`, and before it where both are there.'),
  temperature: openaiTemperature,
  top_p: openaiTopP,
  top_k: z.int().min(0).nullish().describe('Not of OpenAI, but of most servers of open models.'),
  min_p: z.number().min(0).max(1).nullish().describe('Not of OpenAI, but of most servers of open models.'),
  seed,
  stop,
  n: answers,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: logitBias,
  reasoning_effort: openaiReasoningEffort,
  modalities: z
    .array(z.enum(['text', 'audio']))
    .nullish()
    .describe('Audio is refused.'),
  prompt_cache_key: z
    .string()
    .nullish()
    .describe('Names the conversation, so that what was read of it is found again.'),
  user: z.string().nullish(),
  metadata: openaiMetadata,
});
export type OpenaiChatRequest = z.output<typeof openaiChatRequestSchema>;

export const openaiUsageSchema = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  prompt_tokens_details: z.object({ cached_tokens: z.int() }),
  completion_tokens_details: z.object({ reasoning_tokens: z.int() }).optional(),
});
export type OpenaiUsage = z.output<typeof openaiUsageSchema>;

const tokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullable() });
const chatLogprobs = z
  .object({
    content: z.array(tokenLogprob.extend({ top_logprobs: z.array(tokenLogprob) })).nullable(),
    refusal: z.null(),
  })
  .nullable();
const finishReason = z.enum(['stop', 'length', 'tool_calls']);

const chatCompletion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({
        role: z.literal('assistant'),
        content: z.string().nullable(),
        refusal: z.null(),
        reasoning_content: z.string().optional(),
        tool_calls: z.array(toolCall).optional(),
      }),
      logprobs: chatLogprobs,
      finish_reason: finishReason,
    }),
  ),
  usage: openaiUsageSchema,
});

const chatChunk = z.object({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      delta: z.object({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        reasoning_content: z.string().optional(),
        tool_calls: z
          .array(
            z.object({
              index: z.int(),
              id: z.string().optional(),
              type: z.literal('function').optional(),
              function: z.object({ name: z.string().optional(), arguments: z.string() }),
            }),
          )
          .optional(),
      }),
      logprobs: chatLogprobs.optional(),
      finish_reason: finishReason.nullable(),
    }),
  ),
  usage: openaiUsageSchema.nullish(),
});

const tokenArray = z.array(z.int().min(0)).min(1);

export const openaiCompletionRequestSchema = z.object({
  model: openaiModelName,
  prompt: z
    .union([z.string(), z.array(z.string()).min(1).max(128), tokenArray, z.array(tokenArray).min(1).max(128)])
    .nullish()
    .describe('Tokens by number are those of the model itself, as `/tokenize` gives them.'),
  suffix: z.string().nullish().describe('The text after the gap, for models that fill gaps.'),
  max_tokens: z.int().min(0).nullish().describe('Default 16.'),
  echo: z.boolean().nullish(),
  n: answers,
  best_of: z.int().min(0).max(20).nullish().describe('Refused where it is more than `n`.'),
  stream,
  stream_options: streamOptions,
  logprobs: z.int().min(0).max(5).nullish().describe('Refused: chat completions give them.'),
  temperature: openaiTemperature,
  top_p: openaiTopP,
  seed,
  stop,
  presence_penalty: penalty,
  frequency_penalty: penalty,
  logit_bias: logitBias,
  user: z.string().nullish(),
});
export type OpenaiCompletionRequest = z.output<typeof openaiCompletionRequestSchema>;

const completion = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      logprobs: z.null(),
      finish_reason: z.enum(['stop', 'length']).nullable(),
    }),
  ),
  usage: openaiUsageSchema.nullish(),
});

export const openaiEmbeddingRequestSchema = z.object({
  model: openaiModelName,
  input: z.union([
    z.string().min(1),
    z.array(z.string().min(1)).min(1).max(2048),
    tokenArray,
    z.array(tokenArray).min(1).max(2048),
  ]),
  encoding_format: z
    .enum(['float', 'base64'])
    .nullish()
    .describe('Base64 is that of the numbers as 32 bit floats, little end first.'),
  dimensions: z
    .int()
    .min(1)
    .nullish()
    .describe(
      'Refused where it is not the model’s own: a cut vector is right only for models that were trained to be cut.',
    ),
  user: z.string().nullish(),
});
export type OpenaiEmbeddingRequest = z.output<typeof openaiEmbeddingRequestSchema>;

const embeddingList = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      object: z.literal('embedding'),
      index: z.int(),
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});

/** A model in the words of OpenAI and, in the same object, of Anthropic: both ask for the same address. */
const model = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int().describe('Seconds since 1970; 0 where that is not known.'),
  owned_by: z.string(),
  type: z.literal('model'),
  display_name: z.string(),
  created_at: z.string(),
  context_length: z.int().describe('Tokens that fit into one request and its answer; 0 where that is not known.'),
  role: z.string(),
  abilities: z.array(z.string()),
  local: z.boolean(),
  loaded: z.boolean(),
});
const modelList = z.object({
  object: z.literal('list'),
  data: z.array(model),
  has_more: z.literal(false),
  first_id: z.string().nullable(),
  last_id: z.string().nullable(),
});

/** Every route of the OpenAI API that the host serves. */
export const openaiRoutes: readonly WireRoute[] = [
  {
    family: 'openai',
    id: 'openai.chatCompletions',
    method: 'POST',
    path: '/v1/chat/completions',
    summary: 'Go on with a conversation',
    request: openaiChatRequestSchema,
    response: chatCompletion,
    stream: { kind: 'events', item: z.union([chatChunk, z.literal('[DONE]'), openaiErrorSchema]) },
    open: true,
  },
  {
    family: 'openai',
    id: 'openai.completions',
    method: 'POST',
    path: '/v1/completions',
    summary: 'Go on from a text, or fill the gap before another',
    request: openaiCompletionRequestSchema,
    response: completion,
    stream: { kind: 'events', item: z.union([completion, z.literal('[DONE]'), openaiErrorSchema]) },
    open: true,
  },
  {
    family: 'openai',
    id: 'openai.embeddings',
    method: 'POST',
    path: '/v1/embeddings',
    summary: 'A vector for each text',
    request: openaiEmbeddingRequestSchema,
    response: embeddingList,
    open: true,
  },
  {
    family: 'openai',
    id: 'openai.models',
    method: 'GET',
    path: '/v1/models',
    summary: 'The models that can be asked',
    response: modelList,
    open: true,
  },
  {
    family: 'openai',
    id: 'openai.model',
    method: 'GET',
    path: '/v1/models/{model+}',
    summary: 'One model',
    response: model,
    open: true,
  },
  ...openaiResponsesRoutes,
];

import { z } from 'zod';
import {
  openaiMetadata,
  openaiModelName,
  openaiReasoningEffort,
  openaiTemperature,
  openaiTopP,
} from './wire-openai-parts.ts';
import type { WireRoute } from './wire-route.ts';

const inputPart = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input_text'), text: z.string() }),
  z.object({ type: z.literal('output_text'), text: z.string() }),
  z.object({ type: z.literal('refusal'), refusal: z.string() }),
  z
    .object({ type: z.literal('input_image'), image_url: z.string().nullish(), detail: z.string().nullish() })
    .describe('A data URL, in messages of the user and in results, for a model that sees; nothing is fetched.'),
  z.object({ type: z.literal('input_file') }).describe('Refused: no model reads files here.'),
]);

const inputMessage = z.object({
  type: z.literal('message').nullish(),
  id: z.string().nullish(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(inputPart)]),
});
const functionCallItem = z.object({
  type: z.literal('function_call'),
  id: z.string().nullish(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
});
const inputItem = z.union([
  inputMessage,
  functionCallItem,
  z.object({
    type: z.literal('function_call_output'),
    id: z.string().nullish(),
    call_id: z.string(),
    output: z.union([z.string(), z.array(inputPart)]),
  }),
  z
    .object({
      type: z.literal('reasoning'),
      id: z.string().nullish(),
      summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })).nullish(),
      content: z.array(z.object({ type: z.literal('reasoning_text'), text: z.string() })).nullish(),
    })
    .describe('Left out: models are not shown what they thought before.'),
]);
export type OpenaiInputItem = z.output<typeof inputItem>;

const tool = z
  .looseObject({
    type: z.string(),
    name: z.string().nullish(),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  })
  .describe('Of type `function`. Tools that OpenAI runs itself are left out, and named in `x-nootropic-ignored`.');

const namedTool = z.object({ type: z.literal('function'), name: z.string() });

export const openaiResponseRequestSchema = z.object({
  model: openaiModelName,
  input: z.union([z.string(), z.array(inputItem)]),
  instructions: z.string().nullish(),
  tools: z.array(tool).max(512).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      namedTool,
      z.object({ type: z.literal('allowed_tools'), mode: z.enum(['auto', 'required']), tools: z.array(namedTool) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z
    .object({
      format: z
        .discriminatedUnion('type', [
          z.object({ type: z.literal('text') }),
          z.object({ type: z.literal('json_object') }),
          z.object({
            type: z.literal('json_schema'),
            name: z.string().max(200),
            description: z.string().nullish(),
            schema: z.record(z.string(), z.unknown()),
            strict: z.boolean().nullish(),
          }),
        ])
        .nullish(),
    })
    .nullish(),
  reasoning: z.object({ effort: openaiReasoningEffort, summary: z.string().nullish() }).nullish(),
  stream: z.boolean().nullish(),
  max_output_tokens: z.int().min(1).nullish(),
  temperature: openaiTemperature,
  top_p: openaiTopP,
  top_logprobs: z.int().min(0).max(20).nullish(),
  include: z.array(z.string()).nullish().describe('`message.output_text.logprobs`; others are without effect.'),
  previous_response_id: z.string().nullish(),
  store: z
    .boolean()
    .nullish()
    .describe('Default true: kept in memory, the newest of each client, until the host ends.'),
  truncation: z.enum(['auto', 'disabled']).nullish().describe('Nothing is ever cut: what does not fit is refused.'),
  background: z.boolean().nullish().describe('Refused: the jobs of the host are for that.'),
  conversation: z.unknown().optional().describe('Refused: use `previous_response_id`.'),
  prompt: z.unknown().optional().describe('Refused: templates of prompts lie at OpenAI.'),
  prompt_cache_key: z.string().nullish(),
  user: z.string().nullish(),
  metadata: openaiMetadata,
});
export type OpenaiResponseRequest = z.output<typeof openaiResponseRequestSchema>;

const status = z.enum(['in_progress', 'completed', 'incomplete']);
const logprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) });
const outputText = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: z.array(logprob.extend({ top_logprobs: z.array(logprob) })),
});
const reasoningText = z.object({ type: z.literal('reasoning_text'), text: z.string() });
const outputItem = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id: z.string(),
    status,
    role: z.literal('assistant'),
    content: z.array(outputText),
  }),
  z.object({
    type: z.literal('function_call'),
    id: z.string(),
    status,
    call_id: z.string(),
    name: z.string(),
    arguments: z.string(),
  }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string(),
    status,
    summary: z.array(z.never()),
    content: z.array(reasoningText),
  }),
]);
export type OpenaiOutputItem = z.output<typeof outputItem>;

export const openaiResponseSchema = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: z.int().nullable(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.literal('max_output_tokens') }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  metadata: z.record(z.string(), z.string()),
  model: z.string(),
  output: z.array(outputItem),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  reasoning: z.object({ effort: z.string().nullable(), summary: z.null() }),
  store: z.boolean(),
  temperature: z.number().nullable(),
  text: z.object({ format: z.record(z.string(), z.unknown()) }),
  tool_choice: z.unknown(),
  tools: z.array(z.record(z.string(), z.unknown())),
  top_p: z.number().nullable(),
  truncation: z.literal('disabled'),
  usage: z
    .object({
      input_tokens: z.int(),
      input_tokens_details: z.object({ cached_tokens: z.int() }),
      output_tokens: z.int(),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
      total_tokens: z.int(),
    })
    .nullable(),
  user: z.string().nullable(),
});
export type OpenaiResponse = z.output<typeof openaiResponseSchema>;

const event = z
  .looseObject({ type: z.string(), sequence_number: z.int() })
  .describe(
    '`response.created`, `response.output_text.delta` and the others, in the order of https://platform.openai.com/docs/api-reference/responses-streaming.',
  );

export const openaiResponsesRoutes: readonly WireRoute[] = [
  {
    family: 'openai',
    id: 'openai.responses',
    method: 'POST',
    path: '/v1/responses',
    summary: 'Answer items of a conversation',
    request: openaiResponseRequestSchema,
    response: openaiResponseSchema,
    stream: { kind: 'events', item: event },
    open: true,
  },
  {
    family: 'openai',
    id: 'openai.response',
    method: 'GET',
    path: '/v1/responses/{id}',
    summary: 'A response that is kept',
    response: openaiResponseSchema,
  },
  {
    family: 'openai',
    id: 'openai.deleteResponse',
    method: 'DELETE',
    path: '/v1/responses/{id}',
    summary: 'Forget a response',
    response: z.object({ id: z.string(), object: z.literal('response'), deleted: z.literal(true) }),
  },
  {
    family: 'openai',
    id: 'openai.responseItems',
    method: 'GET',
    path: '/v1/responses/{id}/input_items',
    summary: 'What a kept response was made of',
    response: z.object({
      object: z.literal('list'),
      data: z.array(z.record(z.string(), z.unknown())),
      first_id: z.string().nullable(),
      last_id: z.string().nullable(),
      has_more: z.literal(false),
    }),
  },
];

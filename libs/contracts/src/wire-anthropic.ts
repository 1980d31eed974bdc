import { z } from 'zod';
import type { WireRoute } from './wire-route.ts';

/*
 * The fields and their ranges are those of the types of the official `@anthropic-ai/sdk` package, version 1
 * (https://docs.anthropic.com/en/api/messages), but for what each field's description says.
 */

const textBlock = z.object({ type: z.literal('text'), text: z.string() });
const imageBlock = z.object({ type: z.literal('image'), source: z.record(z.string(), z.unknown()) });
const documentBlock = z.object({
  type: z.literal('document'),
  title: z.string().nullish(),
  context: z.string().nullish(),
  source: z
    .looseObject({ type: z.string(), data: z.string().optional(), content: z.unknown().optional() })
    .describe('A `text` source is read as text; others are refused.'),
});
const searchResultBlock = z.object({
  type: z.literal('search_result'),
  title: z.string(),
  source: z.string(),
  content: z.array(textBlock),
});
const toolReferenceBlock = z.object({ type: z.literal('tool_reference'), tool_name: z.string() });

const toolUseBlock = z.object({
  type: z.literal('tool_use'),
  id: z.string().min(1),
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});
const toolResultBlock = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: z
    .union([
      z.string(),
      z.array(
        z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolReferenceBlock]),
      ),
    ])
    .nullish(),
  is_error: z.boolean().nullish(),
});
/** What a model thought before is not read again, as in the API itself once a turn is over. */
const thinkingBlock = z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string().nullish() });
const redactedBlock = z.object({ type: z.literal('redacted_thinking'), data: z.string() });

export const anthropicMessageSchema = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('user'),
    content: z
      .union([
        z.string(),
        z.array(
          z.discriminatedUnion('type', [textBlock, imageBlock, documentBlock, searchResultBlock, toolResultBlock]),
        ),
      ])
      .describe('Images in base64, for a model that sees; nothing is fetched.'),
  }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([
      z.string(),
      z.array(z.discriminatedUnion('type', [textBlock, toolUseBlock, thinkingBlock, redactedBlock])),
    ]),
  }),
  z.object({ role: z.literal('system'), content: z.union([z.string(), z.array(textBlock)]) }),
]);
export type AnthropicMessage = z.output<typeof anthropicMessageSchema>;

export const anthropicToolSchema = z.object({
  type: z.string().nullish().describe('`custom`, or unset. Tools that run on Anthropic’s servers are refused.'),
  name: z.string().min(1).max(128),
  description: z.string().nullish(),
  input_schema: z.record(z.string(), z.unknown()).nullish().describe('A JSON Schema of an object.'),
});
export type AnthropicTool = z.output<typeof anthropicToolSchema>;

const parallel = { disable_parallel_tool_use: z.boolean().nullish() };
const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), ...parallel }),
  z.object({ type: z.literal('any'), ...parallel }),
  z.object({ type: z.literal('tool'), name: z.string(), ...parallel }),
  z.object({ type: z.literal('none') }),
]);

const thinking = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('enabled'),
    budget_tokens: z.int().min(1).describe('Anthropic asks for at least 1024; here any number is taken.'),
  }),
  z.object({ type: z.literal('disabled') }),
  z.object({ type: z.literal('adaptive') }),
  z.object({ type: z.literal('between_tools') }),
]);

const jsonFormat = z.object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) });

const prompt = {
  model: z
    .string()
    .min(1)
    .max(4096)
    .describe('A name of `/v1/models`, a reference, or `default`: the model that answers.'),
  messages: z.array(anthropicMessageSchema).min(1).max(100_000),
  system: z.union([z.string(), z.array(textBlock)]).nullish(),
  tools: z.array(anthropicToolSchema).max(512).nullish(),
  tool_choice: toolChoice.nullish(),
  thinking: thinking.nullish().describe('Unset: the model does not think.'),
  output_config: z
    .object({ effort: z.string().nullish().describe('Not read.'), format: jsonFormat.nullish() })
    .nullish(),
  output_format: jsonFormat.nullish().describe('The older place of `output_config.format`.'),
};

export const anthropicRequestSchema = z.object({
  ...prompt,
  max_tokens: z.int().min(1),
  stop_sequences: z.array(z.string()).max(8192).nullish(),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish().describe('Default 0.2.'),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  metadata: z
    .object({ user_id: z.string().max(4096).nullish() })
    .nullish()
    .describe('Not read: nobody is told apart by it, and no conversation.'),
});
export type AnthropicRequest = z.output<typeof anthropicRequestSchema>;

export const anthropicCountSchema = z.object(prompt);
export type AnthropicCount = z.output<typeof anthropicCountSchema>;

const usage = z.object({
  input_tokens: z.int().describe('Of the prompt, those that had to be read.'),
  cache_creation_input_tokens: z.int().describe('Always 0: what is read is kept without a charge.'),
  cache_read_input_tokens: z.int().describe('Of the prompt, those that the model still held.'),
  output_tokens: z.int(),
});
export type AnthropicUsage = z.output<typeof usage>;

const stopReason = z.enum(['end_turn', 'max_tokens', 'stop_sequence', 'tool_use']);

const answerBlock = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), citations: z.null() }),
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  toolUseBlock,
]);
export type AnthropicBlock = z.output<typeof answerBlock>;

const message = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(answerBlock),
  stop_reason: stopReason.nullable(),
  stop_sequence: z.string().nullable(),
  usage,
});
export type AnthropicAnswer = z.output<typeof message>;

export const anthropicErrorSchema = z.object({
  type: z.literal('error'),
  error: z.object({ type: z.string(), message: z.string() }),
});

const index = z.int();
const streamItem = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message_start'), message }),
  z.object({ type: z.literal('ping') }),
  z.object({ type: z.literal('content_block_start'), index, content_block: answerBlock }),
  z.object({
    type: z.literal('content_block_delta'),
    index,
    delta: z.discriminatedUnion('type', [
      z.object({ type: z.literal('text_delta'), text: z.string() }),
      z.object({ type: z.literal('thinking_delta'), thinking: z.string() }),
      z.object({ type: z.literal('signature_delta'), signature: z.string() }),
      z.object({ type: z.literal('input_json_delta'), partial_json: z.string() }),
    ]),
  }),
  z.object({ type: z.literal('content_block_stop'), index }),
  z.object({
    type: z.literal('message_delta'),
    delta: z.object({ stop_reason: stopReason, stop_sequence: z.string().nullable() }),
    usage,
  }),
  z.object({ type: z.literal('message_stop') }),
  anthropicErrorSchema,
]);

/** Every route of the Anthropic API that the host serves, but for `/v1/models`, which OpenAI's answers in the words of both. */
export const anthropicRoutes: readonly WireRoute[] = [
  {
    family: 'anthropic',
    id: 'anthropic.messages',
    method: 'POST',
    path: '/v1/messages',
    summary: 'Go on with a conversation',
    request: anthropicRequestSchema,
    response: message,
    stream: { kind: 'events', item: streamItem },
    open: true,
  },
  {
    family: 'anthropic',
    id: 'anthropic.countTokens',
    method: 'POST',
    path: '/v1/messages/count_tokens',
    summary: 'How many tokens a conversation has',
    request: anthropicCountSchema,
    response: z.object({ input_tokens: z.int() }),
  },
];

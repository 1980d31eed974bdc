import { z } from 'zod';
import type { WireRoute } from './wire-route.ts';

/*
 * The fields and their meaning are those of https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md,
 * but for what each field's description says. Every number has a range, and is refused outside of it.
 */

const largest = 2_147_483_647;
const model = z
  .string()
  .max(4096)
  .nullish()
  .describe('A name of `/v1/models`, a reference, or `default`. Unset: the model of the role.');
const milliseconds = z.int().min(0).max(largest);

/** What `/completion` and `/infill` share. */
const generation = {
  model,
  n_predict: z
    .int()
    .min(-1)
    .max(largest)
    .nullish()
    .describe('Tokens to write at most; -1: as many as fit; 0: the prompt is read, and nothing written.'),
  temperature: z.number().min(0).max(100).nullish().describe('Default 0.2; of a gap 0.'),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).max(largest).nullish().describe('Not read.'),
  min_p: z.number().min(0).max(1).nullish().describe('Not read.'),
  seed: z.int().min(-1).max(4_294_967_295).nullish().describe('-1: another one each time.'),
  stop: z.union([z.string().max(10_000), z.array(z.string().max(10_000)).max(64)]).nullish(),
  stream: z.boolean().nullish(),
  cache_prompt: z.boolean().nullish().describe('Not read: what was read is always kept.'),
  t_max_prompt_ms: milliseconds.nullish().describe('Not read.'),
  t_max_predict_ms: milliseconds
    .nullish()
    .describe('The answer ends when it took longer than this since its first token and has a line end. 0: no limit.'),
  n_indent: z.int().min(0).max(10_000).nullish().describe('Not read.'),
  n_keep: z.int().min(-1).max(largest).nullish().describe('Not read: nothing is cut.'),
  n_discard: z.int().min(0).max(largest).nullish().describe('Not read: nothing is cut.'),
  n_probs: z.int().min(0).max(0).nullish().describe('Chat completions give probabilities.'),
  id_slot: z
    .int()
    .min(-1)
    .max(65_535)
    .nullish()
    .describe('Not read: the conversation that holds most of the prompt is found by itself.'),
  grammar: z.literal('').nullish().describe('Refused: chat completions take a JSON Schema.'),
  json_schema: z.null().optional().describe('Refused: chat completions take a JSON Schema.'),
  return_progress: z.boolean().nullish(),
  timings_per_token: z.boolean().nullish(),
};

const tokens = z.array(z.int().min(0).max(largest)).max(1_000_000);

export const llamacppCompletionSchema = z.object({
  ...generation,
  prompt: z
    .union([z.string(), tokens.min(1)])
    .describe('A text, or the numbers of its tokens as `/tokenize` gives them.'),
});
export type LlamacppCompletion = z.output<typeof llamacppCompletionSchema>;

export const llamacppInfillSchema = z.object({
  ...generation,
  input_prefix: z.string().default(''),
  input_suffix: z.string().default(''),
  input_extra: z
    .array(z.object({ text: z.string(), filename: z.string().nullish() }))
    .max(1000)
    .nullish()
    .describe('Parts of other files, read before the prefix.'),
  prompt: z.string().nullish().describe('The beginning of what fills the gap, or of its line.'),
});
export type LlamacppInfill = z.output<typeof llamacppInfillSchema>;

export const llamacppTokenizeSchema = z.object({
  model,
  content: z.string(),
  add_special: z.boolean().nullish().describe('Not read: tokens that begin every text are not among those of a text.'),
  parse_special: z.boolean().nullish().describe('Names of special tokens stand for these. Default true.'),
  with_pieces: z.boolean().nullish(),
});
export type LlamacppTokenize = z.output<typeof llamacppTokenizeSchema>;

export const llamacppDetokenizeSchema = z.object({ model, tokens });
export type LlamacppDetokenize = z.output<typeof llamacppDetokenizeSchema>;

export const llamacppRerankSchema = z.object({
  model,
  query: z.string(),
  documents: z.array(z.union([z.string(), z.object({ text: z.string() })])).max(10_000),
  top_n: z.int().min(1).nullish().describe('The best so many. Default: all.'),
  return_documents: z.boolean().nullish().describe('Default false.'),
});
export type LlamacppRerank = z.output<typeof llamacppRerankSchema>;

const timings = z.object({
  cache_n: z.int().describe('Tokens of the prompt that had not to be read again.'),
  prompt_n: z.int().describe('Tokens of the prompt that were read.'),
  prompt_ms: z.number(),
  prompt_per_token_ms: z.number(),
  prompt_per_second: z.number(),
  predicted_n: z.int(),
  predicted_ms: z.number(),
  predicted_per_token_ms: z.number(),
  predicted_per_second: z.number(),
});
export type LlamacppTimings = z.output<typeof timings>;

const answer = z.object({
  index: z.literal(0),
  content: z.string(),
  tokens: z.array(z.int()),
  id_slot: z.int(),
  stop: z.literal(true),
  model: z.string(),
  tokens_predicted: z.int(),
  tokens_evaluated: z.int(),
  generation_settings: z.object({ n_ctx: z.int(), n_predict: z.int() }).catchall(z.unknown()),
  prompt: z.string(),
  has_new_line: z.boolean(),
  truncated: z.literal(false),
  stop_type: z.enum(['eos', 'limit', 'word']),
  stopping_word: z.string(),
  tokens_cached: z.int(),
  timings,
});
export type LlamacppAnswer = z.output<typeof answer>;

export const llamacppErrorSchema = z.object({
  error: z.object({
    code: z.int(),
    message: z.string(),
    type: z.string(),
    n_prompt_tokens: z.int().optional(),
    n_ctx: z.int().optional(),
  }),
});

const piece = z.object({
  index: z.literal(0),
  content: z.string(),
  tokens: z.array(z.int()),
  stop: z.literal(false),
  id_slot: z.int(),
  tokens_predicted: z.int(),
  tokens_evaluated: z.int(),
  prompt_progress: z.object({ total: z.int(), cache: z.int(), processed: z.int(), time_ms: z.number() }).optional(),
});
const streamed = { kind: 'events', item: z.union([piece, answer, llamacppErrorSchema]) } as const;

const ranked = z.object({
  object: z.literal('list'),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  results: z.array(
    z.object({ index: z.int(), relevance_score: z.number(), document: z.object({ text: z.string() }).optional() }),
  ),
});

const family = 'llamacpp';
const rerank = (path: string, id: string): WireRoute => ({
  family,
  id,
  method: 'POST',
  path,
  summary: 'How well each text answers a question',
  request: llamacppRerankSchema,
  response: ranked,
});

/** Every route of llama.cpp’s own server that the host serves beside those of OpenAI. */
export const llamacppRoutes: readonly WireRoute[] = [
  {
    family,
    id: 'llamacpp.infill',
    method: 'POST',
    path: '/infill',
    summary: 'Fill the gap between two texts',
    request: llamacppInfillSchema,
    response: answer,
    stream: streamed,
  },
  {
    family,
    id: 'llamacpp.completion',
    method: 'POST',
    path: '/completion',
    summary: 'Go on from a text',
    request: llamacppCompletionSchema,
    response: answer,
    stream: streamed,
  },
  {
    family,
    id: 'llamacpp.tokenize',
    method: 'POST',
    path: '/tokenize',
    summary: 'The tokens of a text',
    request: llamacppTokenizeSchema,
    response: z.object({
      tokens: z.array(z.union([z.int(), z.object({ id: z.int(), piece: z.string() })])),
    }),
  },
  {
    family,
    id: 'llamacpp.detokenize',
    method: 'POST',
    path: '/detokenize',
    summary: 'The text of tokens',
    request: llamacppDetokenizeSchema,
    response: z.object({ content: z.string() }),
  },
  {
    family,
    id: 'llamacpp.props',
    method: 'GET',
    path: '/props',
    summary: 'The model that answers, and how it was loaded',
    response: z.object({
      default_generation_settings: z.object({ n_ctx: z.int() }).catchall(z.unknown()),
      total_slots: z.int(),
      model_alias: z.string(),
      model_path: z.string().describe('The name of the file without its folder.'),
      modalities: z.object({ vision: z.literal(false), audio: z.literal(false) }),
      build_info: z.string(),
    }),
  },
  {
    family,
    id: 'llamacpp.health',
    method: 'GET',
    path: '/health',
    summary: 'Whether requests are taken',
    response: z.object({ status: z.literal('ok') }),
    role: 'anyone',
  },
  rerank('/v1/rerank', 'llamacpp.rerank'),
  rerank('/rerank', 'llamacpp.rerankRoot'),
];

import type { GgufValue } from './gguf-format.ts';
import { writeGguf } from './gguf-writer.ts';
import { createTinyTokenizer, type TinyTokenizer } from './tiny-tokenizer.ts';
import { rerankerShape, rerankerTensors } from './tiny-reranker.ts';
import { chatTensors, embeddingTensors, tinyShape } from './tiny-weights.ts';

export interface TinyGgufOptions {
  /** Decides every weight. Default 1. */
  readonly seed?: number;
  /** Default 4096. */
  readonly contextLength?: number;
  /** After some words the model begins a tool call in Hermes' form, which the grammar of llama.cpp's server then completes, and ends. Default false. */
  readonly callsTools?: boolean;
  /** The model thinks aloud before it answers: some words in `<think>` tags, which its template knows. Default false. */
  readonly thinks?: boolean;
}

/**
 * A language model of the llama architecture in some 320 kB: byte-level BPE, ChatML with tool calls in Hermes' form, tokens to fill in the middle.
 *
 * Its weights are random, so what it says means nothing; but it says it in printable words, goes on until the limit
 * when sampled coldly, and for some hundred tokens at temperature 1. Strings of JSON end after some words, so that
 * an answer that must meet a schema closes. The same options give the same bytes on every machine.
 */
export function tinyGgufBytes(options: TinyGgufOptions = {}): Uint8Array<ArrayBuffer> {
  const { seed = 1, callsTools = false, thinks = false } = options;
  const tokenizer = createTinyTokenizer({ thinks });
  return writeGguf({
    metadata: {
      ...describe('Nootropic Tiny', options),
      ...tokenizerMetadata(tokenizer),
      'tokenizer.chat_template': text(thinks ? thinkingTemplate : chatMlTemplate),
    },
    tensors: chatTensors(tokenizer, { seed, callsTools, thinks }),
  });
}

/**
 * An embedding model of the llama architecture in some 240 kB with the same tokenizer; 64 numbers per text, the mean over its tokens.
 * Texts that share words are near each other, and that is all it knows. The same options give the same bytes on every machine.
 */
export function tinyEmbeddingGgufBytes(
  options: Pick<TinyGgufOptions, 'seed' | 'contextLength'> = {},
): Uint8Array<ArrayBuffer> {
  const tokenizer = createTinyTokenizer();
  return writeGguf({
    metadata: {
      ...describe('Nootropic Tiny Embedding', options),
      'llama.pooling_type': uint(1),
      'llama.attention.causal': { type: 'bool', value: false },
      ...tokenizerMetadata(tokenizer),
    },
    tensors: embeddingTensors(tokenizer, options.seed ?? 2),
  });
}

/**
 * A reranking model of the qwen3 architecture in some 300 kB with the same tokenizer. A document's score rises with the share of its
 * words that the query has too, and that is all it knows. The same options give the same bytes on every machine.
 */
export function tinyRerankerGgufBytes(
  options: Pick<TinyGgufOptions, 'seed' | 'contextLength'> = {},
): Uint8Array<ArrayBuffer> {
  const tokenizer = createTinyTokenizer();
  const { width, layers, hidden } = rerankerShape;
  return writeGguf({
    metadata: {
      'general.architecture': text('qwen3'),
      'general.type': text('model'),
      'general.name': text('Nootropic Tiny Reranker'),
      'general.license': text('mit'),
      'general.file_type': uint(1),
      'general.quantization_version': uint(2),
      'qwen3.context_length': uint(options.contextLength ?? 4096),
      'qwen3.embedding_length': uint(width),
      'qwen3.block_count': uint(layers),
      'qwen3.feed_forward_length': uint(hidden),
      'qwen3.attention.head_count': uint(1),
      'qwen3.attention.head_count_kv': uint(1),
      'qwen3.attention.key_length': uint(width),
      'qwen3.attention.value_length': uint(width),
      'qwen3.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-6 },
      // So high that a position turns the first numbers of a head and leaves the others.
      'qwen3.rope.freq_base': { type: 'float32', value: 1e30 },
      'qwen3.pooling_type': uint(4),
      'qwen3.classifier.output_labels': { type: 'array', of: 'string', value: ['yes', 'no'] },
      ...tokenizerMetadata(tokenizer, 'qwen3'),
    },
    tensors: rerankerTensors(tokenizer, options.seed ?? 3),
  });
}

function uint(value: number): GgufValue {
  return { type: 'uint32', value };
}

function text(value: string): GgufValue {
  return { type: 'string', value };
}

function describe(name: string, options: TinyGgufOptions): Record<string, GgufValue> {
  return {
    'general.architecture': text('llama'),
    'general.type': text('model'),
    'general.name': text(name),
    'general.license': text('mit'),
    'general.file_type': uint(1),
    'general.quantization_version': uint(2),
    'llama.context_length': uint(options.contextLength ?? 4096),
    'llama.embedding_length': uint(tinyShape.width),
    'llama.block_count': uint(tinyShape.layers),
    'llama.feed_forward_length': uint(tinyShape.hidden),
    'llama.attention.head_count': uint(tinyShape.heads),
    'llama.attention.head_count_kv': uint(tinyShape.keyValueHeads),
    'llama.attention.layer_norm_rms_epsilon': { type: 'float32', value: 1e-5 },
    'llama.rope.dimension_count': uint(tinyShape.headWidth),
    'llama.rope.freq_base': { type: 'float32', value: 10_000 },
  };
}

function tokenizerMetadata(tokenizer: TinyTokenizer, architecture = 'llama'): Record<string, GgufValue> {
  return {
    [`${architecture}.vocab_size`]: uint(tokenizer.tokens.length),
    'tokenizer.ggml.model': text('gpt2'),
    'tokenizer.ggml.pre': text('qwen2'),
    'tokenizer.ggml.tokens': { type: 'array', of: 'string', value: tokenizer.tokens },
    'tokenizer.ggml.token_type': { type: 'array', of: 'int32', value: tokenizer.kinds },
    'tokenizer.ggml.merges': { type: 'array', of: 'string', value: tokenizer.merges },
    'tokenizer.ggml.bos_token_id': uint(tokenizer.id('<|endoftext|>')),
    'tokenizer.ggml.eos_token_id': uint(tokenizer.id('<|im_end|>')),
    'tokenizer.ggml.eot_token_id': uint(tokenizer.id('<|im_end|>')),
    'tokenizer.ggml.padding_token_id': uint(tokenizer.id('<|endoftext|>')),
    'tokenizer.ggml.fim_pre_token_id': uint(tokenizer.id('<|fim_prefix|>')),
    'tokenizer.ggml.fim_suf_token_id': uint(tokenizer.id('<|fim_suffix|>')),
    'tokenizer.ggml.fim_mid_token_id': uint(tokenizer.id('<|fim_middle|>')),
    'tokenizer.ggml.fim_pad_token_id': uint(tokenizer.id('<|fim_pad|>')),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: false },
    'tokenizer.ggml.add_eos_token': { type: 'bool', value: false },
  };
}

/** ChatML; tools in the system message, calls in `<tool_call>` tags (Hermes' form, as Qwen 2.5 uses it). */
export const chatMlTemplate = `{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] + '\\n\\n' }}
    {%- endif %}
    {{- '# Tools\\n\\nYou may call one or more functions to assist with the user query.\\n\\nYou are provided with function signatures within <tools></tools> XML tags:\\n<tools>' }}
    {%- for tool in tools %}
        {{- '\\n' }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- '\\n</tools>\\n\\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\\n<tool_call>\\n{"name": <function-name>, "arguments": <args-json-object>}\\n</tool_call><|im_end|>\\n' }}
{%- elif messages[0]['role'] == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'user' or (message.role == 'system' and not loop.first) or (message.role == 'assistant' and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|im_start|>assistant' }}
        {%- if message.content %}
            {{- '\\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\\n<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == 'tool' %}
        {%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}
            {{- '<|im_end|>\\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
`;

/** The same; a thought goes before what an assistant said, and `enable_thinking` false asks for none. */
const thinkingTemplate = chatMlTemplate
  .replace(
    "message.role + '\\n' + message.content",
    "message.role + '\\n' + ('<think>' + message.reasoning_content + '</think>' if message.reasoning_content else '') + message.content",
  )
  .replace(
    "{{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "{{- '<|im_start|>assistant\\n' }}\n    {%- if enable_thinking is defined and enable_thinking is false %}\n        {{- '<think></think>' }}\n    {%- endif %}\n{%- endif %}\n",
  );

import type { RecordedRequest, ScriptedAnswer } from './scripted-model-server.ts';

/** The counts of an answer. */
interface Counts {
  readonly prompt: number;
  readonly cached: number;
  readonly written: number;
}

/** Whether the path is where a provider on the internet generates: OpenAI's and xAI's Responses, Anthropic's Messages, Google's streams. */
export function isCloudGeneration(path: string): boolean {
  return path === '/v1/responses' || path === '/v1/messages' || path.includes(':streamGenerateContent');
}

/** The pieces of an answer as the provider of this path sends them. */
export function cloudLines(request: RecordedRequest, answer: ScriptedAnswer, counts: Counts): unknown[] {
  if (request.path === '/v1/messages') return anthropicLines(answer, counts);
  return request.path === '/v1/responses' ? responsesLines(answer, counts) : googleLines(answer, counts);
}

/** What an error in the middle of such a stream looks like. */
export function cloudErrorLine(request: RecordedRequest): unknown {
  if (request.path === '/v1/messages')
    return { type: 'error', error: { type: 'overloaded_error', message: 'the runner stopped' } };
  if (request.path === '/v1/responses')
    return {
      type: 'error',
      sequence_number: 9,
      code: 'server_error',
      message: 'the runner stopped',
      param: null,
      error: { type: 'server_error', code: 'server_error', message: 'the runner stopped', param: null },
    };
  return { error: { code: 503, message: 'the runner stopped', status: 'UNAVAILABLE' } };
}

function callText(call: NonNullable<ScriptedAnswer['toolCalls']>[number]): string {
  return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
}

function responsesLines(answer: ScriptedAnswer, counts: Counts): unknown[] {
  const lines: { type: string; [field: string]: unknown }[] = [];
  const shown = { id: 'resp_1', object: 'response', created_at: 1, model: 'tiny', output: [], status: 'in_progress' };
  lines.push({ type: 'response.created', response: shown });
  let output_index = 0;
  const around = (item: object, done: object, deltas: { type: string; [field: string]: unknown }[]): void => {
    lines.push({ type: 'response.output_item.added', output_index, item });
    for (const delta of deltas) lines.push({ output_index, ...delta });
    lines.push({ type: 'response.output_item.done', output_index, item: { ...item, ...done } });
    output_index += 1;
  };
  if (answer.reasoning !== undefined) {
    const place = { item_id: 'rs_1', summary_index: 0 };
    around({ type: 'reasoning', id: 'rs_1', summary: [], status: 'in_progress' }, { status: 'completed' }, [
      { type: 'response.reasoning_summary_part.added', ...place, part: { type: 'summary_text', text: '' } },
      ...answer.reasoning.map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...place, delta })),
    ]);
  }
  if ((answer.text?.length ?? 0) > 0) {
    const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'in_progress', content: [] };
    const text = (answer.text ?? []).join('');
    around(
      item,
      { status: 'completed', content: [{ type: 'output_text', text, annotations: [], logprobs: [] }] },
      (answer.text ?? []).map((delta) => {
        return { type: 'response.output_text.delta', item_id: 'msg_1', content_index: 0, delta, logprobs: [] };
      }),
    );
  }
  for (const [at, call] of (answer.toolCalls ?? []).entries()) {
    const id = `fc_${at}`;
    const item = { type: 'function_call', id, call_id: call.id, name: call.name, arguments: '', status: 'in_progress' };
    around(item, { arguments: callText(call), status: 'completed' }, [
      { type: 'response.function_call_arguments.delta', item_id: id, delta: callText(call) },
    ]);
  }
  const usage = {
    input_tokens: counts.prompt,
    input_tokens_details: { cached_tokens: counts.cached },
    output_tokens: counts.written,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: counts.prompt + counts.written,
  };
  const cut = answer.finish === 'length';
  lines.push({
    type: cut ? 'response.incomplete' : 'response.completed',
    response: {
      ...shown,
      status: cut ? 'incomplete' : 'completed',
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      usage,
    },
  });
  return lines.map((line, sequence_number) => ({ ...line, sequence_number }));
}

function anthropicLines(answer: ScriptedAnswer, counts: Counts): unknown[] {
  const lines: unknown[] = [
    {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'tiny',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: {
          input_tokens: counts.prompt - counts.cached,
          cache_read_input_tokens: counts.cached,
          cache_creation_input_tokens: 0,
          output_tokens: 1,
        },
      },
    },
  ];
  let index = 0;
  const block = (content_block: object, deltas: object[]): void => {
    lines.push({ type: 'content_block_start', index, content_block });
    for (const delta of deltas) lines.push({ type: 'content_block_delta', index, delta });
    lines.push({ type: 'content_block_stop', index });
    index += 1;
  };
  if (answer.reasoning !== undefined)
    block(
      { type: 'thinking', thinking: '', signature: '' },
      answer.reasoning.map((thinking) => ({ type: 'thinking_delta', thinking })),
    );
  if ((answer.text?.length ?? 0) > 0)
    block(
      { type: 'text', text: '' },
      (answer.text ?? []).map((text) => ({ type: 'text_delta', text })),
    );
  for (const call of answer.toolCalls ?? [])
    block({ type: 'tool_use', id: call.id, name: call.name, input: {} }, [
      { type: 'input_json_delta', partial_json: callText(call) },
    ]);
  const called = (answer.toolCalls?.length ?? 0) > 0;
  const stop_reason = answer.finish === 'length' ? 'max_tokens' : called ? 'tool_use' : 'end_turn';
  lines.push({
    type: 'message_delta',
    delta: { stop_reason, stop_sequence: null },
    usage: { output_tokens: counts.written },
  });
  lines.push({ type: 'message_stop' });
  return lines;
}

function googleLines(answer: ScriptedAnswer, counts: Counts): unknown[] {
  const chunk = (parts: object[], more: object = {}): object => ({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...more }],
    modelVersion: 'tiny',
  });
  const usageMetadata = {
    promptTokenCount: counts.prompt,
    cachedContentTokenCount: counts.cached,
    candidatesTokenCount: counts.written,
    totalTokenCount: counts.prompt + counts.written,
  };
  return [
    ...(answer.reasoning ?? []).map((text) => chunk([{ text, thought: true }])),
    ...(answer.text ?? []).map((text) => chunk([{ text }])),
    ...(answer.toolCalls ?? []).map(({ name, arguments: args }) => chunk([{ functionCall: { name, args } }])),
    { ...chunk([], { finishReason: answer.finish === 'length' ? 'MAX_TOKENS' : 'STOP' }), usageMetadata },
  ];
}

/** A request of any of these providers as a request of the OpenAI chat protocol says it, as far as an obedient model reads it. */
export function asChatRequest(request: RecordedRequest): RecordedRequest {
  if (!isCloudGeneration(request.path)) return request;
  const body = request.body ?? {};
  const config = (body['generationConfig'] ?? {}) as Record<string, unknown>;
  const declared = ((body['tools'] ?? []) as readonly Record<string, unknown>[]).flatMap((tool) =>
    Array.isArray(tool['functionDeclarations']) ? (tool['functionDeclarations'] as Record<string, unknown>[]) : [tool],
  );
  const text = (body['text'] ?? {}) as Record<string, unknown>;
  const output = (body['output_config'] ?? {}) as Record<string, unknown>;
  const schema =
    text['format'] ??
    body['output_format'] ??
    output['format'] ??
    config['responseSchema'] ??
    config['responseJsonSchema'];
  return {
    ...request,
    body: {
      max_tokens: body['max_output_tokens'] ?? body['max_tokens'] ?? config['maxOutputTokens'],
      stop: body['stop_sequences'] ?? config['stopSequences'],
      ...(schema !== undefined && { response_format: schema }),
      ...(declared.length > 0 && { tools: declared.map(({ name }) => ({ function: { name } })) }),
    },
  };
}

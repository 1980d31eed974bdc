import {
  NootropicError,
  type Message,
  type OpenaiOutputItem,
  type OpenaiResponse,
  type OpenaiResponseRequest,
  type TokenCounts,
} from '@nootropic/contracts';
import {
  arrangeOf,
  callerOf,
  ignoredHeader,
  open,
  usageOf,
  type OpenaiGeneration,
  type OpenaiParts,
} from './openai-chat.ts';
import { openaiError } from './openai-errors.ts';
import { createResponseItems, type ResponseEvent } from './openai-response-items.ts';
import type { ResponseStore } from './openai-response-store.ts';
import { readResponseRequest } from './openai-responses-request.ts';
import { answerHeaders, startAnswer, stopped, type StartedAnswer } from './wire-answer.ts';
import type { WireAnswer, WireCall, WireEvent } from './wire-handler.ts';

interface ResponseParts extends OpenaiParts {
  readonly store: ResponseStore;
}

interface ResponseWork extends OpenaiGeneration {
  readonly body: OpenaiResponseRequest;
  readonly started: StartedAnswer;
  readonly conversation: readonly Message[];
}

/** How a response ended. */
interface Ended {
  readonly response: OpenaiResponse;
  readonly tokens: TokenCounts;
}

/** Answers `/v1/responses`. */
export async function answerResponse(parts: ResponseParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OpenaiResponseRequest;
  const { previous_response_id: previous } = body;
  const before = previous ? parts.store.get(call.caller.client, previous).messages : [];
  const read = readResponseRequest(body, before);
  const generation: OpenaiGeneration = {
    ...read,
    ask: { ...read.ask, ...arrangeOf(call) },
    caller: callerOf(call, read.session),
    manyCalls: body.parallel_tool_calls !== false,
  };
  const started = await startAnswer(await open(parts, generation, 0));
  const work: ResponseWork = { ...generation, body, started, conversation: read.conversation };
  const extra = ignoredHeader(read.ignored);
  if (body.stream === true) {
    const events = streamed(parts, work);
    return { kind: 'events', events, headers: { ...started.headers, ...extra } };
  }
  const { response, tokens } = await drained(writeResponse(parts, work));
  const headers = answerHeaders(started.answer, { reused: tokens.reused, evaluated: tokens.read });
  return { kind: 'json', body: response, headers: { ...headers, ...extra } };
}

async function drained(events: AsyncGenerator<ResponseEvent, Ended>): Promise<Ended> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
  }
}

/** The events by their numbers. A failure is the last of them, as this API tells it. */
async function* streamed(parts: ResponseParts, work: ResponseWork): AsyncGenerator<WireEvent> {
  let number = 0;
  let response: unknown;
  const numbered = (event: ResponseEvent): WireEvent => ({
    event: event.type,
    data: { ...event, sequence_number: number++ },
  });
  try {
    for await (const event of writeResponse(parts, work)) {
      response = event['response'] ?? response;
      yield numbered(event);
    }
  } catch (cause) {
    const { body } = openaiError(NootropicError.from(cause)) as { body: { error: { message: string; code: string } } };
    const { message, code } = body.error;
    const failed = { ...(response as OpenaiResponse), status: 'failed', error: { code, message } };
    yield numbered({ type: 'response.failed', response: failed });
  }
}

async function* writeResponse(parts: ResponseParts, work: ResponseWork): AsyncGenerator<ResponseEvent, Ended> {
  const newId = (prefix: string): string => `${prefix}_${parts.newId().replaceAll('-', '')}`;
  const seconds = (): number => Math.floor(parts.now() / 1000);
  const begun = beginning(work, { id: newId('resp'), createdAt: seconds() });
  yield { type: 'response.created', response: begun };
  yield { type: 'response.in_progress', response: begun };
  const items = createResponseItems(newId);
  for await (const event of work.started.events) {
    if (event.type !== 'finish') {
      yield* items.take(event);
      continue;
    }
    if (event.reason === 'aborted') throw stopped(work.caller.signal);
    const cut = event.reason === 'length';
    yield* items.end(cut ? 'incomplete' : 'completed');
    const { tokens } = event;
    const { answer } = work.started;
    const spent = await usageOf(parts, { answer, tokens, reasoning: items.reasoning, caller: work.caller });
    const response: OpenaiResponse = {
      ...begun,
      status: cut ? 'incomplete' : 'completed',
      completed_at: cut ? null : seconds(),
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      output: [...items.output],
      usage: {
        input_tokens: spent.prompt_tokens,
        input_tokens_details: spent.prompt_tokens_details,
        output_tokens: spent.completion_tokens,
        output_tokens_details: spent.completion_tokens_details ?? { reasoning_tokens: 0 },
        total_tokens: spent.total_tokens,
      },
    };
    if (work.body.store !== false)
      parts.store.keep(work.caller.client, {
        response,
        items: itemsOf(work.body.input, newId),
        messages: [...work.conversation, ...asMessages(response.output)],
      });
    yield { type: cut ? 'response.incomplete' : 'response.completed', response };
    return { response, tokens };
  }
  throw new NootropicError('MODEL_CRASHED', 'The answer ended without saying why.');
}

function beginning(
  { body, started }: ResponseWork,
  { id, createdAt }: { readonly id: string; readonly createdAt: number },
): OpenaiResponse {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    completed_at: null,
    status: 'in_progress',
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    metadata: body.metadata ?? {},
    model: started.answer.model.name,
    output: [],
    parallel_tool_calls: body.parallel_tool_calls !== false,
    previous_response_id: body.previous_response_id ?? null,
    reasoning: { effort: body.reasoning?.effort ?? null, summary: null },
    store: body.store !== false,
    temperature: body.temperature ?? null,
    text: { format: body.text?.format ?? { type: 'text' } },
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? null,
    truncation: 'disabled',
    usage: null,
    user: body.user ?? null,
  };
}

function itemsOf(input: OpenaiResponseRequest['input'], newId: (prefix: string) => string) {
  const items = typeof input === 'string' ? [{ role: 'user', content: [{ type: 'input_text', text: input }] }] : input;
  return items.map((item) => ({
    type: 'message',
    ...item,
    id: ('id' in item ? item.id : undefined) ?? newId('item'),
  }));
}

/** The items of an answer as the next request of the conversation has them. */
function asMessages(output: readonly OpenaiOutputItem[]): Message[] {
  const content = output
    .flatMap((item) => (item.type === 'message' ? item.content.map(({ text }) => text) : []))
    .join('');
  const toolCalls = output.flatMap((item) =>
    item.type === 'function_call'
      ? [{ id: item.call_id, name: item.name, arguments: JSON.parse(item.arguments) as Record<string, unknown> }]
      : [],
  );
  if (content === '' && toolCalls.length === 0) return [];
  return [{ role: 'assistant', content, ...(toolCalls.length > 0 && { toolCalls }) }];
}

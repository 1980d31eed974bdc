import type {
  ModelEvent,
  OllamaChat,
  OllamaChatAnswer,
  OllamaGenerate,
  TokenCounts,
  TokenLogprob,
  ToolCall,
} from '@nootropic/contracts';
import type { Gateway, GatewayAnswer, GatewayModel } from '@nootropic/core';
import { NootropicError } from '@nootropic/contracts';
import { writeContext } from './ollama-context.ts';
import { readOllamaChat, readOllamaPrompt, readOllamaText } from './ollama-request.ts';
import { arrangeOf, logprobOf } from './openai-chat.ts';
import { answerHeaders, gatherAnswer, startAnswer, stopped, type GatheredAnswer } from './wire-answer.ts';
import type { WireAnswer, WireCall } from './wire-handler.ts';

export interface OllamaParts {
  readonly gateway: Gateway;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
  /** Frees the memory of a model. */
  readonly unload: (ref: string) => Promise<unknown>;
}

/** How one of the two routes writes what a model says. */
interface Form {
  /** The name that was asked for. */
  readonly model: string;
  say(part: Said): object;
  /** What the last line has beside the counts. */
  readonly last?: (text: string) => object;
}

interface Said {
  readonly text?: string;
  readonly thinking?: string;
  readonly calls?: readonly ToolCall[];
}

/** Answers `/api/chat`. */
export async function answerOllamaChat(parts: OllamaParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OllamaChat;
  const form: Form = {
    model: body.model,
    say: ({ text = '', thinking, calls = [] }) => ({
      message: {
        role: 'assistant',
        content: text,
        ...(thinking !== undefined && { thinking }),
        ...(calls.length > 0 && { tool_calls: calls.map(callOf) }),
      } satisfies OllamaChatAnswer['message'],
    }),
  };
  if ((body.messages ?? []).length === 0) return loadOnly(parts, call, form);
  const startedAt = parts.clock();
  const ask = readOllamaChat(body);
  const answer = await parts.gateway.chat(
    { ...(await untilItEnds(parts.gateway, body)), ...ask, ...arrangeOf(call) },
    call.caller,
  );
  return write({ parts, form, answer, startedAt, body }, call.caller.signal);
}

/** Answers `/api/generate`. */
export async function answerOllamaGenerate(parts: OllamaParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OllamaGenerate;
  const plain: Form = {
    model: body.model,
    say: ({ text = '', thinking }) => ({ response: text, ...(thinking !== undefined && { thinking }) }),
  };
  if (!body.prompt && !body.suffix && body.raw !== true) return loadOnly(parts, call, plain);
  const startedAt = parts.clock();
  const limit = await untilItEnds(parts.gateway, body);
  const text = readOllamaText(body);
  if (text !== undefined) {
    const answer = await parts.gateway.infill({ ...limit, ...text }, call.caller);
    return write({ parts, form: plain, answer, startedAt, body }, call.caller.signal);
  }
  const ask = readOllamaPrompt(body);
  const answer = await parts.gateway.chat({ ...limit, ...ask, ...arrangeOf(call) }, call.caller);
  const form: Form = {
    ...plain,
    last: (said) => ({ context: writeContext([...ask.messages, { role: 'assistant', content: said }]) }),
  };
  return write({ parts, form, answer, startedAt, body }, call.caller.signal);
}

/** Ollama writes until the answer ends by itself where no limit is set. Another server’s models keep that server’s own limit. */
async function untilItEnds(
  gateway: Gateway,
  { model, options }: OllamaChat | OllamaGenerate,
): Promise<{ readonly maxTokens?: number }> {
  if ((options?.num_predict ?? -1) > 0) return {};
  const { info } = await gateway.find(model, 'chat');
  return info.ref.startsWith('file:') && info.contextLength > 0 ? { maxTokens: info.contextLength } : {};
}

/** A request with nothing to answer loads the model, or unloads it. */
async function loadOnly(parts: OllamaParts, call: WireCall, form: Form): Promise<WireAnswer> {
  const { keep_alive: keepAlive } = call.body as OllamaChat;
  const { caller } = call;
  const leave = keepAlive === 0 || (typeof keepAlive === 'string' && /^0+[a-z]*$/u.test(keepAlive));
  if (leave) await unload(parts, await parts.gateway.find(form.model, 'chat'), caller);
  else await parts.gateway.open(form.model, 'chat', caller);
  const line = {
    model: form.model,
    created_at: new Date(parts.now()).toISOString(),
    ...form.say({}),
    done: true,
    done_reason: leave ? 'unload' : 'load',
  };
  return { kind: 'json', body: line };
}

async function unload(
  { unload: free }: OllamaParts,
  { info }: GatewayModel,
  caller: WireCall['caller'],
): Promise<void> {
  if (caller.listedOnly === true)
    throw new NootropicError('DENIED', 'A client without a key cannot unload a model.', {
      hint: 'Leave `keep_alive` out: models leave by themselves when the memory is needed.',
    });
  try {
    await free(info.ref);
  } catch (cause) {
    // What is not in memory need not leave it.
    const { code } = NootropicError.from(cause);
    if (code !== 'MODEL_NOT_FOUND' && code !== 'NOT_FOUND') throw cause;
  }
}

interface Writing {
  readonly parts: OllamaParts;
  readonly form: Form;
  readonly answer: GatewayAnswer;
  readonly startedAt: number;
  readonly body: OllamaChat | OllamaGenerate;
}

async function write(writing: Writing, signal: AbortSignal): Promise<WireAnswer> {
  const { answer, body, form, parts } = writing;
  const openedAt = parts.clock();
  if (body.stream !== false) {
    const started = await startAnswer(answer);
    return {
      kind: 'lines',
      lines: lines(writing, openedAt, { events: started.events, signal }),
      headers: started.headers,
    };
  }
  let firstAt: number | undefined;
  const seen = onFirst(answer.events, () => (firstAt ??= parts.clock()));
  const gathered = await gatherAnswer(seen, signal);
  const { text, reasoning, calls, logprobs, tokens } = gathered;
  return {
    kind: 'json',
    body: {
      ...headOf(writing),
      ...form.say({ text, ...(reasoning !== '' && { thinking: reasoning }), calls }),
      ...logprobsOf(logprobs),
      done: true,
      done_reason: reasonOf(gathered.reason),
      ...form.last?.(text),
      ...countsOf(writing, { openedAt, firstAt, tokens }),
    },
    headers: answerHeaders(answer, { reused: tokens.reused, evaluated: tokens.read }),
  };
}

async function* lines(
  writing: Writing,
  openedAt: number,
  { events, signal }: { readonly events: AsyncIterable<ModelEvent>; readonly signal: AbortSignal },
): AsyncGenerator<object> {
  const { form, parts } = writing;
  let text = '';
  let firstAt: number | undefined;
  const line = (part: Said, logprobs: readonly TokenLogprob[] = []): object => {
    firstAt ??= parts.clock();
    return { ...headOf(writing), ...form.say(part), ...logprobsOf(logprobs), done: false };
  };
  for await (const event of events) {
    if (event.type === 'text') {
      text += event.text;
      yield line({ text: event.text }, event.logprobs);
    } else if (event.type === 'reasoning') yield line({ thinking: event.text });
    else if (event.type === 'tool-call') yield line({ calls: [event.call] });
    else if (event.type === 'finish') {
      if (event.reason === 'aborted') throw stopped(signal);
      yield {
        ...headOf(writing),
        ...form.say({}),
        done: true,
        done_reason: reasonOf(event.reason),
        ...form.last?.(text),
        ...countsOf(writing, { openedAt, firstAt, tokens: event.tokens }),
      };
    }
  }
}

async function* onFirst(events: AsyncIterable<ModelEvent>, note: () => void): AsyncGenerator<ModelEvent> {
  for await (const event of events) {
    if (event.type !== 'prompt-progress') note();
    yield event;
  }
}

function headOf({ form, parts }: Writing): { readonly model: string; readonly created_at: string } {
  return { model: form.model, created_at: new Date(parts.now()).toISOString() };
}

function reasonOf(reason: GatheredAnswer['reason']): string {
  return reason === 'length' ? 'length' : 'stop';
}

function countsOf(
  { answer, parts, startedAt }: Writing,
  run: { readonly openedAt: number; readonly firstAt: number | undefined; readonly tokens: TokenCounts },
): object {
  const { read, reused, written } = run.tokens;
  const endedAt = parts.clock();
  const firstAt = run.firstAt ?? endedAt;
  return {
    total_duration: nanoseconds(endedAt - startedAt),
    load_duration: nanoseconds(run.openedAt - startedAt),
    prompt_eval_count: read + reused > 0 ? read + reused : answer.promptTokens,
    prompt_eval_duration: nanoseconds(firstAt - run.openedAt),
    eval_count: written,
    eval_duration: nanoseconds(endedAt - firstAt),
  };
}

export function nanoseconds(milliseconds: number): number {
  return Math.max(0, Math.round(milliseconds * 1_000_000));
}

function callOf({ id, name, arguments: given }: ToolCall, index: number) {
  return { id, function: { index, name, arguments: given } };
}

function logprobsOf(logprobs: readonly TokenLogprob[]): object {
  if (logprobs.length === 0) return {};
  return {
    logprobs: logprobs.map(({ token, logprob, top }) => ({
      ...logprobOf({ token, logprob }),
      ...(top.length > 0 && { top_logprobs: top.map(logprobOf) }),
    })),
  };
}

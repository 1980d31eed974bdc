import type { InfillRequest, Model, OpenaiCompletionRequest, OpenaiUsage, TokenCounts } from '@nootropic/contracts';
import type { GatewayAnswer } from '@nootropic/core';
import { ignoredHeader, usageOf, type OpenaiParts } from './openai-chat.ts';
import { samplingOf, stopsOf } from './openai-chat-request.ts';
import { refuseField, unsupportedField } from './openai-errors.ts';
import { answerHeaders, gatherAnswer, startAnswer, stopped, type StartedAnswer } from './wire-answer.ts';
import type { WireAnswer, WireCall, WireEvent } from './wire-handler.ts';

/** Texts that one request may ask for. */
const mostChoices = 128;

/** One text to go on from; several, and several answers to each, are written one after another. */
interface Choice {
  readonly index: number;
  readonly prompt: string;
  readonly ask: InfillRequest & { readonly model?: string };
}

/** Answers `/v1/completions`: the model goes on from the prompt, or with a suffix fills the gap between the two. */
export async function answerCompletion(parts: OpenaiParts, call: WireCall): Promise<WireAnswer> {
  const body = call.body as OpenaiCompletionRequest;
  refuseWhatCannotBe(body);
  const { caller } = call;
  const choices = planChoices(body, await promptsOf(parts, body, caller));
  const head = {
    id: `cmpl-${parts.newId()}`,
    object: 'text_completion',
    created: Math.floor(parts.now() / 1000),
  };
  const extra = ignoredHeader([
    ...(body.presence_penalty ? ['presence_penalty'] : []),
    ...(body.frequency_penalty ? ['frequency_penalty'] : []),
  ]);
  const [first, ...rest] = choices;
  if (first === undefined) throw refuseField('prompt', 'There is no prompt.');
  const nothing = body.max_tokens === 0;
  if (nothing) {
    const { name } = await parts.gateway.find(body.model ?? undefined, 'chat');
    const tokens = await countPrompts(await parts.gateway.open(body.model ?? undefined, 'chat', caller), choices);
    const done = choices.map(({ index, prompt }) => choiceOf(index, body.echo ? prompt : '', 'length'));
    const usage = {
      prompt_tokens: tokens,
      completion_tokens: 0,
      total_tokens: tokens,
      prompt_tokens_details: { cached_tokens: 0 },
    };
    const whole = { ...head, model: name, choices: done, usage };
    if (body.stream !== true) return { kind: 'json', body: whole, headers: extra };
    const events = [{ data: whole }, { data: '[DONE]' }];
    return {
      kind: 'events',
      events: (async function* () {
        yield* events;
      })(),
      headers: extra,
    };
  }
  if (body.stream === true) {
    const started = await startAnswer(await parts.gateway.infill(first.ask, caller));
    const wantsUsage = body.stream_options?.include_usage === true;
    const plan = { head, first, rest, started, echo: body.echo === true, wantsUsage };
    return { kind: 'events', events: chunks(parts, plan, caller), headers: { ...started.headers, ...extra } };
  }
  const done: object[] = [];
  let sum = noUsage;
  let answer: GatewayAnswer | undefined;
  let counts: TokenCounts | undefined;
  for (const { index, prompt, ask } of choices) {
    answer = await parts.gateway.infill(ask, caller);
    const gathered = await gatherAnswer(answer.events, caller.signal);
    counts ??= gathered.tokens;
    sum = added(sum, await usageOf(parts, { answer, ...gathered, caller }), index % (body.n ?? 1) === 0);
    done.push(choiceOf(index, `${body.echo ? prompt : ''}${gathered.text}`, gathered.reason));
  }
  return {
    kind: 'json',
    body: { ...head, model: answer?.model.name, choices: done, usage: sum },
    headers: {
      ...(answer && answerHeaders(answer, counts && { reused: counts.reused, evaluated: counts.read })),
      ...extra,
    },
  };
}

function refuseWhatCannotBe(body: OpenaiCompletionRequest): void {
  if (Object.keys(body.logit_bias ?? {}).length > 0)
    throw unsupportedField(
      'logit_bias',
      'logit_bias is not taken: it names tokens by the numbers of another tokenizer.',
    );
  if (typeof body.logprobs === 'number')
    throw unsupportedField('logprobs', 'logprobs are given by chat completions, not here.');
  if ((body.best_of ?? 1) > (body.n ?? 1))
    throw unsupportedField('best_of', 'best_of more than n is not taken: ask for as many answers as are wanted.');
  if (body.suffix && body.echo) throw refuseField('echo', 'echo cannot be combined with suffix.');
}

/** The prompts as texts. Tokens by number are those of the model that answers. */
async function promptsOf(
  { gateway }: OpenaiParts,
  { prompt, model }: OpenaiCompletionRequest,
  caller: WireCall['caller'],
): Promise<readonly string[]> {
  if (typeof prompt === 'string') return [prompt];
  const parts = prompt ?? [''];
  if (parts.every((part) => typeof part === 'string')) return parts;
  const lists = typeof parts[0] === 'number' ? [parts as number[]] : (parts as number[][]);
  const reader = await gateway.open(model ?? undefined, 'chat', caller);
  return Promise.all(lists.map((tokens) => reader.detokenize(tokens)));
}

function planChoices(body: OpenaiCompletionRequest, prompts: readonly string[]): readonly Choice[] {
  const count = body.n ?? 1;
  if (prompts.length * count > mostChoices)
    throw refuseField('n', `${prompts.length} prompts with ${count} answers each are more than ${mostChoices}.`);
  return prompts.flatMap((prompt, at) =>
    Array.from({ length: count }, (_, each): Choice => {
      const index = at * count + each;
      const gap = typeof body.suffix === 'string' && body.suffix !== '';
      return {
        index,
        prompt,
        ask: {
          ...samplingOf(body),
          prefix: prompt,
          suffix: body.suffix ?? '',
          ...(!gap && { raw: true }),
          maxTokens: body.max_tokens ?? 16,
          ...stopsOf(body.stop),
          ...(typeof body.seed === 'number' && { seed: body.seed + each }),
        },
      };
    }),
  );
}

interface ChunkPlan {
  readonly head: object;
  readonly first: Choice;
  readonly rest: readonly Choice[];
  readonly started: StartedAnswer;
  readonly echo: boolean;
  readonly wantsUsage: boolean;
}

async function* chunks(
  parts: OpenaiParts,
  { head, first, rest, started, echo, wantsUsage }: ChunkPlan,
  caller: WireCall['caller'],
): AsyncGenerator<WireEvent> {
  const model = started.answer.model.name;
  const chunk = (choices: readonly object[], usage: OpenaiUsage | null = null): WireEvent => ({
    data: { ...head, model, choices, ...(wantsUsage && { usage }) },
  });
  let sum = noUsage;
  let before: string | undefined;
  for (const choice of [first, ...rest]) {
    const { answer, events } =
      choice === first ? started : await startAnswer(await parts.gateway.infill(choice.ask, caller));
    yield chunk([choiceOf(choice.index, echo ? choice.prompt : '', null)]);
    for await (const event of events) {
      if (event.type === 'text') yield chunk([choiceOf(choice.index, event.text, null)]);
      else if (event.type === 'finish') {
        if (event.reason === 'aborted') throw stopped(caller.signal);
        yield chunk([choiceOf(choice.index, '', event.reason)]);
        const spent = await usageOf(parts, { answer, reasoning: '', tokens: event.tokens, caller });
        sum = added(sum, spent, choice.prompt !== before);
        before = choice.prompt;
      }
    }
  }
  if (wantsUsage) yield chunk([], sum);
  yield { data: '[DONE]' };
}

function choiceOf(index: number, text: string, reason: string | null): object {
  return { index, text, logprobs: null, finish_reason: reason === null || reason === 'length' ? reason : 'stop' };
}

/** Tokens of the prompts, each counted once. */
async function countPrompts(model: Pick<Model, 'countTokens'>, choices: readonly Choice[]): Promise<number> {
  const prompts = new Set(choices.map(({ prompt }) => prompt));
  const counts = await Promise.all([...prompts].map((text) => model.countTokens(text)));
  return counts.reduce((sum, count) => sum + count, 0);
}

const noUsage: OpenaiUsage = {
  prompt_tokens: 0,
  completion_tokens: 0,
  total_tokens: 0,
  prompt_tokens_details: { cached_tokens: 0 },
};

/** A prompt counts once, however many answers it has. */
function added(sum: OpenaiUsage, more: OpenaiUsage, isNewPrompt: boolean): OpenaiUsage {
  const prompt = sum.prompt_tokens + (isNewPrompt ? more.prompt_tokens : 0);
  const completion = sum.completion_tokens + more.completion_tokens;
  const cached = sum.prompt_tokens_details.cached_tokens + (isNewPrompt ? more.prompt_tokens_details.cached_tokens : 0);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

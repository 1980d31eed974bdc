import type { Config, ContextBlock, Model, SendInput, TurnEvent, TurnEventBody } from '@nootropic/contracts';
import { planCompaction, toolsLength } from './compaction.ts';
import { buildPrompt, promptLength, type Prompt, type PromptAgent } from './prompt.ts';
import { fitAttachedTexts, fitBlocks, measureRoom } from './room.ts';
import type { TurnLog } from './turn-log.ts';

export interface FitRequest {
  readonly log: TurnLog;
  /** Whom the session's prompt begins with. */
  readonly agent: PromptAgent;
  /** Tokens of one answer, and times that tools may be called. */
  readonly limits: { readonly maxTokens: number; readonly maxSteps: number };
  readonly model: Model;
  readonly input: SendInput;
  readonly found: readonly ContextBlock[];
  readonly config: Config;
  /** Milliseconds that the search took. */
  readonly tookMs: number;
  /** Milliseconds before it, until the index was up to date. */
  readonly indexMs: number;
}

export interface FittedPrompt {
  readonly prompt: Prompt;
  readonly blocks: readonly ContextBlock[];
  readonly limits: { readonly maxTokens: number; readonly maxSteps: number; readonly characters: number };
  /** Characters for each token of this model, on the low side. */
  readonly perToken: number;
}

/**
 * Of the room: kept for what tools give; the most that is kept for passages before older turns are left out for them; and what the prompt
 * takes with attached texts that had to be cut, so that passages and the next question find room without a compaction.
 */
const shares = { tools: 0.1, passages: 0.3, attached: 0.6 };
/** Characters of each part of the prompt that the model's tokenizer is measured on. */
const sampleLength = 4000;

/**
 * Makes the prompt of a turn fit the model's context, and says what that took: a `compaction` of the older turns, then attached texts
 * that were cut, then only as many passages as there is room for. What it decides is in the events, from which the prompt is built.
 */
export async function* fitPrompt(request: FitRequest): AsyncGenerator<TurnEvent, FittedPrompt> {
  const { log, agent, model, input, found, config } = request;
  const { characters, perToken, answerTokens } = await measureRoom(
    model,
    sample(buildPrompt(agent, log.events()), found),
    request.limits.maxTokens,
  );
  const tokens = (size: number) => Math.ceil(size / perToken);

  const wanted = Math.min(
    config.answer.contextTokens * perToken,
    found.reduce((sum, { text }) => sum + text.length + 80, 0),
  );
  const reserve = characters * shares.tools + Math.min(wanted, characters * shares.passages);
  const compaction = planCompaction(agent, log.events(), { characters, reserve });
  if (compaction) {
    const { before, after, shortened, dropped } = compaction;
    yield* await log.write([
      { type: 'compaction', tokensBefore: tokens(before), tokensAfter: tokens(after), shortened, dropped },
      notice('context-compacted', compactionText(compaction)),
    ]);
  }

  const size = ({ messages, tools }: Prompt) => promptLength(messages) + toolsLength(tools);
  const attached = attachedLength(input);
  const rest = size(buildPrompt(agent, log.events())) - attached;
  const texts = input.attachments ?? [];
  const isTooLong = fitAttachedTexts(texts, characters * (1 - shares.tools) - rest) !== undefined;
  const cuts = isTooLong ? fitAttachedTexts(texts, characters * shares.attached - rest) : undefined;
  const kept = cuts === undefined ? attached : cuts.reduce((sum, each) => sum + each, 0);
  const room = characters * (1 - shares.tools) - rest - kept;
  const blocks = fitBlocks(found, Math.min(room, config.answer.contextTokens * perToken));
  const blockTokens = tokens(blocks.reduce((sum, { text }) => sum + text.length, 0));
  const { tookMs, indexMs } = request;
  yield* await log.write([
    { type: 'context-ready', blocks, tokens: blockTokens, tookMs, indexMs, ...(cuts && { attached: cuts }) },
    ...(cuts ? [notice('attachment-cut', cutText({ attached, kept }))] : []),
  ]);

  const prompt = buildPrompt(agent, log.events());
  return {
    prompt,
    blocks,
    limits: {
      maxTokens: answerTokens,
      maxSteps: request.limits.maxSteps,
      characters: characters - size(prompt),
    },
    perToken,
  };
}

function notice(code: string, message: string): TurnEventBody {
  return { type: 'notice', level: 'info', code, message };
}

function compactionText({ shortened, dropped }: { shortened: number; dropped: number }): string {
  const parts = [
    ...(shortened > dropped ? [`${turns(shortened - dropped)} told as question and answer only`] : []),
    ...(dropped > 0 ? [`${turns(dropped)} left out`] : []),
  ];
  return `The session has grown longer than the model’s context: of the oldest turns, ${parts.join(', and ')} from here on.`;
}

function cutText({ attached, kept }: { attached: number; kept: number }): string {
  return `What is attached is longer than the model can read: it is given ${kept} of ${attached} characters, from the beginning and the end.`;
}

function turns(count: number): string {
  return count === 1 ? '1 is' : `${count} are`;
}

function attachedLength({ attachments = [] }: SendInput): number {
  return attachments.reduce((sum, each) => sum + (each.kind === 'text' ? each.text.length : 0), 0);
}

/** Some of everything the prompt is to hold: a tokenizer takes prose, code and the tools' JSON apart differently. */
function sample({ messages, tools }: Prompt, found: readonly ContextBlock[]): string {
  const [system, ...rest] = messages.map(({ content }) => content);
  const said = rest.map((content) => content.slice(0, sampleLength)).join('\n');
  const passages = found.map((block) => block.text).join('\n');
  const parts = [
    system ?? '',
    JSON.stringify(tools),
    passages.slice(0, 2 * sampleLength),
    said.slice(-2 * sampleLength),
  ];
  return parts.join('\n');
}

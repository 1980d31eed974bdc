import type { Attachment, ContextBlock, Model } from '@nootropic/contracts';

/** Code has about 3.3 characters for each token of the tokenizers of current models. Used where nothing was measured. */
const usualCharactersPerToken = 3;
/** What a measured ratio is trusted less by: the text to come is not the text that was measured. */
const caution = 0.9;
/** Share of the context that an answer may take at most, whatever is configured: the question has to fit too. */
const answerShare = 0.25;

export interface Room {
  /** Characters that prompt and tool results may have together. */
  readonly characters: number;
  /** Characters for each token of this model, on this text, on the low side. */
  readonly perToken: number;
  /** Tokens that the answer may have. */
  readonly answerTokens: number;
}

/** Tokens of a text, on the high side, where no model is at hand to count them. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / usualCharactersPerToken);
}

/**
 * How much a model can be given, in characters. The model's own tokenizer counts a sample of what it is to be given, since
 * tokenizers differ by a factor of three, and a prompt that is too long is refused, not shortened behind the user's back.
 */
export async function measureRoom(model: Model, sample: string, maxTokens: number): Promise<Room> {
  const { contextLength } = model.info;
  const measured =
    sample.length >= 200 ? sample.length / Math.max(1, await model.countTokens(sample)) : usualCharactersPerToken;
  const perToken = Math.max(0.25, measured * caution);
  if (contextLength === 0) return { characters: Number.MAX_SAFE_INTEGER, perToken, answerTokens: maxTokens };
  const answerTokens = Math.min(maxTokens, Math.floor(contextLength * answerShare));
  return { characters: Math.floor((contextLength - answerTokens) * perToken), perToken, answerTokens };
}

/** The first of these passages that fit, the last of them cut at a line where that leaves something worth showing. */
export function fitBlocks(blocks: readonly ContextBlock[], characters: number): ContextBlock[] {
  const around = 80;
  const kept: ContextBlock[] = [];
  let left = characters;
  for (const block of blocks) {
    const size = block.text.length + block.citation.path.length + around;
    if (size <= left) {
      kept.push(block);
      left -= size;
      continue;
    }
    const cut = cutBlock(block, left - block.citation.path.length - around);
    if (cut) kept.push(cut);
    break;
  }
  return kept;
}

function cutBlock(block: ContextBlock, characters: number): ContextBlock | undefined {
  const worthShowing = 120;
  if (characters < worthShowing) return undefined;
  const end = block.text.lastIndexOf('\n', characters);
  if (end <= 0) return undefined;
  const text = block.text.slice(0, end);
  return {
    ...block,
    text,
    citation: { ...block.citation, endLine: block.citation.startLine + text.split('\n').length - 1 },
  };
}

/**
 * Characters that each attached text may have, in their order, so that together they have no more than `characters`; `undefined` where
 * all fit as they are. Short texts stay whole: what is over is taken from the longest.
 */
export function fitAttachedTexts(attachments: readonly Attachment[], characters: number): number[] | undefined {
  const sizes = attachments.flatMap((attachment) => (attachment.kind === 'text' ? [attachment.text.length] : []));
  let left = Math.max(0, characters);
  if (sizes.reduce((sum, size) => sum + size, 0) <= left) return undefined;
  let share = 0;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    share = Math.floor(left / (sizes.length - index));
    if (size > share) break;
    left -= size;
  }
  return sizes.map((size) => Math.min(size, share));
}

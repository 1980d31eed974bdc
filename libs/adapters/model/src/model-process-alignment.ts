import type { LlamaModel, Token } from 'node-llama-cpp';

/** What of a tokenizer the alignment needs. */
export interface TokenTexts {
  textOf(tokens: readonly Token[]): string;
  /** Tokens that are no text but a sign, such as the end of a message. */
  isSign(token: Token): boolean;
}

/** Tokens on either side within which two ways to write the same text meet again. */
const window = 16;

/**
 * The prompt, written with the tokens that the sequence holds wherever they say the same text: a model does not always write its answer in the
 * tokens that a tokenizer makes of it, and from the first other token on everything would be read again. Signs are only ever equal to
 * themselves, so that typed text never becomes one. White space before an answer, which a template drops, is kept as the model wrote it.
 */
export function alignWithHeld(prompt: readonly Token[], held: readonly Token[], texts: TokenTexts): Token[] {
  const header = answerHeader(prompt, texts);
  const aligned: Token[] = [];
  let at = 0;
  while (aligned.length < held.length && at < prompt.length) {
    if (held[aligned.length] === prompt[at]) {
      aligned.push(prompt[at++] as Token);
      continue;
    }
    const begins = header.length > 0 && endsWith(aligned, header);
    const met = meeting(textRun(held, aligned.length, texts), textRun(prompt, at, texts), { texts, begins });
    if (met === undefined) break;
    aligned.push(...held.slice(aligned.length, aligned.length + met.held));
    at += met.prompt;
  }
  return [...aligned, ...prompt.slice(at)];
}

export function textsOf(model: LlamaModel): TokenTexts {
  return {
    textOf: (tokens) => model.detokenize(tokens),
    isSign: (token) => model.isSpecialToken(token) || model.isEogToken(token),
  };
}

/** What the template writes before an answer: the end of the prompt, from its last sign on. Empty where there is none. */
function answerHeader(prompt: readonly Token[], { isSign }: TokenTexts): readonly Token[] {
  const last = prompt.findLastIndex(isSign);
  return last < 0 ? [] : prompt.slice(last);
}

function endsWith(tokens: readonly Token[], end: readonly Token[]): boolean {
  return end.every((token, index) => tokens[tokens.length - end.length + index] === token);
}

function textRun(tokens: readonly Token[], from: number, { isSign }: TokenTexts): readonly Token[] {
  const near = tokens.slice(from, from + window);
  const sign = near.findIndex(isSign);
  return sign < 0 ? near : near.slice(0, sign);
}

/** The fewest tokens of both that make the same text. */
function meeting(
  held: readonly Token[],
  prompt: readonly Token[],
  { texts, begins }: { readonly texts: TokenTexts; readonly begins: boolean },
): { readonly held: number; readonly prompt: number } | undefined {
  const beginnings = (tokens: readonly Token[]) =>
    tokens
      .map((_, index) => ({ count: index + 1, text: texts.textOf(tokens.slice(0, index + 1)) }))
      .filter(({ text }) => isWhole(text));
  const wanted = new Map(beginnings(prompt).map(({ count, text }) => [text, count]));
  const own = beginnings(held);
  const meet = (form: (text: string) => string) => {
    const met = own.find(({ text }) => form(text) !== '' && wanted.has(form(text)));
    return met && { held: met.count, prompt: wanted.get(form(met.text)) ?? 0 };
  };
  const met = meet((text) => text) ?? (begins ? meet((text) => text.trimStart()) : undefined);
  if (met !== undefined || !begins || prompt.length > 0) return met;
  // An answer of white space alone.
  const blank = own.findLast(({ text }) => text.trim() === '');
  return blank && { held: blank.count, prompt: 0 };
}

/** A character whose bytes lie in two tokens is shown as the replacement character by either. */
function isWhole(text: string): boolean {
  return !text.includes('\uFFFD');
}

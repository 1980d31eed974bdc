import type { Token } from 'node-llama-cpp';

/**
 * In which order a model reads what stands around a gap. Models are trained for one or both (Bavarian et al. 2022,
 * https://arxiv.org/abs/2207.14255). Suffix first is taken wherever a model was: what is typed at the cursor is then the end of the prompt,
 * so only that is read anew, while prefix first reads the whole suffix again with each key. A model that was trained for prefix first alone
 * gets that.
 */
export type GapOrder = 'prefix-first' | 'suffix-first';

export interface GapModel {
  readonly prefix: Token;
  readonly suffix: Token;
  readonly middle: Token | null;
  /** Text of the prefix token. */
  readonly prefixText: string | null;
  readonly architecture: string | undefined;
}

/**
 * StarCoder's and CodeLlama's tokens, and Gemma, stand for training in both orders (https://arxiv.org/abs/2305.06161,
 * https://arxiv.org/abs/2308.12950, https://arxiv.org/abs/2406.11409); models without a middle token, as Codestral, know suffix first only.
 */
export function gapOrder({ middle, prefixText, architecture }: GapModel): GapOrder {
  if (middle === null) return 'suffix-first';
  const both = /^(<fim_prefix>|▁?<PRE>)$/.test(prefixText?.trim() ?? '') || /^gemma/.test(architecture ?? '');
  return both ? 'suffix-first' : 'prefix-first';
}

/** Of the room, what the suffix may take where the prefix needs the rest. */
const suffixShare = 4;
/** The beginning of a prefix that is too long moves in steps of this part of its room. */
const steps = 4;

/**
 * The prompt of a gap in at most `room` tokens. Of the prefix the end is kept and of the suffix the beginning: what is near the cursor.
 * A prefix that is too long is cut at one of few places, so that its beginning, and with it all that was read, stays the same for many keys.
 */
export function gapPrompt(
  model: GapModel,
  around: { readonly prefix: readonly Token[]; readonly suffix: readonly Token[] },
  room: number,
): Token[] {
  const free = Math.max(0, room - (model.middle === null ? 2 : 3));
  const quarter = Math.floor(free / suffixShare);
  const first = gapOrder(model) === 'suffix-first';
  // A suffix that is not read again may also take what the prefix leaves. It must not shrink with each key, so it takes it in steps.
  const left = free - stepUp(around.prefix.length, Math.max(1, quarter));
  const suffix = around.suffix.slice(0, first ? Math.max(quarter, left) : quarter);
  const prefixRoom = free - suffix.length;
  const excess = around.prefix.length - prefixRoom;
  const step = Math.max(1, Math.floor(prefixRoom / steps));
  const prefix = around.prefix.slice(excess <= 0 ? 0 : Math.min(around.prefix.length, stepUp(excess, step)));
  if (!first)
    return [model.prefix, ...prefix, model.suffix, ...suffix, ...(model.middle === null ? [] : [model.middle])];
  if (model.middle === null) return [model.suffix, ...suffix, model.prefix, ...prefix];
  return [model.prefix, model.suffix, ...suffix, model.middle, ...prefix];
}

/** What a model's vocabulary has for the parts of a repository; `undefined` where it has none. */
export interface RepositoryTokens {
  readonly repository: Token | undefined;
  readonly file: Token | undefined;
}

/** Names of these tokens, as the models that were trained on repositories have them. */
export const repositoryTokenNames = {
  repository: ['<|repo_name|>', '<repo_name>', '<reponame>', '<|fim_repo|>'],
  file: ['<|file_sep|>', '<file_sep>'],
} as const;

/** What is told of a repository and of a file that have no name here: as llama.cpp tells it, so that models see what they know. */
const unnamed = { repository: 'myproject\n', file: 'filename\n' };

/**
 * Parts of other files in at most `room` tokens, to stand before a gap: with the tokens of repository-level training where the model has them
 * (https://arxiv.org/abs/2409.12186), else as plain text. Parts that do not fit are left out whole, the first of them first, so that what is
 * read of the others stays the same.
 */
export function extraPrompt(
  extra: readonly { readonly name?: string; readonly text: string }[],
  { repository, file }: RepositoryTokens,
  { read, room }: { readonly read: (text: string) => readonly Token[]; readonly room: number },
): Token[] {
  const framed = file !== undefined;
  const head = framed ? [...(repository === undefined ? [] : [repository, ...read(unnamed.repository)])] : [];
  const tail = framed ? [file, ...read(unnamed.file)] : [];
  let left = room - head.length - tail.length;
  const parts: (readonly Token[])[] = [];
  for (const { name = unnamed.file.trim(), text } of extra.toReversed()) {
    // What is longer than this is not even read.
    if (text.length > room * charactersPerToken) break;
    const part = [...(framed ? [file] : []), ...read(`${name}\n${text}\n`)];
    left -= part.length;
    if (left < 0) break;
    parts.unshift(part);
  }
  return parts.length === 0 ? [] : [...head, ...parts.flat(), ...tail];
}

function stepUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

/** Characters of a text that are tokenized at most, for each token of room: the rest of a long file could not be read anyway. */
const charactersPerToken = 16;
const block = 4096;

/** The end of a prefix that may fit, from the beginning of a line that stays the same for many keys. */
export function nearPrefix(prefix: string, room: number): string {
  const excess = prefix.length - room * charactersPerToken;
  if (excess <= 0) return prefix;
  const line = prefix.indexOf('\n', stepUp(excess, block));
  return prefix.slice(line < 0 ? excess : line + 1);
}

/** The beginning of a suffix that may fit. */
export function nearSuffix(suffix: string, room: number): string {
  return suffix.slice(0, room * charactersPerToken);
}

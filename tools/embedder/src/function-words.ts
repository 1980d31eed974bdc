import { visitSubTokens } from '@nootropic/model';
import type { CorpusFunction } from './found-function.ts';

/** Tokens of a function's code that are looked at, as the embedder's runtime has it. */
const maxBodyTokens = 400;
const maxPathTokens = 8;

/** A function as the tokens that a bag of words makes of it. */
export interface FunctionWords {
  readonly doc: readonly string[];
  /** Occurrences by token. The function's own name is masked: a question rarely knows it. */
  readonly body: ReadonlyMap<string, number>;
  /** Owner and name. */
  readonly name: readonly string[];
  readonly path: readonly string[];
}

export function tokensOf(text: string): string[] {
  const found: string[] = [];
  visitSubTokens(text, (token) => found.push(token));
  return found;
}

/** Code with every mention of the function's own name left out. */
export function maskedCode({ code, name }: CorpusFunction): string {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  return code.replace(new RegExp(`(?<![\\w])${escaped}(?![\\w])`, 'gu'), ' ');
}

export function fullName({ owner, name }: CorpusFunction): string {
  return owner === '' ? name : `${owner}.${name}`;
}

/** The text of a function as the index would hand it to the embedder; without its heading, its body alone. */
export function passageText(found: CorpusFunction, part: 'all' | 'body'): string {
  const body = maskedCode(found);
  return part === 'body' ? body : `${found.path}\n${fullName(found)}\n\n${body}`;
}

/** `code`: what counts as the body. Default: the code without the function's own name. */
export function functionWords(found: CorpusFunction, code: string = maskedCode(found)): FunctionWords {
  const body = new Map<string, number>();
  for (const token of tokensOf(code).slice(0, maxBodyTokens)) body.set(token, (body.get(token) ?? 0) + 1);
  return {
    doc: found.doc === '' ? [] : tokensOf(found.doc),
    body,
    name: tokensOf(fullName(found)),
    path: tokensOf(found.path.replace(/\.[^./]*$/u, '')).slice(-maxPathTokens),
  };
}

import { isFiller, splitWords, stem } from './words.ts';

/** What a question asks for, taken from its words. */
export interface Query {
  readonly text: string;
  /** Stems of the words that carry meaning, without repeats. */
  readonly stems: readonly string[];
  /** Plain words for the text index. */
  readonly words: string;
  /** Names of symbols that the question spells out: quoted, dotted, camel or snake case. */
  readonly identifiers: readonly string[];
  /** Names that its words may be parts of: `content type parser` may be `contentTypeParser`. */
  readonly guessedNames: readonly string[];
  /** True when the question is the name of a symbol and little else, rather than words about what it does. */
  readonly isName: boolean;
  readonly asksFor: Readonly<Record<'tests' | 'documents' | 'examples' | 'settings', boolean>>;
}

const identifierShape = /^(?:[\p{L}_$#][\p{L}\p{N}_$]*)(?:(?:\.|::|#|->)[\p{L}_$][\p{L}\p{N}_$]*)*$/u;

function isIdentifier(token: string): boolean {
  return /\p{Ll}\p{Lu}|_|\.|::|\$/u.test(token) || /^\p{Lu}{2,}\p{Ll}/u.test(token);
}

function identifiersIn(text: string): string[] {
  const quoted = [...text.matchAll(/[`'"]([^`'"\s]+)[`'"]/gu)].map((match) => match[1] ?? '');
  const spelled = text
    .split(/[\s`'"()[\]{},;?!]+/u)
    .map((token) => token.replace(/^[.:]+|[.:]+$/gu, ''))
    .filter(isIdentifier);
  const found = [...quoted, ...spelled]
    .map((token) => token.replace(/\(.*$/u, ''))
    .filter((token) => identifierShape.test(token));
  return [...new Set(found)].slice(0, 8);
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Words in a row, joined as a name would be. */
function namesFrom(words: readonly string[]): string[] {
  const names = new Set<string>();
  for (let length = 1; length <= 3; length += 1) {
    for (let start = 0; start + length <= words.length; start += 1) {
      const run = words.slice(start, start + length);
      const forms = [run, [...run.slice(0, -1), singular(run.at(-1) ?? '')]];
      for (const form of forms) {
        names.add(form[0] + form.slice(1).map(capital).join(''));
        names.add(form.map(capital).join(''));
        if (length > 1) names.add(form.join('_')).add(form.join(''));
      }
    }
  }
  return [...names].filter((name) => name.length >= 3).slice(0, 100);
}

function singular(word: string): string {
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  return word.endsWith('s') && !word.endsWith('ss') && word.length > 3 ? word.slice(0, -1) : word;
}

/** One word, or no more than two words that mean something beside the names that are spelled out. */
function isName(text: string, identifiers: readonly string[]): boolean {
  const tokens = text.split(/\s+/u).filter((token) => token !== '' && !splitWords(token).every(isFiller));
  if (tokens.length <= 1) return tokens.length === 1;
  return identifiers.length > 0 && tokens.length - identifiers.length <= 2;
}

/** Reads a question in plain words, or a list of search words. */
export function readQuery(text: string): Query {
  const all = splitWords(text);
  const meaning = all.filter((word) => !isFiller(word));
  const words = meaning.length > 0 ? meaning : all;
  const identifiers = identifiersIn(text);
  const asks = (pattern: RegExp): boolean => all.some((word) => pattern.test(word));
  return {
    text,
    stems: [...new Set(words.map(stem))],
    words: [...new Set([...words, ...identifiers])].join(' '),
    identifiers,
    guessedNames: namesFrom(words.slice(0, 12)),
    isName: isName(text, identifiers),
    asksFor: {
      tests: asks(/^(tests?|tested|testing|specs?|fixtures?|mocks?|assert\w*)$/u),
      documents: asks(/^(docs?|documents?|documented|documentation|readme|guide|changelog|licen[cs]e|tutorial)$/u),
      examples: asks(/^(examples?|demos?|samples?|benchmarks?|bench)$/u),
      settings: asks(
        /^(config|configs|configuration|settings?|package|workflow|ci|pipeline|dependenc\w+|scripts?|version|lint\w*)$/u,
      ),
    },
  };
}

/** Words longer than this are data, not names. */
const longestWord = 100;
/** Different words whose parts are remembered. A code base repeats its names many times over. */
const rememberedWords = 50_000;

const wordPattern = /[\p{L}\p{N}\p{M}_$]+/gu;
const plainLowerCase = /^[a-z]+$/;
const scripts = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const partPattern = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{Lt}\p{Lm}\p{Lo}\p{M}]+/gu;

/** A word of a text, taken apart. */
export interface SplitWord {
  /** The word in lower case without `_` and `$`: what `parseBody`, `parse_body` and `PARSE_BODY` have in common. */
  readonly whole: string;
  /** Its parts in lower case where it has more than one; otherwise empty. */
  readonly parts: readonly string[];
}

/** Takes an identifier apart at underscores, at changes of case, and between letters and digits. */
export function splitWord(word: string): SplitWord {
  if (plainLowerCase.test(word)) return { whole: word, parts: [] };
  // Normal forms of letters may hold signs and spaces, which are left out.
  const parts = (word.normalize('NFKC').match(partPattern) ?? []).map((part) => part.toLowerCase());
  const whole = parts.join('');
  if (scripts.test(whole)) return { whole, parts: pairs(whole) };
  // A single letter or digit of a longer name says nothing by itself.
  return { whole, parts: parts.length > 1 ? parts.filter((part) => part.length > 1) : [] };
}

/** Scripts without spaces between words are found by pairs of characters. */
function pairs(word: string): string[] {
  const characters = [...word];
  if (characters.length < 2) return [];
  return characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`);
}

/** The words of a text, in order. */
export function wordsOf(text: string): string[] {
  return (text.match(wordPattern) ?? []).filter((word) => word.length <= longestWord);
}

/**
 * Gives a function that writes a text as the index wants it: each word whole and then its parts, in lower case, with spaces between.
 * The function remembers words, so one of it belongs to one index.
 */
export function createIndexedText(): (text: string) => string {
  const remembered = new Map<string, string>();
  const expand = (word: string): string => {
    const known = remembered.get(word);
    if (known !== undefined) return known;
    const { whole, parts } = splitWord(word);
    const expanded = parts.length === 0 ? whole : `${whole} ${parts.join(' ')}`;
    if (remembered.size >= rememberedWords) remembered.clear();
    remembered.set(word, expanded);
    return expanded;
  };
  return (text) => wordsOf(text).map(expand).join(' ');
}

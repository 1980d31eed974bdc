/**
 * Cuts text into lower-case sub-tokens, light-stemmed: identifiers are split where the case changes, at `_`, `$` and between
 * letters and digits, so that `parseHTTPBody2`, `parse_http_body` and "parsing an HTTP body" share theirs.
 * Scripts without spaces (Han, kana, Hangul) give pairs of adjacent characters. Single letters, words of more than 24 letters
 * and numbers of more than 3 digits say too little of what code is about: they are left out.
 */
export function visitSubTokens(text: string, visit: (token: string) => void): void {
  visitWords(text, (word) => {
    const token = tokenOf(word);
    if (token !== undefined) visit(token);
  });
}

/** The words of a text as they are written, a word being what `tokenOf` takes. */
export function visitWords(text: string, visit: (word: string) => void): void {
  if (!beyondAscii.test(text)) {
    for (const word of text.match(asciiWords) ?? []) visit(word);
    return;
  }
  for (const word of text.match(anyWords) ?? []) {
    if (word.charCodeAt(0) > 0x2e7f && unspaced.test(word)) {
      const letters = [...word];
      for (let i = 0; i + 1 < letters.length; i += 1) visit(`${letters[i] ?? ''}${letters[i + 1] ?? ''}`);
    } else visit(word);
  }
}

/** The token of a word, or undefined for one that is left out. */
export function tokenOf(word: string): string | undefined {
  if (word.length < 2 || word.length > 24) return undefined;
  const first = word.charCodeAt(0);
  if (word.length > 3 && first >= 0x30 && first <= 0x39) return undefined;
  return stem(word.toLowerCase());
}

const beyondAscii = /[^\0-\x7f]/;
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** In order: an acronym before a capitalised word, a capitalised or lower-case word, a rest of capitals, digits. */
const asciiWords = /[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+/g;

/** The same for every script, and letters without case. On ASCII text both find the same words; the other is three times as fast. */
const anyWords = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}[\p{Ll}\p{M}]*|\p{Lu}+|\p{N}+|[\p{Lo}\p{Lm}\p{M}]+/gu;

const vowel = /[aeiouy]/;

/**
 * Takes common English endings off, so that `parse`, `parses`, `parsed` and `parsing` meet. In the manner of the S-stemmer
 * (Harman 1991, "How effective is suffixing?", https://doi.org/10.1002/(SICI)1097-4571(199101)42:1%3C7::AID-ASI2%3E3.0.CO;2-P),
 * with -ed, -ing, -ion and -or (`iterator`, `iteration`, `iterate`) besides. At least three letters stay.
 */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  let base = word;
  if (base.length > 4 && base.endsWith('ies')) base = `${base.slice(0, -3)}y`;
  else if (base.endsWith('sses') || (base.length > 4 && /(?:x|ch|sh|z)es$/.test(base))) base = base.slice(0, -2);
  else if (base.endsWith('s') && !/[sui]s$/.test(base)) base = base.slice(0, -1);
  for (const ending of ['ing', 'ed']) {
    const cut = base.length - ending.length;
    if (cut >= 3 && base.endsWith(ending) && vowel.test(base.slice(0, cut))) {
      base = base.slice(0, cut);
      if (base.length > 3 && /([^lsz])\1$/.test(base)) base = base.slice(0, -1);
      break;
    }
  }
  if (base.length > 5 && /[ts]ion$/.test(base)) base = base.slice(0, -3);
  else if (base.length > 5 && base.endsWith('tor')) base = base.slice(0, -2);
  if (base.length > 3 && base.endsWith('e')) base = base.slice(0, -1);
  return base;
}

/**
 * Cuts text into lower-case sub-tokens, light-stemmed: identifiers are split where the case changes, at `_`, `$` and between
 * letters and digits, so that `parseHTTPBody2`, `parse_http_body` and "parsing an HTTP body" share theirs.
 * Scripts without spaces (Han, kana, Hangul) give pairs of adjacent characters.
 *
 * `visit` is called with each sub-token and whether it follows the one before within the same identifier or line.
 */
export function visitSubTokens(text: string, visit: (token: string, adjacent: boolean) => void): void {
  let lastEnd = -2;
  for (const match of text.matchAll(wordPattern)) {
    const raw = match[0];
    // Up to two characters in between (a dot, a space, brackets) still join the tokens to a phrase.
    const adjacent = match.index - lastEnd <= 2;
    lastEnd = match.index + raw.length;
    if (raw.charCodeAt(0) > 0x2e7f && unspaced.test(raw)) {
      const letters = [...raw];
      if (letters.length === 1) visit(raw, adjacent);
      for (let i = 0; i + 1 < letters.length; i += 1)
        visit(`${letters[i] ?? ''}${letters[i + 1] ?? ''}`, adjacent || i > 0);
      continue;
    }
    visit(stem(raw.toLowerCase()), adjacent);
  }
}

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** In order: an acronym before a capitalised word, a capitalised or lower-case word, a rest of capitals, digits, letters without case. */
const wordPattern = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}[\p{Ll}\p{M}]*|\p{Lu}+|\p{N}+|[\p{Lo}\p{Lm}\p{M}]+/gu;

const vowel = /[aeiouy]/;

/**
 * Takes common English endings off, so that `parse`, `parses`, `parsed`, `parsing` and `parser` meet. In the manner of the S-stemmer
 * (Harman 1991, "How effective is suffixing?", https://doi.org/10.1002/(SICI)1097-4571(199101)42:1%3C7::AID-ASI2%3E3.0.CO;2-P),
 * with -ed, -er and -ing besides. At least three letters with a vowel among them stay.
 */
export function stem(word: string): string {
  let base = word;
  if (base.length > 4 && base.endsWith('ies')) base = `${base.slice(0, -3)}y`;
  else if (
    base.length > 3 &&
    base.endsWith('s') &&
    !base.endsWith('ss') &&
    !base.endsWith('us') &&
    !base.endsWith('is')
  )
    base = base.slice(0, -1);
  for (const ending of ['ing', 'ed', 'er']) {
    const cut = base.length - ending.length;
    if (cut >= 3 && base.endsWith(ending) && vowel.test(base.slice(0, cut))) {
      base = base.slice(0, cut);
      if (base.length > 3 && /([bdfgkmnprt])\1$/.test(base)) base = base.slice(0, -1);
      break;
    }
  }
  if (base.length > 3 && base.endsWith('e')) base = base.slice(0, -1);
  return base;
}

import { splitWord, wordsOf } from './search-words.ts';

/** More than this many terms make a query slow without making it better; a pasted file has thousands. */
const mostTerms = 64;
/** A shorter word begins too many others to be looked for as a beginning. */
const shortestBeginning = 3;

/** What a question is made of and its answer is not. */
const questionWords = new Set(
  (
    'a about after all am an and any are as at be been before being by can could did do does doing during each find for from get give ' +
    'had happen happens has have having he her here his how i if in into is it its just know let like look me mean might more most ' +
    'must my no not of on or other our out please shall she should show so some such tell than that the their them then there these ' +
    'they this those through to too up use used uses using very want was way we were what when where which while who whom whose why ' +
    'will with work works would you your'
  ).split(' '),
);

/**
 * Writes plain words as terms of FTS5, any of which may match, each quoted, so that no text can be a syntax error.
 * Words that only make a question are left out unless nothing else is there. A name (`parseBody`, `http_server`) is looked for whole,
 * by its parts, and as the beginning of a longer name; neighbouring words are also looked for written as one name.
 * A text without any word gives none.
 */
export function ftsTerms(text: string): string[] {
  const words = wordsOf(text).slice(0, mostTerms * 4);
  const telling = words.filter((word) => !questionWords.has(word.toLowerCase()));
  const chosen = (telling.length > 0 ? telling : words).map(splitWord).filter(({ whole }) => whole !== '');
  // In this order, so that of a long text the words themselves are kept.
  const exact = new Set(chosen.map(({ whole }) => whole));
  for (const { parts } of chosen) for (const part of parts) exact.add(part);
  for (const [at, { whole }] of chosen.entries()) {
    const next = chosen[at + 1];
    if (next !== undefined) exact.add(`${whole}${next.whole}`);
  }
  const beginnings = new Set(
    chosen
      .filter(({ whole, parts }) => (parts.length > 0 || chosen.length === 1) && whole.length >= shortestBeginning)
      .map(({ whole }) => whole),
  );
  const terms = [...[...exact].map((term) => `"${term}"`), ...[...beginnings].map((term) => `"${term}"*`)];
  return terms.slice(0, mostTerms);
}

/** The terms as one FTS5 expression; `undefined` for a text without any word. */
export function ftsExpression(text: string): string | undefined {
  const terms = ftsTerms(text);
  return terms.length === 0 ? undefined : terms.join(' OR ');
}

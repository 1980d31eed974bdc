/** Words that carry no meaning in a question about code. */
const fillers = new Set(
  (
    'a about all also am an and any are as at be been being by can come comes could did do does doing done ' +
    'each else ever for from get gets give given go goes had happen happens has have how i if in inside into is it its ' +
    'just like look looks made make makes many may me my need of on or our out over place please s shall she should show so some ' +
    'such t tell than that the their them then there these they this those through to under up us use used uses using via want was way we ' +
    'were what when where which who why will with within work works would you your code file files repository repo project ' +
    'defined implemented implementation explain find located live lives exactly actually'
  ).split(' '),
);

/** Splits at spaces, punctuation and where the case changes: `parseHTTPBody` is parse, http, body. Lower case. */
export function splitWords(text: string): string[] {
  const spaced = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replace(/(\p{Lu}+)(\p{Lu}\p{Ll})/gu, '$1 $2');
  return (spaced.match(/\p{L}+|\p{N}+/gu) ?? []).map((word) => word.toLowerCase());
}

/** True for a word that says nothing about what is looked for. */
export function isFiller(word: string): boolean {
  return fillers.has(word) || (word.length < 2 && !/\p{N}/u.test(word));
}

const endings = [
  'izations',
  'ization',
  'ations',
  'ation',
  'ingly',
  'ments',
  'ment',
  'ities',
  'ions',
  'ing',
  'ers',
  'ors',
  'ion',
  'ies',
  'ity',
  'ed',
  'er',
  'or',
  'es',
  'ly',
  'al',
  's',
  'e',
  'y',
];

/**
 * A crude stem, for telling whether two words are forms of one: `parsing`, `parser` and `parsed` are `pars`.
 * One ending is cut, and a doubled last letter made single; at least three letters stay.
 */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  for (const end of endings) {
    if (!word.endsWith(end) || word.length - end.length < 3 || (end === 's' && word.endsWith('ss'))) continue;
    const cut = word.slice(0, word.length - end.length);
    const last = cut.at(-1) ?? '';
    return cut.length > 3 && cut.at(-2) === last && !'aeiouls'.includes(last) ? cut.slice(0, -1) : cut;
  }
  return word;
}

/** True when two stems are of one family: equal, or one begins with the other and goes on for three letters at most. */
export function isSameFamily(one: string, other: string): boolean {
  if (one === other) return true;
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= 4 && long.length - short.length <= 3 && long.startsWith(short);
}

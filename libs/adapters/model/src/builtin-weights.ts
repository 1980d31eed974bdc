import { stem } from './builtin-tokens.ts';

/** The commonest sub-tokens of source text and of questions about it, commonest first: language keywords, usual names, English function words. */
const common = `
the a to of in is and for if return this const it that be or self with not import from as new null let int true i on by def
string function false void an public var are value name type class else static get set else data do at none can we you use
list key id error x file index length args result path object number case end str n break when was async test will has len
struct bool private while all which then try number add include up where what how does should who why there have its into
export default interface throw catch finally extends await yield fn func pub impl mut match use package final protected
override enum undefined nil end std char float double long unsigned size count item node array map options config param
params out err ok log message info make create init start stop read write open close run call only also more any other
than some so but they he my our your me about please find show tell explain code work
`;

/** Distinct sub-tokens in a large body of code; it sets where the curve below ends. */
const vocabulary = 20_000;

/**
 * Inverse document frequency without a corpus. By Zipf's law the share of documents that hold the word of rank r falls as 1/r, so its
 * idf grows as log r; divided by log of the vocabulary's size it runs from about 0 to 1. A word outside the list counts 1.
 *
 * Spärck Jones 1972, "A statistical interpretation of term specificity", https://doi.org/10.1108/eb026526.
 */
export function zipfWeights(): (token: string) => number {
  const weights = new Map<string, number>();
  let rank = 0;
  for (const word of common.split(/\s+/)) {
    const token = stem(word);
    if (word === '' || weights.has(token)) continue;
    rank += 1;
    weights.set(token, Math.log(1 + rank) / Math.log(vocabulary));
  }
  return (token) => weights.get(token) ?? (token.length === 1 ? 0.3 : 1);
}

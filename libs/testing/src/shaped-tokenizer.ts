import { byteAlphabet, controls, tokenKinds, userDefined } from './tiny-tokenizer.ts';

export interface ShapedTokenizer {
  /** Every token's text in GPT-2's byte alphabet, in order of its number. */
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
  /** Pairs that the tokenizer joins, most wanted first, as `left right`. */
  readonly merges: readonly string[];
  /** The number of a special token by its text. */
  id(token: string): number;
}

const specials = [...controls, ...userDefined];

const vowels = [...'aeiou'];
/** Two kinds of syllable, so that a word of both by turns can be joined in one way only. */
const heads = [...'bcdfghjklm'].flatMap((consonant) => vowels.map((vowel) => consonant + vowel));
const tails = [...'npqrstvwxyz'].flatMap((consonant) => vowels.map((vowel) => consonant + vowel));

/** After the syllables, what joins the names of the roles: each is one token, as with real models. */
const roleMerges = [
  ['u', 'se'],
  ['use', 'r'],
  ['a', 's'],
  ['si', 's'],
  ['as', 'sis'],
  ['ta', 'n'],
  ['tan', 't'],
  ['assis', 'tant'],
  ['s', 'y'],
  ['sy', 's'],
  ['te', 'm'],
  ['sys', 'tem'],
] as const;

/** Tokens beside pairs and words. */
const others = 256 + heads.length + tails.length + roleMerges.length + specials.length;

/**
 * A byte-level BPE tokenizer of any size: 256 bytes, syllables, pairs of them, and words of two pairs with the space before them, which
 * fill the vocabulary. So what a model with random weights writes is nearly always a word that is read again as the same one token, and
 * the tokens of a made text can be counted by its words. The same size gives the same tokenizer.
 */
export function shapedTokenizer(vocabulary: number): ShapedTokenizer {
  const bytes = byteAlphabet();
  const syllables = [...heads, ...tails];
  const pairs = wordPairs(vocabulary);
  const words = wordsOf(pairs, vocabulary - others - 2 * pairs.length);
  const plain = [
    ...bytes,
    ...syllables,
    ...roleMerges.map(([left, right]) => left + right),
    ...pairs.map(({ head, tail }) => head + tail),
    ...pairs.map(({ head, tail }) => `Ġ${head}${tail}`),
    ...words.map(({ first, second }) => `Ġ${first}${second}`),
  ];
  return {
    tokens: [...plain, ...specials],
    kinds: [
      ...plain.map(() => tokenKinds.normal),
      ...controls.map(() => tokenKinds.control),
      ...userDefined.map(() => tokenKinds.userDefined),
    ],
    merges: [
      ...syllables.map(([consonant, vowel]) => `${consonant} ${vowel}`),
      ...roleMerges.map(([left, right]) => `${left} ${right}`),
      ...pairs.map(({ head, tail }) => `${head} ${tail}`),
      ...pairs.map(({ head, tail }) => `Ġ ${head}${tail}`),
      ...words.map(({ first, second }) => `Ġ${first} ${second}`),
    ],
    id(token) {
      const at = (specials as readonly string[]).indexOf(token);
      if (at < 0) throw new RangeError(`There is no special token ${token}.`);
      return plain.length + at;
    },
  };
}

/** The words, each with the space before it, that are one token in a vocabulary of this size. */
export function vocabularyWords(vocabulary: number): string[] {
  const pairs = wordPairs(vocabulary);
  return wordsOf(pairs, vocabulary - others - 2 * pairs.length).map(({ first, second }) => ` ${first}${second}`);
}

/** Syllable pairs, at most a sixth of the vocabulary. */
function wordPairs(vocabulary: number): { head: string; tail: string }[] {
  const room = Math.floor((vocabulary - others) / 6);
  if (room < 1) throw new RangeError(`A vocabulary of ${vocabulary} tokens is too small.`);
  return heads.flatMap((head) => tails.map((tail) => ({ head, tail }))).slice(0, room);
}

function wordsOf(pairs: readonly { head: string; tail: string }[], count: number): { first: string; second: string }[] {
  if (count > pairs.length ** 2) throw new RangeError(`There are not ${count} words of ${pairs.length} pairs.`);
  const text = (at: number): string => `${pairs[at]?.head}${pairs[at]?.tail}`;
  return Array.from({ length: count }, (_, at) => ({
    first: text(at % pairs.length),
    second: text(Math.floor(at / pairs.length)),
  }));
}

/** The kinds of token that llama.cpp knows (`tokenizer.ggml.token_type`). */
export const tokenKinds = { normal: 1, control: 3, userDefined: 4 } as const;

export interface TinyTokenizer {
  /** Every token's text in GPT-2's byte alphabet, in order of its number. */
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
  /** Pairs that the tokenizer joins, most wanted first, as `left right`. */
  readonly merges: readonly string[];
  /** Tokens that are a whole word with the space before it. */
  readonly words: ReadonlySet<number>;
  /** The same, of words said only in thought. */
  readonly thoughts: ReadonlySet<number>;
  /** The number of a token by its text. */
  id(token: string): number;
}

const vocabulary =
  'the a of to in is and that for it with as on this are be by from or an at not have which can when ' +
  'function return const value file index model token session event path line text code test error type ' +
  'string number list array object name key map set read write open close load save send stream answer ' +
  'question search query result score chunk symbol class method field module import export default new ' +
  'await async signal abort queue memory context prompt message user system tool call schema server client ' +
  'request response store record cache hash seed random byte buffer encode decode parse format print start ' +
  'stop end first last next before after each every any some all none only same other more less';

/** Tokens that mark a conversation and a gap, as Qwen's models have them. */
export const controls = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|fim_prefix|>',
  '<|fim_suffix|>',
  '<|fim_middle|>',
  '<|fim_pad|>',
] as const;

/** Tokens around a call. */
export const userDefined = ['<tool_call>', '</tool_call>'] as const;
const thinkTags = ['<think>', '</think>'] as const;

/** Words that are said only in thought. */
const musings = 'hmm maybe perhaps wait because so likely unless though';

/**
 * A byte-level BPE tokenizer: 256 bytes, the merges that make each word of a small vocabulary one token, and the special tokens.
 * `thinks` adds the tags around a thought, and some words for it.
 */
export function createTinyTokenizer({ thinks = false }: { readonly thinks?: boolean } = {}): TinyTokenizer {
  const words = vocabulary.split(' ').map((word) => `Ġ${word}`);
  const thoughts = thinks ? musings.split(' ').map((word) => `Ġ${word}`) : [];
  const merges = learnMerges([...words, ...thoughts]);
  const plain = [...byteAlphabet(), ...merges.map((pair) => pair.replace(' ', ''))];
  const tags = [...userDefined, ...(thinks ? thinkTags : [])];
  const tokens = [...plain, ...controls, ...tags];
  const numbers = new Map(tokens.map((token, number) => [token, number]));
  function id(token: string): number {
    const number = numbers.get(token);
    if (number === undefined) throw new RangeError(`There is no token ${token}.`);
    return number;
  }
  return {
    tokens,
    kinds: [
      ...plain.map(() => tokenKinds.normal),
      ...controls.map(() => tokenKinds.control),
      ...tags.map(() => tokenKinds.userDefined),
    ],
    merges,
    words: new Set(words.map(id)),
    thoughts: new Set(thoughts.map(id)),
    id,
  };
}

/**
 * One printable character per byte, so that any bytes are text: printable bytes stand for themselves, the others
 * for the characters from U+0100 on (GPT-2, `bytes_to_unicode`: https://github.com/openai/gpt-2/blob/master/src/encoder.py).
 */
export function byteAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
}

/**
 * Joins the most frequent pair of neighbours, over and over, until every word is one piece.
 * Byte-pair encoding: Sennrich et al. 2016, https://arxiv.org/abs/1508.07909
 */
function learnMerges(words: readonly string[]): string[] {
  let pieces = words.map((word) => [...word]);
  const merges: string[] = [];
  for (;;) {
    const counts = new Map<string, number>();
    for (const word of pieces) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const best = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), ['', 0]);
    if (best[1] === 0) return merges;
    merges.push(best[0]);
    pieces = pieces.map((word) => join(word, best[0]));
  }
}

function join(word: readonly string[], pair: string): string[] {
  const joined: string[] = [];
  for (let i = 0; i < word.length; i++) {
    const left = word[i] ?? '';
    if (`${left} ${word[i + 1]}` === pair) joined.push(left + (word[++i] ?? ''));
    else joined.push(left);
  }
  return joined;
}

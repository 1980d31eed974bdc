import type { GgufTensor } from './gguf-writer.ts';
import { createSeededRandom } from './seeded-random.ts';
import type { TinyTokenizer } from './tiny-tokenizer.ts';

/** The reranker's shape: one head as wide as the stream, so that a head's numbers are the stream's. */
export const rerankerShape = { layers: 3, width: 64, hidden: 32 } as const;

/** Numbers of the stream that say which token this is: plus or minus 1 each, drawn by chance. */
const identity = 40;

/** The others, one for each thing that a token knows. */
const fact = {
  /** The same for every token. */
  always: 40,
  /** It is the token that ends the query, or the document. */
  border: 41,
  /** The query lies behind it: the first layer finds a border. */
  after: 42,
  /** How much of what it says the query says as well: the second layer looks for its like. */
  shared: 43,
  /** The mean of `shared` over the document: the third layer, at the last token. */
  score: 44,
} as const;

const always = 4;
const border = 8;
/** Weights of the norms before the dot product: what fits outweighs the rest by e to the 8 times its square. */
const sharpness = 2;

/**
 * A model that scores a document by the share of its tokens that are in the query too, made of three layers of attention and nothing else.
 * The architecture is Qwen 3's, whose rerankers read `query end document end` and classify the last token
 * (llama.cpp, `build_pooling`: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-graph.cpp).
 */
export function rerankerTensors(tokenizer: TinyTokenizer, seed: number): GgufTensor[] {
  const { width, layers, hidden } = rerankerShape;
  const rows = tokenizer.tokens.length;
  const random = createSeededRandom(seed);
  const end = tokenizer.id('<|im_end|>');
  const embedding = new Float32Array(width * rows);
  for (let token = 0; token < rows; token++) {
    const row = embedding.subarray(token * width, (token + 1) * width);
    for (let i = 0; i < identity; i++) row[i] = random() < 0.5 ? -1 : 1;
    row[fact.always] = always;
    row[fact.border] = token === end ? border : 0;
  }
  // What the first layer reads at a border: its fact over the root mean square of its stream.
  const borderSeen = border / Math.sqrt((identity + always ** 2 + border ** 2) / width);
  // A token's own number in the head is turned with its position, the first ones fast; these hardly.
  const [one, other] = [31, 30];
  const places = Array.from({ length: identity }, (_, i) => (i < 22 ? 8 + i : 40 + i - 22));
  const attention: readonly Attention[] = [
    {
      query: [[fact.always, one, 1]],
      key: [
        [fact.border, one, 100],
        [fact.always, other, 1],
      ],
      value: [[fact.border, 0, 1]],
      output: [[0, fact.after, always / borderSeen]],
    },
    {
      query: places.map((place, i) => [i, place, 1]),
      key: places.map((place, i) => [i, place, 1]),
      value: [
        [fact.always, 0, 1],
        [fact.after, 0, -1],
      ],
      output: [[0, fact.shared, 1]],
    },
    {
      query: [[fact.always, one, 1]],
      key: [
        [fact.after, one, 4],
        [fact.always, other, 1],
      ],
      value: [[fact.shared, 0, 1]],
      output: [[0, fact.score, 4]],
    },
  ];
  const matrix = (name: string, [from, to]: readonly [number, number], cells: readonly Cell[]): GgufTensor => {
    const values = new Float32Array(from * to);
    for (const [column, row, value] of cells) values[row * from + column] = value;
    return { name: `${name}.weight`, dimensions: [from, to], type: 'F32', values };
  };
  const norm = (name: string, length: number, value: number): GgufTensor => ({
    name: `${name}.weight`,
    dimensions: [length],
    type: 'F32',
    values: new Float32Array(length).fill(value),
  });
  return [
    { name: 'token_embd.weight', dimensions: [width, rows], type: 'F16', values: embedding },
    ...Array.from({ length: layers }, (_, layer): GgufTensor[] => {
      const { query, key, value, output } = attention[layer] ?? { query: [], key: [], value: [], output: [] };
      const at = `blk.${layer}`;
      return [
        norm(`${at}.attn_norm`, width, 1),
        matrix(`${at}.attn_q`, [width, width], query),
        matrix(`${at}.attn_k`, [width, width], key),
        matrix(`${at}.attn_v`, [width, width], value),
        matrix(`${at}.attn_output`, [width, width], output),
        norm(`${at}.attn_q_norm`, width, sharpness),
        norm(`${at}.attn_k_norm`, width, sharpness),
        norm(`${at}.ffn_norm`, width, 1),
        matrix(`${at}.ffn_gate`, [width, hidden], []),
        matrix(`${at}.ffn_up`, [width, hidden], []),
        matrix(`${at}.ffn_down`, [hidden, width], []),
      ];
    }).flat(),
    norm('output_norm', width, 1),
    // Against a second class that always has 0: the share of the first is its probability.
    matrix(
      'cls.output',
      [width, 2],
      [
        [fact.score, 0, 2],
        [fact.always, 0, -0.5],
      ],
    ),
  ];
}

/** Where from, where to, how much. */
type Cell = readonly [number, number, number];

interface Attention {
  readonly query: readonly Cell[];
  readonly key: readonly Cell[];
  readonly value: readonly Cell[];
  readonly output: readonly Cell[];
}

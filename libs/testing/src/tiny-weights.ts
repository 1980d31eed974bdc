import type { GgufTensor } from './gguf-writer.ts';
import { createSeededRandom } from './seeded-random.ts';
import { byteAlphabet, tokenKinds, type TinyTokenizer } from './tiny-tokenizer.ts';

export const tinyShape = { layers: 2, width: 64, heads: 2, keyValueHeads: 1, headWidth: 32, hidden: 128 } as const;

/** Words fall into this many steps; a word of one step is followed by a word of the next, and the last step by a quotation mark. */
const steps = 8;

/**
 * The first numbers of the residual stream are marks: what the last token is, written by the embedding, read by the output
 * matrix, and left alone by the layers. They carry the chances of the next token; the rest of the stream is random.
 */
const marks = {
  any: 0,
  step: 1,
  quote: 1 + steps,
  digit: 2 + steps,
  calling: 3 + steps,
  line: 4 + steps,
  called: 5 + steps,
  count: 6 + steps,
} as const;

/** More of them, where the model thinks before it answers. */
const thoughtMarks = { begun: marks.count, word: marks.count + 1, count: marks.count + 2 } as const;

/** How large a mark is in the stream, and about the root mean square of the stream after the last layer. */
const markSize = 8;
const streamNorm = 2.2;

/** Standard deviation of the random output weights: how much the context moves a token against its marks. */
const contextShare = 0.2;

export interface ChatWeights {
  readonly seed: number;
  /** Begins a tool call after the first quotation mark, and ends after the call. */
  readonly callsTools: boolean;
  /** Thinks aloud first: some words in `<think>` tags, from a tokenizer that has them. */
  readonly thinks: boolean;
}

/** Tensors of the language model. */
export function chatTensors(tokenizer: TinyTokenizer, options: ChatWeights): GgufTensor[] {
  const random = createUniform(options.seed);
  const rows = tokenizer.tokens.length;
  const embedding = random(tinyShape.width, rows, 1);
  const output = random(tinyShape.width, rows, contextShare);
  const plain = tokenChances(tokenizer, options.callsTools);
  const chance = options.thinks ? thinkingChances(tokenizer, plain) : plain;
  const count = options.thinks ? thoughtMarks.count : marks.count;
  for (let token = 0; token < rows; token++) {
    const start = token * tinyShape.width;
    const mark = lastTokenMark(tokenizer, token);
    const chances = chance(token);
    if (chances.fixed) output.fill(0, start, start + tinyShape.width);
    for (let i = 0; i < count; i++) {
      embedding[start + i] = i === marks.any || i === mark ? markSize : 0;
      output[start + i] = ((chances.after.get(i) ?? 0) * streamNorm) / markSize;
    }
  }
  return [
    matrix('token_embd', [tinyShape.width, rows], embedding),
    ...layerTensors(random, count),
    scale('output_norm', 0),
    matrix('output', [tinyShape.width, rows], output),
  ];
}

/** Tensors of the embedding model: no marks, no output matrix. */
export function embeddingTensors(tokenizer: TinyTokenizer, seed: number): GgufTensor[] {
  const random = createUniform(seed);
  const rows = tokenizer.tokens.length;
  return [
    matrix('token_embd', [tinyShape.width, rows], random(tinyShape.width, rows, 1)),
    ...layerTensors(random, 0),
    scale('output_norm', 0),
  ];
}

function lastTokenMark(tokenizer: TinyTokenizer, token: number): number {
  const piece = tokenizer.tokens[token] ?? '';
  if (tokenizer.words.has(token)) return marks.step + (token % steps);
  if (tokenizer.thoughts.has(token)) return thoughtMarks.word;
  if (piece === '<think>') return thoughtMarks.begun;
  if (piece === '"') return marks.quote;
  if (piece === '<tool_call>') return marks.calling;
  if (piece === 'Ċ') return marks.line;
  if (piece === '</tool_call>') return marks.called;
  return piece.length === 1 && piece >= '0' && piece <= '9' ? marks.digit : marks.any;
}

interface Chances {
  /** Natural logarithm of how much likelier the token becomes, by the mark of the token before it. */
  readonly after: ReadonlyMap<number, number>;
  /** True when nothing but the marks counts. */
  readonly fixed?: boolean;
}

function tokenChances(tokenizer: TinyTokenizer, callsTools: boolean): (token: number) => Chances {
  const printable = new Set(byteAlphabet().slice(0x20, 0x7f));
  const end = tokenizer.id('<|im_end|>');
  const call = tokenizer.id('<tool_call>');
  const callEnd = tokenizer.id('</tool_call>');
  const closing: Record<string, Chances> = {
    '"': {
      after: new Map([
        [marks.any, 1],
        [marks.step + steps - 1, 11],
      ]),
    },
    '}': {
      after: new Map([
        [marks.any, 1],
        [marks.quote, 4],
        [marks.digit, 5],
      ]),
    },
    ']': {
      after: new Map([
        [marks.any, 1],
        [marks.quote, 6],
        [marks.digit, 5],
      ]),
    },
    ',': {
      after: new Map([
        [marks.any, 1],
        [marks.digit, 3],
      ]),
    },
    '.': {
      after: new Map([
        [marks.any, 1],
        [marks.step + 3, 3],
      ]),
    },
  };
  return (token) => {
    const piece = tokenizer.tokens[token] ?? '';
    // Ends some hundred tokens after the start at temperature 1, and hardly ever below 0.5.
    if (token === end)
      return {
        fixed: true,
        after: new Map([
          [marks.any, -4],
          [marks.quote, 11],
          [marks.called, 40],
        ]),
      };
    if (token === call && callsTools)
      return {
        fixed: true,
        after: new Map([
          [marks.any, -20],
          [marks.quote, 50],
        ]),
      };
    if (piece === 'Ċ' && callsTools) return { after: new Map([[marks.calling, 50]]) };
    // The grammar of a call ends in a line with `</tool_call>`, which should be the token of that name and not its letters.
    if (token === callEnd && callsTools)
      return {
        fixed: true,
        after: new Map([
          [marks.any, -10],
          [marks.line, 4],
        ]),
      };
    if (piece === '<' && callsTools) return { after: new Map([[marks.any, -30]]) };
    if (tokenizer.kinds[token] !== tokenKinds.normal) return { fixed: true, after: new Map([[marks.any, -40]]) };
    if (tokenizer.words.has(token)) {
      const step = token % steps;
      const before = step === 0 ? marks.quote : marks.step + step - 1;
      return {
        after: new Map([
          [marks.any, 4],
          [before, 4],
        ]),
      };
    }
    if (closing[piece]) return closing[piece];
    if (piece >= '0' && piece <= '9' && piece.length === 1) return { after: new Map([[marks.digit, -3]]) };
    if (piece.length > 1 || printable.has(piece)) return { after: new Map() };
    return { after: new Map([[marks.any, -20]]) };
  };
}

/** A thought begins where the answer would, and ends after some words of its own. */
function thinkingChances(tokenizer: TinyTokenizer, plain: (token: number) => Chances): (token: number) => Chances {
  const begin = tokenizer.id('<think>');
  const end = tokenizer.id('</think>');
  return (token) => {
    if (token === begin)
      return {
        fixed: true,
        after: new Map([
          [marks.any, -20],
          [marks.line, 50],
        ]),
      };
    if (token === end)
      return {
        fixed: true,
        after: new Map([
          [marks.any, -20],
          [thoughtMarks.word, 43],
        ]),
      };
    if (tokenizer.thoughts.has(token))
      return {
        after: new Map([
          [marks.any, -20],
          [thoughtMarks.begun, 40],
          [thoughtMarks.word, 40],
        ]),
      };
    return plain(token);
  };
}

type Uniform = (width: number, rows: number, deviation: number) => Float32Array;

/** Uniform rather than normal numbers: they need no logarithm, whose last bit may differ between machines. */
function createUniform(seed: number): Uniform {
  const random = createSeededRandom(seed);
  return (width, rows, deviation) =>
    Float32Array.from({ length: width * rows }, () => (random() * 2 - 1) * Math.sqrt(3) * deviation);
}

/** Layers that neither read nor write the first `untouched` numbers of the stream. */
function layerTensors(random: Uniform, untouched: number): GgufTensor[] {
  const { width, heads, keyValueHeads, headWidth, hidden } = tinyShape;
  const tensors: GgufTensor[] = [];
  for (let layer = 0; layer < tinyShape.layers; layer++) {
    const reader = (name: string, to: number): GgufTensor =>
      matrix(`blk.${layer}.${name}`, [width, to], random(width, to, layerShare / Math.sqrt(width)));
    const writer = (name: string, from: number): GgufTensor => {
      const values = random(from, width, layerShare / Math.sqrt(from));
      return matrix(`blk.${layer}.${name}`, [from, width], values.fill(0, 0, from * untouched));
    };
    tensors.push(
      scale(`blk.${layer}.attn_norm`, untouched),
      reader('attn_q', heads * headWidth),
      reader('attn_k', keyValueHeads * headWidth),
      reader('attn_v', keyValueHeads * headWidth),
      writer('attn_output', heads * headWidth),
      scale(`blk.${layer}.ffn_norm`, untouched),
      reader('ffn_gate', hidden),
      reader('ffn_up', hidden),
      writer('ffn_down', hidden),
    );
  }
  return tensors;
}

/** Above 1, so that a layer has a say beside the embedding. */
const layerShare = 1.3;

function matrix(name: string, dimensions: readonly [number, number], values: Float32Array): GgufTensor {
  return { name: `${name}.weight`, dimensions, type: 'F16', values };
}

function scale(name: string, zeros: number): GgufTensor {
  const values = new Float32Array(tinyShape.width).fill(1).fill(0, 0, zeros);
  return { name: `${name}.weight`, dimensions: [tinyShape.width], type: 'F32', values };
}

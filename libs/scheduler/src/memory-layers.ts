import type { GgufHeader } from '@nootropic/contracts';

/** What one layer keeps of the tokens that it has read. */
export interface LayerMemory {
  /** Numbers per token, in the type of the cache; 0 for a layer without attention. */
  readonly perToken: number;
  /** Tokens that it looks back; `undefined`: all of them. */
  readonly window: number | undefined;
  /** 32-bit numbers of one conversation, however long it is: the state of a recurrent layer. */
  readonly state: number;
}

/** A header's numbers, without the architecture's name before the key. */
export interface HeaderReader {
  /** 64-bit numbers as plain ones; `fallback` where there is none. */
  one(key: string, fallback: number): number;
  /** The value of one layer: from a list of all layers, or the one value for all. */
  ofLayer(key: string, layer: number): number | undefined;
  has(key: string): boolean;
  /** The value is a list with one entry per layer. */
  isList(key: string): boolean;
  /** The largest of a list, or the one number. */
  most(key: string): number | undefined;
}

export function readHeader(header: GgufHeader): HeaderReader {
  const read = (key: string): unknown => header.metadata[`${header.architecture}.${key}`];
  return {
    one: (key, fallback) => numberOf(read(key)) ?? fallback,
    ofLayer(key, layer) {
      const value = read(key);
      return Array.isArray(value) ? numberOf(value[layer]) : numberOf(value);
    },
    has: (key) => read(key) !== undefined,
    isList: (key) => Array.isArray(read(key)),
    most(key) {
      const value = read(key);
      const numbers = (Array.isArray(value) ? value : [value]).map(numberOf).filter((number) => number !== undefined);
      return numbers.length === 0 ? undefined : numbers.reduce((most, number) => Math.max(most, number));
    },
  };
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0;
  const number = typeof value === 'bigint' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/**
 * Architectures whose layers look back only so far, but for every n-th (llama.cpp, `src/models/*.cpp`): where the header has no pattern
 * of its own. `window`: where it does not name that either; `first`: the whole-context layer is the first of each n, not the last.
 */
const slidingBy: Readonly<Record<string, { readonly every: number; readonly window?: number; readonly first?: true }>> =
  {
    gemma2: { every: 2, window: 4096 },
    gemma3: { every: 6 },
    gemma3n: { every: 5 },
    'gemma-embedding': { every: 6 },
    'gpt-oss': { every: 2 },
    cohere2: { every: 4 },
    cohere2moe: { every: 4 },
    llama4: { every: 4, window: 8192 },
    olmo2: { every: 4 },
    exaone4: { every: 4 },
    'exaone-moe': { every: 4, window: 128 },
    plamo3: { every: 8 },
    smallthinker: { every: 4, window: 4096, first: true },
    mellum: { every: 4 },
    afmoe: { every: 4 },
    laguna: { every: 4, first: true },
  };

const recurrent = new Set(['mamba', 'mamba2', 'rwkv6', 'rwkv6qwen2', 'rwkv7', 'arwkv7']);
/** Those that keep nothing: encoders, and models that write by diffusion. */
const keepNothing = new Set(
  'bert jina-bert-v2 jina-bert-v3 nomic-bert nomic-bert-moe neo-bert eurobert modern-bert gemma-embedding t5encoder wavtokenizer-dec dream llada llada-moe rnd1'.split(
    ' ',
  ),
);
/** Layers with attention beside layers with a state: one of so many is with attention, unless the header lists them. */
const attendEvery: Readonly<Record<string, number>> = { qwen3next: 4, qwen35: 4, qwen35moe: 4 };
const withoutHeadsRecurrent = new Set(
  'jamba plamo2 granitehybrid lfm2 lfm2moe nemotron_h nemotron_h_moe kimi-linear'.split(' '),
);

/** Whether the model has an output for every token of the vocabulary: an encoder has none. */
export function writes({ architecture }: GgufHeader): boolean {
  return !/bert|t5encoder|gemma-embedding/.test(architecture);
}

/** What each layer of the model keeps. Layers that only predict further tokens keep nothing: they are not run. */
export function layerMemory(header: GgufHeader): LayerMemory[] {
  const { architecture } = header;
  const reader = readHeader(header);
  const all = reader.one('block_count', 0);
  const count = Math.max(0, all - reader.one('nextn_predict_layers', 0));
  const keeping = keepingLayers(architecture, reader, all);
  const isLocal = slidingPattern(header, reader);
  return Array.from({ length: all }, (_, layer) => {
    if (layer >= count || keepNothing.has(architecture)) return { perToken: 0, window: undefined, state: 0 };
    const stateful = isRecurrent(architecture, reader, layer);
    const attends = !stateful || architecture === 'falcon-h1';
    const window = isLocal(layer);
    return {
      perToken: attends && layer < keeping ? attentionNumbers(reader, layer, window !== undefined) : 0,
      window,
      state: stateful ? stateNumbers(reader, layer) : 0,
    };
  });
}

/** In some models the last layers use the keys and values of earlier ones. */
function keepingLayers(architecture: string, reader: HeaderReader, all: number): number {
  if (architecture === 'gemma3n') return Math.min(all, 20);
  return Math.max(0, all - reader.one('attention.shared_kv_layers', 0));
}

function attentionNumbers(reader: HeaderReader, layer: number, local: boolean): number {
  const heads = reader.ofLayer('attention.head_count', layer) ?? 0;
  const shared = reader.ofLayer('attention.head_count_kv', layer) ?? heads;
  const usual = heads > 0 ? reader.one('embedding_length', 0) / (reader.most('attention.head_count') ?? heads) : 0;
  const lengthOf = (part: string): number => {
    const whole = reader.one(`attention.${part}_length`, usual);
    return local ? reader.one(`attention.${part}_length_swa`, whole) : whole;
  };
  // Latent attention keeps one compressed vector per token, of which keys and values are both made.
  const latent = reader.has('attention.key_length_mla') && reader.has('attention.kv_lora_rank');
  return shared * (lengthOf('key') + (latent ? 0 : lengthOf('value')));
}

function slidingPattern({ architecture }: GgufHeader, reader: HeaderReader): (layer: number) => number | undefined {
  const known = slidingBy[architecture];
  const window = reader.one('attention.sliding_window', known?.window ?? 0);
  const key = 'attention.sliding_window_pattern';
  const lists = reader.isList(key);
  // A window without a pattern is not heeded by llama.cpp where it does not know the architecture to have one (phi3).
  if (window <= 0 || (known === undefined && !lists && !architecture.startsWith('lfm2'))) return () => undefined;
  if (architecture.startsWith('lfm2')) return () => window;
  if (lists) return (layer) => (reader.ofLayer(key, layer) === 1 ? window : undefined);
  const every = reader.one(key, known?.every ?? 0);
  return (layer) => (every === 0 || layer % every !== (known?.first === true ? 0 : every - 1) ? window : undefined);
}

function isRecurrent(architecture: string, reader: HeaderReader, layer: number): boolean {
  if (recurrent.has(architecture) || architecture === 'falcon-h1') return true;
  const listed = reader.ofLayer('attention.recurrent_layers', layer);
  if (listed !== undefined) return listed === 1;
  const every = reader.one('full_attention_interval', attendEvery[architecture] ?? 0);
  if (attendEvery[architecture] !== undefined) return every > 0 && (layer + 1) % every !== 0;
  if (!withoutHeadsRecurrent.has(architecture)) return false;
  const wide = architecture.startsWith('nemotron') ? (reader.ofLayer('feed_forward_length', layer) ?? 0) : 0;
  return reader.ofLayer('attention.head_count_kv', layer) === 0 && wide === 0;
}

/** llama.cpp, `llama_hparams::n_embd_r` and `n_embd_s`. */
function stateNumbers(reader: HeaderReader, layer: number): number {
  const width = reader.one('embedding_length', 0);
  const wkv = reader.one('wkv.head_size', 0);
  if (wkv > 0) return reader.one('token_shift_count', 2) * width + width * wkv;
  const short = reader.one('shortconv.l_cache', 0);
  if (short > 0) return width * (short - 1);
  const kernel = reader.one('ssm.conv_kernel', 0);
  const delta = reader.one('kda.head_dim', 0);
  if (delta > 0) {
    const heads = reader.most('attention.head_count') ?? reader.ofLayer('attention.head_count', layer) ?? 0;
    return 3 * (kernel > 0 ? kernel - 1 : 3) * heads * delta + delta * delta * heads;
  }
  const inner = reader.one('ssm.inner_size', 0);
  const size = reader.one('ssm.state_size', 0);
  return Math.max(0, kernel - 1) * (inner + 2 * reader.one('ssm.group_count', 0) * size) + size * inner;
}

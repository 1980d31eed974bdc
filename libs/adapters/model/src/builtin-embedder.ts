import { NootropicError, type Model, type ModelInfo, type ModelRuntime } from '@nootropic/contracts';
import { visitSubTokens } from './builtin-tokens.ts';
import { zipfWeights } from './builtin-weights.ts';
import { parseModelRef } from './model-ref.ts';
import { unitVector } from './unit-vector.ts';

export interface BuiltinEmbedderOptions {
  /** Weight of a sub-token (lower case, stemmed), about 0 for words that are everywhere to 1. Default: by a list of common words. */
  readonly idf?: (token: string) => number;
}

const dimensions = 256;
const pairWeight = 0.5;
const gramWeight = 0.25;
const gramLength = 4;
const longToken = 8;
/** Sub-tokens whose hashes are kept; beyond it, all are forgotten. */
const remembered = 50_000;
/** Texts between two breaths of the event loop. */
const slice = 64;

interface Feature {
  readonly hash: number;
  readonly weight: number;
  readonly grams: readonly number[];
}

const info: ModelInfo = {
  ref: 'builtin:embedder',
  name: 'built-in embedder',
  can: ['embed'],
  contextLength: 0,
  dimensions,
  local: true,
};

/**
 * An embedder that needs no model file: deterministic, and fast enough to embed a repository in seconds. It knows no synonyms; likeness is
 * that of sub-tokens, of pairs of adjacent sub-tokens, and of the letters of long ones.
 *
 * Each feature adds its weight (sublinear term frequency × inverse document frequency) with a hashed sign to one of 256 hashed places:
 * feature hashing, Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", https://arxiv.org/abs/0902.2206.
 * The sum is scaled to length 1. Text without any token gives the first unit vector.
 */
export function createBuiltinEmbedder(options: BuiltinEmbedderOptions = {}): ModelRuntime {
  const embedText = createTextEmbedder(options.idf ?? zipfWeights());

  function check(ref: string): void {
    if (parseModelRef(ref).scheme !== 'builtin')
      throw new NootropicError('MODEL_REF_INVALID', `${ref} is not a built-in model.`);
  }

  return {
    scheme: 'builtin',
    async load(ref, given = {}) {
      check(ref);
      if (given.signal?.aborted === true) throw new NootropicError('ABORTED');
      return createModel(embedText);
    },
    async estimate(ref) {
      check(ref);
      return { weights: 0, repack: 0, kvCache: 0, compute: 0, total: 0, gpu: 0 };
    },
    list: async () => [info],
    health: async () => ({ state: 'ready', crashes: 0, detail: 'part of the program', models: [] }),
    shrink: async () => 0,
    async [Symbol.asyncDispose]() {
      // Owns no memory beyond its own objects.
    },
  };
}

function createModel(embedText: (text: string) => Float32Array): Model {
  const disposal = new AbortController();
  const unsupported = (what: string): NootropicError =>
    new NootropicError('MODEL_UNSUPPORTED', `The built-in embedder cannot ${what}.`);
  return {
    info,
    async *generate() {
      throw unsupported('generate text');
    },
    async *infill() {
      throw unsupported('fill gaps');
    },
    async embed(texts, call = {}) {
      const stop = AbortSignal.any([disposal.signal, ...(call.signal === undefined ? [] : [call.signal])]);
      const vectors: Float32Array[] = [];
      for (const text of texts) {
        if (vectors.length % slice === 0) {
          if (vectors.length > 0) await new Promise((resume) => setImmediate(resume));
          if (stop.aborted) throw new NootropicError('ABORTED');
        }
        vectors.push(embedText(text));
      }
      return vectors;
    },
    async rerank() {
      throw unsupported('rank documents');
    },
    async countTokens(text) {
      let tokens = 0;
      visitSubTokens(text, () => (tokens += 1));
      return tokens;
    },
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

function createTextEmbedder(idf: (token: string) => number): (text: string) => Float32Array {
  const features = new Map<string, Feature>();

  function featureOf(token: string): Feature {
    const known = features.get(token);
    if (known !== undefined) return known;
    const grams: number[] = [];
    if (token.length >= longToken) {
      for (let i = 0; i + gramLength <= token.length; i += 1) grams.push(hashText(token.slice(i, i + gramLength), 2));
    }
    const feature = { hash: hashText(token, 0), weight: idf(token), grams };
    if (features.size >= remembered) features.clear();
    features.set(token, feature);
    return feature;
  }

  return (text) => {
    const counts = new Map<number, { count: number; readonly weight: number }>();
    const add = (hash: number, weight: number): void => {
      const entry = counts.get(hash);
      if (entry === undefined) counts.set(hash, { count: 1, weight });
      else entry.count += 1;
    };
    let before: Feature | undefined;
    visitSubTokens(text, (token, adjacent) => {
      const feature = featureOf(token);
      add(feature.hash, feature.weight);
      for (const gram of feature.grams) add(gram, gramWeight * feature.weight);
      if (adjacent && before !== undefined)
        add(mix(Math.imul(before.hash, 31) ^ feature.hash ^ 1), pairWeight * Math.sqrt(before.weight * feature.weight));
      before = feature;
    });
    const sums = new Float64Array(dimensions);
    for (const [hash, { count, weight }] of counts) {
      const place = hash & (dimensions - 1);
      const value = (1 + Math.log(count)) * weight;
      sums[place] = (sums[place] ?? 0) + ((hash >>> 16) & 1 ? value : -value);
    }
    return unitVector(sums);
  };
}

/** FNV-1a over UTF-16 units, then mixed: http://www.isthe.com/chongo/tech/comp/fnv/. `kind` keeps kinds of features apart. */
function hashText(text: string, kind: number): number {
  let hash = 0x811c9dc5 ^ kind;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The finaliser of MurmurHash3: every bit of the input reaches every bit of the result. */
function mix(value: number): number {
  let hash = value >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

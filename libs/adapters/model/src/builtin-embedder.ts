import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NootropicError, type Model, type ModelInfo, type ModelRuntime } from '@nootropic/contracts';
import { visitSubTokens } from './builtin-tokens.ts';
import { createBuiltinVectors, type BuiltinVectors } from './builtin-vectors.ts';
import { readBuiltinWeights } from './builtin-weights.ts';
import { parseModelRef } from './model-ref.ts';
import { countedText } from './openai-messages.ts';

export interface BuiltinEmbedderOptions {
  /** The weights file. Default: `builtin-weights.bin` beside this module, or beside the bundle that holds it. */
  readonly weights?: string | URL;
}

const dimensions = 256;
/** Texts between two breaths of the event loop. */
const slice = 64;

const info: ModelInfo = {
  ref: 'builtin:embedder',
  name: 'built-in embedder',
  can: ['embed'],
  contextLength: 0,
  dimensions,
  local: true,
};

interface Loaded {
  readonly vectors: BuiltinVectors;
  readonly version: string;
}

/**
 * An embedder that comes with the program: deterministic, and fast enough to embed a repository in seconds. A static model that this
 * project trained on doc comments and the code below them; `docs/reference/embedder.md` is its model card, and `tools/embedder` trains it.
 *
 * The version of the weights is `info.revision` of a loaded model. Where the weights file is missing or damaged, `load` still gives a model,
 * without a revision: its `embed` reads the file again at each call and rejects with `MODEL_FILE_INVALID` as long as that fails, so that
 * whoever has other ways to search goes on with them, and `health` says so.
 * Text without any token gives the first unit vector.
 */
export function createBuiltinEmbedder(options: BuiltinEmbedderOptions = {}): ModelRuntime {
  const file = options.weights ?? new URL('./builtin-weights.bin', import.meta.url);
  let loading: Promise<Loaded> | undefined;
  let fault: NootropicError | undefined;

  function check(ref: string): void {
    if (parseModelRef(ref).scheme !== 'builtin')
      throw new NootropicError('MODEL_REF_INVALID', `${ref} is not a built-in model.`);
  }

  /** One read for all; after a failure the next caller reads again. */
  function weights(): Promise<Loaded> {
    loading ??= readWeights(file).then(
      (loaded) => {
        fault = undefined;
        return loaded;
      },
      (cause: unknown) => {
        loading = undefined;
        fault = NootropicError.from(cause);
        throw fault;
      },
    );
    return loading;
  }

  return {
    scheme: 'builtin',
    async load(ref, given = {}) {
      check(ref);
      if (given.signal?.aborted === true) throw new NootropicError('ABORTED');
      const loaded = await weights().catch(() => undefined);
      if (given.signal?.aborted) throw new NootropicError('ABORTED');
      return createModel(loaded === undefined ? info : { ...info, revision: loaded.version }, weights);
    },
    async estimate(ref) {
      check(ref);
      const bytes = await stat(file).then(
        ({ size }) => size,
        () => 0,
      );
      return { weights: bytes, repack: 0, kvCache: 0, compute: 0, total: bytes, gpu: 0 };
    },
    list: async () => [info],
    health: async () =>
      fault === undefined
        ? { state: 'ready', crashes: 0, detail: 'part of the program', models: [] }
        : { state: 'degraded', crashes: 0, detail: fault.message, models: [] },
    shrink: async () => 0,
    async [Symbol.asyncDispose]() {
      loading = undefined;
    },
  };
}

async function readWeights(file: string | URL): Promise<Loaded> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const path = typeof file === 'string' ? file : fileURLToPath(file);
    throw new NootropicError(
      'MODEL_FILE_INVALID',
      `The weights of the built-in embedder (${path}) cannot be read. Install the program again; until then, search goes by words alone.`,
      { cause },
    );
  }
  const weights = readBuiltinWeights(bytes);
  if (weights.header.dimensions !== dimensions)
    throw new NootropicError(
      'MODEL_FILE_INVALID',
      `The weights of the built-in embedder have ${weights.header.dimensions} dimensions, not ${dimensions}.`,
    );
  return { vectors: createBuiltinVectors(weights), version: weights.header.version };
}

function createModel(described: ModelInfo, weights: () => Promise<Loaded>): Model {
  const disposal = new AbortController();
  const unsupported = (what: string): NootropicError =>
    new NootropicError('MODEL_UNSUPPORTED', `The built-in embedder cannot ${what}.`);
  return {
    info: described,
    async *generate() {
      throw unsupported('generate text');
    },
    async *infill() {
      throw unsupported('fill gaps');
    },
    async embed(texts, call = {}) {
      const stop = AbortSignal.any([disposal.signal, ...(call.signal === undefined ? [] : [call.signal])]);
      if (stop.aborted) throw new NootropicError('ABORTED');
      const loaded = await weights();
      if (described.revision !== undefined && described.revision !== loaded.version)
        throw new NootropicError('MODEL_FILE_INVALID', 'The weights of the built-in embedder changed while it ran.');
      const embedText = call.kind === 'query' ? loaded.vectors.query : loaded.vectors.document;
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
    async countTokens(what) {
      let tokens = 0;
      visitSubTokens(countedText(what), () => (tokens += 1));
      return tokens;
    },
    async tokenize() {
      throw unsupported('number tokens');
    },
    async detokenize() {
      throw unsupported('number tokens');
    },
    async [Symbol.asyncDispose]() {
      disposal.abort();
    },
  };
}

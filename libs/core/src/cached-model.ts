import type { CallOptions, GenerateRequest, Model, ModelEvent, ResponseCache } from '@nootropic/contracts';

export interface CacheOptions {
  readonly cache: ResponseCache;
  /** Everything beside the request that decides an answer: the hash of the model's file, how it is loaded, the program's version. */
  readonly identity: () => string;
  /** Hex digest of a text. Default SHA-256. */
  readonly hash?: (text: string) => Promise<string>;
}

/**
 * The same model; what has only one possible answer is computed once. That is an embedding, and a generation at temperature 0 with a seed or
 * a JSON Schema, asked by anything but a chat: a person who asks again wants a new answer. A cached answer costs no tokens: it counts
 * its prompt as reused. An answer that was cut short by an abort or an error is not kept; a cache that fails is passed by.
 */
export function cacheModel(model: Model, options: CacheOptions): Model {
  const { cache, identity, hash = sha256 } = options;
  const keyOf = (kind: string, value: unknown) => hash(JSON.stringify([identity(), kind, value]));
  const read = (key: string) => cache.read(key).catch(() => undefined);
  const write = (key: string, value: unknown) => cache.write(key, JSON.stringify(value)).catch(() => undefined);

  async function* generate(request: GenerateRequest, call: CallOptions): AsyncGenerator<ModelEvent> {
    const key = await keyOf('generate', sorted(request));
    const kept = await read(key);
    if (kept !== undefined) {
      yield* JSON.parse(kept) as ModelEvent[];
      return;
    }
    const events: ModelEvent[] = [];
    for await (const event of model.generate(request, call)) {
      if (event.type === 'finish' && event.reason !== 'aborted') {
        const { read: evaluated, reused } = event.tokens;
        await write(key, [...events, { ...event, tokens: { read: 0, reused: evaluated + reused, written: 0 } }]);
      } else if (event.type !== 'prompt-progress') events.push(event);
      yield event;
    }
  }

  const embed: Model['embed'] = async (texts, call) => {
    // A question and a passage of the same words have different vectors.
    const what = call?.kind === 'query' ? 'embed query' : 'embed';
    const keys = await Promise.all(texts.map((text) => keyOf(what, text)));
    const vectors = (await Promise.all(keys.map(read))).map((kept) =>
      kept === undefined ? undefined : Float32Array.from(JSON.parse(kept) as number[]),
    );
    const missing = texts.filter((_, index) => vectors[index] === undefined);
    const computed = missing.length === 0 ? [] : await model.embed(missing, call);
    let next = 0;
    return Promise.all(
      vectors.map(async (vector, index) => {
        if (vector !== undefined) return vector;
        const made = computed[next++] ?? new Float32Array();
        await write(keys[index] ?? '', [...made]);
        return made;
      }),
    );
  };

  return {
    ...model,
    info: model.info,
    generate: (request, call = {}) =>
      isDeterministic(request, call) ? generate(request, call) : model.generate(request, call),
    embed,
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}

export function isDeterministic(request: GenerateRequest, { workClass = 'chat' }: CallOptions): boolean {
  const fixed = request.seed !== undefined || request.jsonSchema !== undefined;
  return workClass !== 'chat' && request.temperature === 0 && fixed;
}

/** With the keys of every object in one order, so that equal requests have equal texts. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBuiltinEmbedder } from './builtin-embedder.ts';
import { stem, visitSubTokens } from './builtin-tokens.ts';
import { zipfWeights } from './builtin-weights.ts';

const subTokens = (text: string): string[] => {
  const found: string[] = [];
  visitSubTokens(text, (token) => found.push(token));
  return found;
};
const likeness = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  (a ?? new Float32Array()).reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);
const length = (vector: Float32Array): number => Math.sqrt(likeness(vector, vector));
const embed = async (...texts: string[]): Promise<Float32Array[]> =>
  (await createBuiltinEmbedder().load('builtin:embedder')).embed(texts);

describe('sub-tokens', () => {
  it.each([
    ['parseHTTPBody2', ['pars', 'http', 'body', '2']],
    ['parse_http_body', ['pars', 'http', 'body']],
    ['SCREAMING_SNAKE', ['scream', 'snak']],
    ['$elem.innerHTML', ['elem', 'inn', 'html']],
    ['größeÄndern', ['größ', 'ändern']],
    ['会话存储', ['会话', '话存', '存储']],
    ['', []],
    ['(){};', []],
  ])('of %s', (text, tokens) => expect(subTokens(text)).toEqual(tokens));

  it.each([
    ['parse', 'parses', 'parsed', 'parsing', 'parser'],
    ['index', 'indexed', 'indexing', 'indexer'],
    ['query', 'queries'],
    ['session', 'sessions'],
    ['run', 'running', 'runner'],
  ])('%s meets its forms', (...forms) => {
    expect(new Set(forms.map(stem)).size).toBe(1);
  });

  it.each(['string', 'class', 'status', 'this', 'bed', 'ring'])('%s stays as it is', (word) =>
    expect(stem(word)).toBe(word),
  );
});

describe('weights', () => {
  it('are low for what is everywhere, and 1 for what is not in the list', () => {
    const weight = zipfWeights();
    expect(weight('the')).toBeLessThan(0.1);
    expect(weight('function')).toBeLessThan(weight('config'));
    expect(weight('scheduler')).toBe(1);
  });
});

describe('embed', () => {
  it('finds the passage that a question is about', async () => {
    const [question, ...passages] = await embed(
      'where are sessions stored on disk?',
      'export function openSessionStore(path) { return openDatabase(path); }',
      'export function parseHttpBody(request) { return JSON.parse(request.body); }',
      'class RateLimiter { constructor(limit) { this.limit = limit; } }',
    );
    const scores = passages.map((passage) => likeness(question, passage));
    expect(scores[0]).toBeGreaterThan(2 * Math.max(scores[1] ?? 0, scores[2] ?? 0));
  });

  it('cares for the order of neighbours, and for letters of long names', async () => {
    const [a, same, swapped, typo, other] = await embed(
      'request handler chain',
      'request handler chain',
      'chain handler request',
      'authentification',
      'authentication',
    );
    expect(likeness(a, same)).toBeCloseTo(1, 5);
    expect(likeness(a, swapped)).toBeLessThan(0.95);
    expect(likeness(typo, other)).toBeGreaterThan(0.15);
  });

  it('gives a unit vector of 256 numbers for any text, the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), async (text) => {
        const [vector] = await embed(text);
        expect(vector).toHaveLength(256);
        expect(length(vector ?? new Float32Array())).toBeCloseTo(1, 5);
        expect((await embed('something else', text))[1]).toEqual(vector);
      }),
    );
  });

  it('gives the first unit vector for text without a token', async () => {
    const [empty, marks] = await embed('', '{}();');
    expect(empty?.[0]).toBe(1);
    expect(marks).toEqual(empty);
  });

  it('is stable across versions: stored vectors stay comparable', async () => {
    const [vector] = await embed('parseHttpBody reads a request');
    const digest = Buffer.from(
      await crypto.subtle.digest(
        'SHA-256',
        Float32Array.from(vector ?? [], (value) => Math.round(value * 1000)),
      ),
    ).toString('hex');
    expect(digest.slice(0, 16)).toMatchInlineSnapshot(`"a7003f5c691fccc9"`);
  });

  it('takes other weights', async () => {
    const runtime = createBuiltinEmbedder({ idf: (token) => (token === 'nois' ? 0 : 1) });
    const model = await runtime.load('builtin:embedder');
    const [plain, noisy] = await model.embed(['quantum', 'noise quantum noise']);
    expect(likeness(plain, noisy)).toBeCloseTo(1, 5);
  });

  it('stops when it is told to', async () => {
    const model = await createBuiltinEmbedder().load('builtin:embedder');
    const controller = new AbortController();
    const running = model.embed(
      Array.from({ length: 10_000 }, (_, n) => `text number ${n}`),
      { signal: controller.signal },
    );
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    await model[Symbol.asyncDispose]();
    await expect(model.embed(['x'])).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the rest of the port', () => {
  it('refuses what it cannot do', async () => {
    const runtime = createBuiltinEmbedder();
    const model = await runtime.load('builtin:embedder');
    const first = async (events: AsyncIterable<unknown>): Promise<unknown> => events[Symbol.asyncIterator]().next();
    await expect(first(model.generate({ messages: [] }))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(first(model.infill({ prefix: '', suffix: '' }))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(model.rerank('q', ['d'])).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(runtime.load('file:x.gguf')).rejects.toMatchObject({ code: 'MODEL_REF_INVALID' });
    expect(await runtime.list()).toMatchObject([
      { ref: 'builtin:embedder', can: ['embed'], dimensions: 256, local: true },
    ]);
  });
});

import fc from 'fast-check';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBuiltinEmbedder } from './builtin-embedder.ts';
import { passageFields } from './builtin-fields.ts';
import fixture from './builtin-parity.fixture.json' with { type: 'json' };
import { rowsOf } from './builtin-rows.ts';
import { stem, visitSubTokens } from './builtin-tokens.ts';
import { createBuiltinVectors } from './builtin-vectors.ts';
import { readBuiltinWeights, writeBuiltinWeights, type BuiltinWeights } from './builtin-weights.ts';

const weightsFile = new URL('./builtin-weights.bin', import.meta.url);

const subTokens = (text: string): string[] => {
  const found: string[] = [];
  visitSubTokens(text, (token) => found.push(token));
  return found;
};
const likeness = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): number =>
  Array.from(a ?? []).reduce((sum, value, at) => sum + value * (b?.[at] ?? 0), 0);
const length = (vector: ArrayLike<number>): number => Math.sqrt(likeness(vector, vector));
const shared = createBuiltinEmbedder();
const embed = async (texts: readonly string[], kind: 'query' | 'document' = 'document'): Promise<Float32Array[]> =>
  (await shared.load('builtin:embedder')).embed(texts, { kind });

/** Two dimensions, three words, two rows for pieces of words: small enough to compute by hand. */
const small = (table: Int8Array | Float32Array): Uint8Array =>
  writeBuiltinWeights({
    header: { version: 'small', dimensions: 2, gramRows: 2, fields: { name: 0.5, path: 0.25, body: 1 } },
    words: ['open', 'fil', 'socket'],
    query: new Float32Array([1, 1, 1, 1, 1]),
    document: new Float32Array([1, 2, 1, 1, 1]),
    table,
  });
const rows = [1, 0, 0, 1, 0.6, 0.8, 0.8, -0.6, -1, 0];

describe('sub-tokens', () => {
  it.each([
    ['parseHTTPBody2', ['pars', 'http', 'body']],
    ['parse_http_body', ['pars', 'http', 'body']],
    ['SCREAMING_SNAKE', ['scream', 'snak']],
    ['utf16 in 2024, x = 512', ['utf', '16', 'in', '512']],
    ['größeÄndern', ['größ', 'ändern']],
    ['会话存储', ['会话', '话存', '存储']],
    ['a'.repeat(25), []],
    ['', []],
    ['(){};', []],
  ])('of %s', (text, tokens) => expect(subTokens(text)).toEqual(tokens));

  it.each([
    ['parse', 'parses', 'parsed', 'parsing'],
    ['index', 'indexed', 'indexing', 'indexes'],
    ['query', 'queries'],
    ['session', 'sessions'],
    ['run', 'running'],
    ['iterate', 'iterator', 'iteration', 'iterates'],
  ])('%s meets its forms', (...forms) => {
    expect(new Set(forms.map(stem)).size).toBe(1);
  });

  it.each(['string', 'class', 'status', 'this', 'bed', 'ring'])('%s stays as it is', (word) =>
    expect(stem(word)).toBe(word),
  );

  it('are the same for text in ASCII however it is cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        // One letter beyond ASCII, on a line of its own, sends the text the other way.
        expect(subTokens(`${text}\n\u00e9`)).toEqual(subTokens(text));
      }),
    );
  });
});

describe('rows', () => {
  const vocabulary = { get: (token: string) => ({ open: 0 })[token], words: 10, gramRows: 4 };

  it('are the own row of a known word, and those of its pieces for an unknown one', () => {
    expect(rowsOf('open', vocabulary)).toEqual([0]);
    const pieces = rowsOf('opening', vocabulary);
    expect(pieces).toHaveLength(6);
    expect(pieces.every((row) => row >= 10 && row < 14)).toBe(true);
    expect(rowsOf('x', vocabulary)).toHaveLength(1);
  });
});

describe('the parts of a passage', () => {
  it.each([
    ['src/http/server.ts\nServer.listen\nlisten(port)\nStarts it.\n\nbody', 'src/http/server', 'Server.listen', 'body'],
    ['README.md\n\nbody\n\nmore', 'README', '', 'body\n\nmore'],
    ['app/(shop)/[slug]/page.tsx\nPage\n\nbody', 'app/(shop)/[slug]/page', 'Page', 'body'],
    ['My notes/a plan.md\n\nbody', 'My notes/a plan', '', 'body'],
  ])('of %j', (text, ...[path, name, body]) => expect(passageFields(text)).toEqual({ path, name, body }));

  it.each([
    'const a = read("x.txt");\n\nconst b = 2;',
    'See docs/readme for more.\n\nThen go on.',
    'import x\n\nfoo',
    '',
    '\n\n',
    'one line',
    'a/b\n1\n2\n3\n4\n\nfive lines before it',
  ])('are not seen in %j', (text) => expect(passageFields(text)).toEqual({ path: '', name: '', body: text }));
});

describe('vectors', () => {
  it('are what the formula says', () => {
    const { document, query } = createBuiltinVectors(readBuiltinWeights(small(Float32Array.from(rows))));
    // body: open, twice file (2 × (1 + ln 2)); name: socket; path: file.
    const file = 2 * (1 + Math.log(2));
    const body = [1 / Math.hypot(1, file), file / Math.hypot(1, file)];
    const sum = [0.5 * 0.6 + (body[0] ?? 0), 0.5 * 0.8 + 0.25 + (body[1] ?? 0)];
    const vector = document('file.ts\nsocket\n\nopen files, file');
    for (const at of [0, 1]) expect(vector[at]).toBeCloseTo((sum[at] ?? 0) / length(sum), 3);
    expect(query('open')[0]).toBeCloseTo(1, 5);
    expect(query('file')[1]).toBeCloseTo(1, 5);
  });

  it('of int8 rows are near those of float rows', () => {
    const whole = createBuiltinVectors(readBuiltinWeights(small(Float32Array.from(rows))));
    const bytes = createBuiltinVectors(readBuiltinWeights(small(Int8Array.from(rows, (value) => value * 127))));
    for (const text of ['open', 'open socket', 'never heard of'])
      expect(likeness(whole.query(text), bytes.query(text))).toBeGreaterThan(0.999);
  });

  it('are those of the trainer', async () => {
    const worst = Math.min(
      ...(await Promise.all(
        fixture.map(async ({ text, kind, vector }) => {
          const [own] = await embed([text], kind === 'query' ? 'query' : 'document');
          return likeness(own, vector) / length(vector);
        }),
      )),
    );
    expect(fixture.length).toBeGreaterThan(20);
    expect(worst).toBeGreaterThan(0.99);
  });
});

describe('embed', () => {
  it('finds the passage that a question is about, also where they share no word', async () => {
    const passages = await embed([
      'src/store.js\nopenSessionStore\n\nfunction openSessionStore(path) { return openDatabase(path); }',
      'src/auth.py\nverify_credentials\n\ndef verify_credentials(user, pw):\n    return bcrypt.checkpw(pw, user.digest)',
      'src/limit.js\nRateLimiter\n\nclass RateLimiter { constructor(limit) { this.limit = limit; } }',
    ]);
    for (const [text, answer] of [
      ['where are sessions stored on disk?', 0],
      ['is the password correct', 1],
    ] as const) {
      const [question] = await embed([text], 'query');
      const scores = passages.map((passage) => likeness(question, passage));
      expect(scores.indexOf(Math.max(...scores))).toBe(answer);
    }
  });

  it('knows words that it never saw by their letters', async () => {
    const [typo, right, other] = await embed(['zorblaxification', 'zorblaxify', 'quennvarting'], 'query');
    expect(likeness(typo, right)).toBeGreaterThan(likeness(typo, other) + 0.1);
  });

  it('gives a unit vector of 256 numbers for any text, the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
        fc.constantFrom('query' as const, 'document' as const),
        async (text, kind) => {
          const [vector] = await embed([text], kind);
          expect(vector).toHaveLength(256);
          expect(length(vector ?? [])).toBeCloseTo(1, 5);
          expect((await embed(['something else', text], kind))[1]).toEqual(vector);
        },
      ),
    );
  });

  it('gives the first unit vector for text without a token', async () => {
    const [empty, marks] = await embed(['', '{}();']);
    expect(empty?.[0]).toBe(1);
    expect(marks).toEqual(empty);
  });

  it('ends when it is told to', async () => {
    const model = await shared.load('builtin:embedder');
    const controller = new AbortController();
    const running = model.embed(
      Array.from({ length: 500 }, (_, at) => `text ${at}`),
      { signal: controller.signal },
    );
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
    await model[Symbol.asyncDispose]();
    await expect(model.embed(['x'])).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('the weights file', () => {
  let folder = '';
  let whole: Uint8Array = new Uint8Array();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'builtin-weights-'));
    whole = await readFile(weightsFile);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has at most 10 MB and names its version, which a loaded model carries', async () => {
    const { header }: BuiltinWeights = readBuiltinWeights(whole);
    expect(whole.length).toBeLessThanOrEqual(10_000_000);
    expect((await shared.load('builtin:embedder')).info).toMatchObject({ dimensions: 256, revision: header.version });
  });

  it('is read as it was written', () => {
    const { header, vocabulary, query, document, table } = readBuiltinWeights(small(Float32Array.from(rows)));
    expect(header).toMatchObject({ format: 1, version: 'small', words: 3, gramRows: 2, table: 'float32' });
    expect([...vocabulary]).toEqual([
      ['open', 0],
      ['fil', 1],
      ['socket', 2],
    ]);
    expect([[...query], [...document]]).toEqual([
      [1, 1, 1, 1, 1],
      [1, 2, 1, 1, 1],
    ]);
    expect(table).toEqual(Float32Array.from(rows));
  });

  it('is refused when any byte of it is changed or missing', () => {
    const bytes = small(Float32Array.from(rows));
    const invalid = expect.objectContaining({ code: 'MODEL_FILE_INVALID' });
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x15;
      expect(() => readBuiltinWeights(changed), `byte ${at}`).toThrowError(invalid);
      expect(() => readBuiltinWeights(bytes.subarray(0, at)), `${at} bytes`).toThrowError(invalid);
    }
  });

  it('may be missing or damaged: the model loads, embed says why, and goes on once the file is back', async () => {
    const file = join(folder, 'weights.bin');
    const runtime = createBuiltinEmbedder({ weights: file });
    const model = await runtime.load('builtin:embedder');
    expect(model.info.revision).toBeUndefined();
    await expect(model.embed(['x'])).rejects.toMatchObject({
      code: 'MODEL_FILE_INVALID',
      message: expect.stringContaining(file),
    });
    await writeFile(file, whole.subarray(0, 5_000_000));
    await expect(model.embed(['x'])).rejects.toMatchObject({ code: 'MODEL_FILE_INVALID' });
    expect(await runtime.health()).toMatchObject({ state: 'degraded' });
    await writeFile(file, whole);
    expect(await model.embed(['x'])).toHaveLength(1);
    expect(await runtime.health()).toMatchObject({ state: 'ready' });
    expect((await runtime.estimate('builtin:embedder')).total).toBe(whole.length);
  });
});

describe('the rest of the port', () => {
  it('refuses what it cannot do', async () => {
    const model = await shared.load('builtin:embedder');
    const first = async (events: AsyncIterable<unknown>): Promise<unknown> => events[Symbol.asyncIterator]().next();
    await expect(first(model.generate({ messages: [] }))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(first(model.infill({ prefix: '', suffix: '' }))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(model.rerank('q', ['d'])).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    await expect(shared.load('file:x.gguf')).rejects.toMatchObject({ code: 'MODEL_REF_INVALID' });
    expect(await shared.list()).toMatchObject([
      { ref: 'builtin:embedder', can: ['embed'], dimensions: 256, local: true },
    ]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, Model, ModelAbility, ModelEvent } from '@nootropic/contracts';

export interface ModelContractOptions {
  /** What `info.can` must say. Every other method must reject with `MODEL_UNSUPPORTED`. */
  readonly abilities: readonly ModelAbility[];
  /** The same seed gives the same text. Default true. */
  readonly seeded?: boolean;
  /** A request with tools is answered with a call of the tool `search`. Default false: a random model calls by chance. */
  readonly callsTools?: boolean;
  /** A request with a JSON Schema gets an answer that meets it. Default: `json-schema` is among the abilities. */
  readonly meetsSchema?: boolean;
  /** A request without `thinkingTokens` is thought about first. Default false. */
  readonly thinks?: boolean;
  /** Gives the probabilities of tokens when it is asked to. Default false: not every server does. */
  readonly logprobs?: boolean;
  /** Heeds `topK` and `minP`, and reads texts of any length where it embeds or ranks. Default false: not every server does. */
  readonly own?: boolean;
  /** `tokens`: texts become numbers and back; `numbers`: only to numbers. Default: neither. */
  readonly tokenizer?: 'tokens' | 'numbers';
  /** Says in its first `prompt-progress`, sent before anything is read, how much of the prompt it still holds. Default false. */
  readonly tellsReuse?: boolean;
  /** Goes on from a text with nothing around it. Default: `generate` is among the abilities. */
  readonly raw?: boolean;
  /** Of a model that can `see`: what its last request held, for a test that looks whether pictures arrive. Default: that is not looked at. */
  readonly received?: () => readonly { readonly mediaType?: string; readonly data: string }[];
}

/** Two pictures of one pixel. */
export const onePixelImages = [
  {
    mediaType: 'image/png',
    data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  },
  { mediaType: 'image/gif', data: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7' },
] as const;

/**
 * What every `Model` must keep. The subject must answer `hi` with 40 tokens or more unless it is stopped.
 * One model is made for all tests but those that dispose.
 */
export function describeModelContract(
  name: string,
  makeSubject: () => Model | Promise<Model>,
  options: ModelContractOptions,
): void {
  const can = (ability: ModelAbility): boolean => options.abilities.includes(ability);

  describe(`${name} keeps the contract of Model`, () => {
    let model: Model;

    beforeAll(async () => {
      model = await makeSubject();
    });

    afterAll(async () => {
      await model[Symbol.asyncDispose]();
    });

    it('says what it is', () => {
      expect(model.info.ref).toMatch(/^[a-z][a-z-]*:./);
      expect(model.info.name).not.toBe('');
      expect([...model.info.can].sort()).toEqual([...options.abilities].sort());
      expect(model.info.contextLength).toBeGreaterThanOrEqual(0);
      expect(model.info.dimensions > 0).toBe(can('embed'));
    });

    it('counts tokens: some for a text, more for a longer one', async () => {
      const [one, many] = await Promise.all([model.countTokens('function'), model.countTokens('function '.repeat(50))]);
      expect(Number.isInteger(one) && one > 0).toBe(true);
      expect(many).toBeGreaterThan(one);
    });

    it('counts the tokens of a whole prompt', async () => {
      const messages = [{ role: 'user', content: 'function '.repeat(50) }] as const;
      const [text, prompt] = await Promise.all([
        model.countTokens('function '.repeat(50)),
        model.countTokens({ messages: [...messages] }),
      ]);
      expect(prompt).toBeGreaterThanOrEqual(text);
    });

    if (can('generate'))
      describeStreams((request, signal) => model.generate(request, signal ? { signal } : {}), options.seeded ?? true);
    if (can('generate')) describeGenerate(() => model, options);
    if (can('generate') && can('see')) describeSight(() => model, options.received);
    if (can('infill')) describeInfill(() => model);
    if (options.raw ?? can('generate')) describeRaw(() => model);
    describeTokens(() => model, options.tokenizer);
    if (options.tellsReuse) describeReuse(() => model);
    if (can('embed')) describeEmbed(() => model, options.own ?? false);
    if (can('rerank')) describeRerank(() => model, options.own ?? false);
    const raw = options.raw ?? can('generate');
    describeRefusals(() => model, can, raw);
    describeDisposal(makeSubject, can);
  });
}

const ask: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }], temperature: 0.2, seed: 1 };

async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

function textOf(events: readonly ModelEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

function finishOf(events: readonly ModelEvent[]): Extract<ModelEvent, { type: 'finish' }> {
  expect(events.filter((event) => event.type === 'finish')).toHaveLength(1);
  const last = events.at(-1);
  if (last?.type !== 'finish') throw new Error(`The last event is ${last?.type}, not finish.`);
  return last;
}

function describeStreams(
  generate: (request: GenerateRequest, signal?: AbortSignal) => AsyncIterable<ModelEvent>,
  seeded: boolean,
): void {
  it('ends with one finish that counts the tokens', async () => {
    const events = await collect(generate({ ...ask, maxTokens: 16 }));
    const { tokens } = finishOf(events);
    expect(textOf(events)).not.toBe('');
    for (const count of Object.values(tokens)) expect(Number.isInteger(count) && count >= 0).toBe(true);
    expect(tokens.read + tokens.reused).toBeGreaterThan(0);
    expect(tokens.written).toBeGreaterThan(0);
  });

  it('stops at maxTokens with the reason length', async () => {
    const few = finishOf(await collect(generate({ ...ask, maxTokens: 5 })));
    expect(few.reason).toBe('length');
    expect(few.tokens.written).toBeGreaterThan(0);
    expect(few.tokens.written).toBeLessThanOrEqual(5);
  });

  it('never shows an empty text', async () => {
    const events = await collect(generate({ ...ask, maxTokens: 24 }));
    expect(events.filter((event) => event.type === 'text' && event.text === '')).toEqual([]);
  });

  if (seeded)
    it('ends before a stop text, with the reason stop', async () => {
      const whole = textOf(await collect(generate({ ...ask, maxTokens: 30 })));
      const stop = whole
        .slice(Math.floor(whole.length / 2))
        .trim()
        .slice(0, 4);
      const events = await collect(generate({ ...ask, maxTokens: 400, stop: [stop, 'never said'] }));
      expect(finishOf(events).reason).toBe('stop');
      expect(textOf(events)).not.toContain(stop);
    });

  it('ends at once when it was aborted before it began', async () => {
    const events = await collect(generate({ ...ask, maxTokens: 24 }, AbortSignal.abort()));
    expect(finishOf(events).reason).toBe('aborted');
    expect(textOf(events)).toBe('');
  });

  it('ends with the reason aborted when it is aborted on the way', async () => {
    const abort = new AbortController();
    const events: ModelEvent[] = [];
    let after = 0;
    for await (const event of generate({ ...ask, maxTokens: 1000 }, abort.signal)) {
      events.push(event);
      if (abort.signal.aborted && event.type === 'text') after++;
      if (event.type === 'text') abort.abort();
    }
    expect(finishOf(events).reason).toBe('aborted');
    expect(after).toBeLessThan(20);
  });

  it('can be left before its end, and asked again', async () => {
    for await (const event of generate({ ...ask, maxTokens: 1000 })) if (event.type === 'text') break;
    expect(finishOf(await collect(generate({ ...ask, maxTokens: 4 }))).reason).toBe('length');
  });

  it('finishes calls that overlap', async () => {
    const runs = await Promise.all([1, 2, 3].map((seed) => collect(generate({ ...ask, seed, maxTokens: 12 }))));
    expect(runs.map((events) => finishOf(events).reason)).toEqual(['length', 'length', 'length']);
    for (const events of runs) expect(textOf(events)).not.toBe('');
  });

  it('goes on with one call when another is aborted', async () => {
    const abort = new AbortController();
    const aborted = collect(generate({ ...ask, maxTokens: 1000 }, abort.signal));
    const kept = collect(generate({ ...ask, maxTokens: 12 }));
    abort.abort();
    expect(finishOf(await aborted).reason).toBe('aborted');
    expect(finishOf(await kept).reason).toBe('length');
  });
}

function describeGenerate(subject: () => Model, options: ModelContractOptions): void {
  it('takes a whole conversation, with a system message and a tool result', async () => {
    const tool = { role: 'tool', toolCallId: 'a', name: 'search', content: 'src/a.ts:1' } as const;
    const call = { id: 'a', name: 'search', arguments: { query: 'x' } };
    const withTool = options.abilities.includes('tools');
    const events = await collect(
      subject().generate({
        ...ask,
        maxTokens: 6,
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Where is x?' },
          { role: 'assistant', content: 'I look.', ...(withTool ? { toolCalls: [call] } : {}) },
          ...(withTool ? [tool] : []),
          { role: 'user', content: 'hi' },
        ],
      }),
    );
    finishOf(events);
  });

  if (options.seeded ?? true)
    it('says the same for the same seed', async () => {
      const request = { ...ask, seed: 7, maxTokens: 16 };
      const first = textOf(await collect(subject().generate(request)));
      expect(textOf(await collect(subject().generate(request)))).toBe(first);
    });

  if (options.own && (options.seeded ?? true))
    it('takes every field that bears on the choice of tokens, and topK 1 for the likeliest', async () => {
      const request = { ...ask, temperature: 1, topP: 0.9, topK: 1, minP: 0.05, maxTokens: 12 };
      const first = textOf(await collect(subject().generate({ ...request, seed: 1 })));
      expect(first).not.toBe('');
      expect(textOf(await collect(subject().generate({ ...request, seed: 2 })))).toBe(first);
    });

  if (options.seeded ?? true)
    it('says the same whether tokens may be guessed or not', async () => {
      const request = { ...ask, temperature: 0, maxTokens: 60 };
      const off = textOf(await collect(subject().generate({ ...request, lookup: 'off' })));
      for (let round = 0; round < 2; round++)
        expect(textOf(await collect(subject().generate({ ...request, lookup: 'auto' })))).toBe(off);
    });

  it('thinks no more than it may, and never in its answer', async () => {
    const thoughts = async (thinkingTokens?: number) => {
      const limit = thinkingTokens === undefined ? {} : { thinkingTokens };
      const events = await collect(subject().generate({ ...ask, maxTokens: 80, ...limit }));
      finishOf(events);
      expect(textOf(events)).not.toMatch(/<\/?think/);
      return events.flatMap((event) => (event.type === 'reasoning' ? [event.text] : []));
    };
    expect(await thoughts(0)).toEqual([]);
    expect((await thoughts(3)).length).toBeLessThanOrEqual(3);
    if (options.thinks) expect((await thoughts()).join('')).not.toBe('');
  });

  if (options.logprobs)
    it.each([0, 3])('gives with each text the probabilities of its tokens, and %i others', async (logprobs) => {
      const events = await collect(subject().generate({ ...ask, maxTokens: 20, logprobs }));
      const texts = events.flatMap((event) => (event.type === 'text' ? [event] : []));
      expect(texts.length).toBeGreaterThan(0);
      for (const { text, logprobs: tokens = [] } of texts) {
        expect(tokens.map(({ token }) => token).join('')).toBe(text);
        for (const { logprob, top } of tokens) {
          expect(logprob).toBeLessThanOrEqual(1e-6);
          expect(top.length).toBeLessThanOrEqual(logprobs);
          expect(top.map((each) => each.logprob)).toEqual(top.map((each) => each.logprob).sort((a, b) => b - a));
        }
      }
      const without = await collect(subject().generate({ ...ask, maxTokens: 20 }));
      expect(without.some((event) => event.type === 'text' && event.logprobs !== undefined)).toBe(false);
      if (options.seeded ?? true) expect(textOf(without)).toBe(textOf(events));
    });

  if (options.callsTools)
    it('calls a tool, and finishes with the reason tool-call', async () => {
      const parameters = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };
      const events = await collect(
        subject().generate({ ...ask, tools: [{ name: 'search', description: 'Searches the code.', parameters }] }),
      );
      const calls = events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
      expect(calls[0]).toMatchObject({ name: 'search', arguments: { query: expect.any(String) as string } });
      expect(new Set(calls.map((call) => call.id)).size).toBe(calls.length);
      expect(calls[0]?.id).not.toBe('');
      expect(finishOf(events).reason).toBe('tool-call');
    });

  if (options.meetsSchema ?? options.abilities.includes('json-schema'))
    it('answers in the form of a JSON Schema', async () => {
      const jsonSchema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
      const events = await collect(subject().generate({ ...ask, maxTokens: 300, jsonSchema }));
      expect(JSON.parse(textOf(events))).toEqual({ answer: expect.any(String) as string });
      expect(finishOf(events).reason).toBe('stop');
    });

  if ((options.meetsSchema ?? options.abilities.includes('json-schema')) && (options.seeded ?? true))
    it('shows the beginning of the answer where the limit comes before its end', async () => {
      const jsonSchema = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
      const whole = textOf(await collect(subject().generate({ ...ask, maxTokens: 300, jsonSchema })));
      const events = await collect(subject().generate({ ...ask, maxTokens: 2, jsonSchema }));
      expect(whole.startsWith(textOf(events))).toBe(true);
      expect(finishOf(events).reason).toBe(textOf(events) === whole ? 'stop' : 'length');
    });
}

function describeInfill(subject: () => Model): void {
  it('fills in the middle', async () => {
    const events = await collect(subject().infill({ prefix: 'const a = ', suffix: ';\n', maxTokens: 8, seed: 1 }));
    expect(finishOf(events).tokens.written).toBeGreaterThan(0);
    expect(textOf(events)).not.toBe('');
  });

  it.each([
    ['nothing before', '', '\nreturn a;'],
    ['nothing after', 'const a = ', ''],
    ['nothing at all', '', ''],
    ['more around it than it can read', 'const a = 1;\n'.repeat(3000), 'const b = 2;\n'.repeat(3000)],
  ])('fills a gap with %s', async (_, prefix, suffix) => {
    const events = await collect(subject().infill({ prefix, suffix, maxTokens: 4 }));
    expect(finishOf(events).tokens.written).toBeGreaterThan(0);
  });

  it('ends infilling before a stop text', async () => {
    const gap = { prefix: 'const a = ', suffix: ';\n', maxTokens: 12, seed: 1 };
    const whole = textOf(await collect(subject().infill(gap)));
    const stop = whole.slice(Math.floor(whole.length / 2));
    const events = await collect(subject().infill({ ...gap, stop: [stop] }));
    expect(textOf(events)).toBe(whole.slice(0, whole.indexOf(stop)));
    expect(finishOf(events).reason).toBe('stop');
  });

  it('ends infilling when it is aborted', async () => {
    const events = await collect(subject().infill({ prefix: 'a', suffix: 'b' }, { signal: AbortSignal.abort() }));
    expect(finishOf(events).reason).toBe('aborted');
  });
}

function describeRaw(subject: () => Model): void {
  const from = { prefix: 'const a = ', suffix: 'not read', raw: true } as const;

  it('goes on from a text', async () => {
    const events = await collect(subject().infill({ ...from, maxTokens: 8, temperature: 0.5, topP: 0.9, seed: 1 }));
    const { tokens } = finishOf(events);
    expect(tokens.read + tokens.reused).toBeGreaterThan(0);
    expect(tokens.written).toBeGreaterThan(0);
    expect(tokens.written).toBeLessThanOrEqual(8);
  });

  it('goes on from nothing', async () => {
    finishOf(await collect(subject().infill({ ...from, prefix: '', maxTokens: 4 })));
  });

  it('does not go on once it was aborted', async () => {
    const events = await collect(subject().infill(from, { signal: AbortSignal.abort() }));
    expect(finishOf(events).reason).toBe('aborted');
    expect(textOf(events)).toBe('');
  });
}

function describeTokens(subject: () => Model, tokenizer: ModelContractOptions['tokenizer']): void {
  const text = 'open the session store\n  const a = 1;';
  if (tokenizer === undefined) {
    it('rejects numbering tokens with MODEL_UNSUPPORTED', async () => {
      await expect(subject().tokenize(text)).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
      await expect(subject().detokenize([1])).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    });
    return;
  }

  it('numbers the tokens of a text, as many as it counts', async () => {
    const tokens = await subject().tokenize(text);
    expect(tokens).toHaveLength(await subject().countTokens(text));
    expect(tokens.every((token) => Number.isInteger(token) && token >= 0)).toBe(true);
    expect(await subject().tokenize(text)).toEqual(tokens);
    expect(await subject().tokenize('')).toEqual([]);
  });

  if (tokenizer === 'tokens')
    it('makes the same text of the numbers', async () => {
      expect(await subject().detokenize(await subject().tokenize(text))).toBe(text);
      expect(await subject().detokenize([])).toBe('');
    });
}

function describeReuse(subject: () => Model): void {
  it('says first how much of the prompt it still holds', async () => {
    const request = { ...ask, messages: [{ role: 'user', content: 'which of the words is new? '.repeat(4) }] } as const;
    for (const round of [0, 1]) {
      const events = await collect(subject().generate({ ...request, maxTokens: 2 }));
      const { tokens } = finishOf(events);
      const [first] = events;
      expect(first).toEqual({
        type: 'prompt-progress',
        done: tokens.reused,
        total: tokens.read + tokens.reused,
        reused: tokens.reused,
      });
      if (round === 1) expect(tokens.reused).toBeGreaterThan(10);
      expect(events.filter((event) => event.type === 'prompt-progress' && event.reused !== undefined)).toHaveLength(1);
    }
  });
}

function describeEmbed(subject: () => Model, anyLength: boolean): void {
  it('embeds each text as a vector of length 1, in order', async () => {
    const texts = ['open the session store', 'decode every byte', ''];
    const vectors = await subject().embed(texts);
    expect(vectors).toHaveLength(3);
    for (const vector of vectors) {
      expect(vector).toBeInstanceOf(Float32Array);
      expect(vector).toHaveLength(subject().info.dimensions);
    }
    for (const vector of vectors.slice(0, 2)) expect(Math.hypot(...vector)).toBeCloseTo(1, 3);
    const [alone] = await subject().embed(['decode every byte']);
    expect(similarity(alone, vectors[1])).toBeGreaterThan(0.999);
    expect(similarity(alone, vectors[0])).toBeLessThan(0.999);
  });

  it('embeds many texts as it embeds each', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => 'the session store '.repeat(i % 5) + String(i));
    const vectors = await subject().embed(texts);
    for (const at of [0, 7, 19]) {
      const [alone] = await subject().embed([texts[at] ?? '']);
      expect(similarity(alone, vectors[at])).toBeGreaterThan(0.999);
    }
  });

  if (anyLength)
    it('embeds a text that is longer than it can read at once', async () => {
      const [long, same, other] = await subject().embed([
        'open the session store '.repeat(4000),
        'open the session store',
        '42 + 17 = 59',
      ]);
      expect(Math.hypot(...(long ?? []))).toBeCloseTo(1, 3);
      expect(similarity(long, same)).toBeGreaterThan(similarity(long, other));
    });

  it('embeds no text as no vector', async () => {
    expect(await subject().embed([])).toEqual([]);
  });

  it('rejects embedding with ABORTED when it is aborted', async () => {
    await expect(subject().embed(['a'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' });
  });
}

function similarity(a: Float32Array | undefined, b: Float32Array | undefined): number {
  return a?.reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0) ?? 0;
}

function describeRerank(subject: () => Model, anyLength: boolean): void {
  it('gives a score for each document, the better one more', async () => {
    const scores = await subject().rerank('open the session', ['open the session store', 'unrelated']);
    expect(scores).toHaveLength(2);
    expect(scores[0]).toBeGreaterThan(scores[1] ?? Infinity);
    expect(await subject().rerank('x', [])).toEqual([]);
  });

  it('scores a document by itself, whatever stands beside it', async () => {
    const documents = ['open the session store', 'unrelated', '', 'the session of the user'];
    const scores = await subject().rerank('open the session', documents);
    const turned = await subject().rerank('open the session', documents.toReversed());
    turned.toReversed().forEach((score, index) => expect(score).toBeCloseTo(scores[index] ?? NaN, 4));
  });

  if (anyLength)
    it('scores documents and queries of any length', async () => {
      const long = 'a buffer of bytes '.repeat(3000);
      const scores = await subject().rerank('open the session', [`${long} open the session`, long]);
      for (const score of scores) expect(Number.isFinite(score)).toBe(true);
      expect(scores[0]).toBeGreaterThan(scores[1] ?? Infinity);
      expect(await subject().rerank(long, ['open', ''])).toHaveLength(2);
    });

  it('rejects ranking with ABORTED when it is aborted', async () => {
    await expect(subject().rerank('a', ['b'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });
}

const shown: GenerateRequest = {
  ...ask,
  messages: [
    { role: 'user', content: 'What is this?', images: [onePixelImages[0]] },
    { role: 'assistant', content: 'A pixel.' },
    { role: 'user', content: 'And this?', images: [onePixelImages[1]] },
  ],
};

function describeSight(subject: () => Model, received: ModelContractOptions['received']): void {
  it('answers about pictures, and counts them', async () => {
    const { tokens } = finishOf(await collect(subject().generate({ ...shown, maxTokens: 5 })));
    expect(tokens.written).toBeGreaterThan(0);
    const plain = shown.messages.map(({ role, content }) => ({ role, content }) as (typeof shown.messages)[number]);
    const [seen, unseen] = await Promise.all([
      subject().countTokens({ messages: shown.messages }),
      subject().countTokens({ messages: plain }),
    ]);
    expect(seen).toBeGreaterThan(unseen);
  });

  if (received)
    it('is sent every picture, byte for byte, in order', async () => {
      await collect(subject().generate({ ...shown, maxTokens: 5 }));
      const got = received();
      expect(got.map(({ data }) => data)).toEqual(onePixelImages.map(({ data }) => data));
      for (const [index, { mediaType }] of got.entries())
        if (mediaType !== undefined) expect(mediaType).toBe(onePixelImages[index]?.mediaType);
    });
}

function describeRefusals(subject: () => Model, can: (ability: ModelAbility) => boolean, raw: boolean): void {
  if (!raw)
    it('rejects going on from a text with MODEL_UNSUPPORTED', async () => {
      const asked = { prefix: 'a', suffix: '', raw: true };
      await expect(collect(subject().infill(asked))).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    });

  const calls: readonly [ModelAbility, () => Promise<unknown>][] = [
    ['generate', () => collect(subject().generate(ask))],
    ['see', () => collect(subject().generate(shown))],
    ['infill', () => collect(subject().infill({ prefix: 'a', suffix: 'b' }))],
    ['embed', () => subject().embed(['a'])],
    ['rerank', () => subject().rerank('a', ['b'])],
  ];
  for (const [ability, call] of calls.filter(([each]) => !can(each))) {
    it(`rejects ${ability} with MODEL_UNSUPPORTED`, async () => {
      await expect(call()).rejects.toMatchObject({ code: 'MODEL_UNSUPPORTED' });
    });
  }
}

function describeDisposal(makeSubject: () => Model | Promise<Model>, can: (ability: ModelAbility) => boolean): void {
  it('may be disposed twice', async () => {
    const own = await makeSubject();
    await own[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  if (can('generate'))
    it('ends a running call when it is disposed', async () => {
      const own = await makeSubject();
      let ending = '';
      try {
        let disposed: Promise<void> | undefined;
        for await (const event of own.generate({ ...ask, maxTokens: 1000 })) {
          if (event.type === 'text') disposed ??= own[Symbol.asyncDispose]();
          if (event.type === 'finish') ending = event.reason;
        }
        await disposed;
      } catch (error) {
        ending = (error as { code: string }).code.toLowerCase();
      }
      expect(ending).toBe('aborted');
      await own[Symbol.asyncDispose]();
    });
}

import { AsyncLocalStorage } from 'node:async_hooks';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as library from 'node-llama-cpp';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateRequest, InfillRequest, ModelEvent, TokenCounts, TokenLogprob } from '@nootropic/contracts';
import { createSeededRandom, tinyGguf, type TinyGgufOptions } from '@nootropic/testing';
import {
  answer,
  callFromMarker,
  chatWrapperOf,
  fillGap,
  promptTokens,
  type Ending,
  type Speaker,
} from './model-process-answer.ts';
import { createLookup, type Lookup } from './model-process-predictor.ts';
import { gateSequence } from './model-process-sequence.ts';

interface Said {
  readonly text: string;
  readonly reasoning: string;
  readonly events: readonly ModelEvent[];
  readonly ending: Ending['reason'];
  readonly counts: TokenCounts;
}

interface Subject {
  readonly model: LlamaModel;
  readonly sequence: LlamaContextSequence;
  readonly lookup: Lookup | undefined;
  ask(request: Partial<GenerateRequest>, signal?: AbortSignal): Promise<Said>;
  fill(request: InfillRequest): Promise<Said>;
}

const contextSize = 1024;
let dir = '';
let llama: Llama;
const models = new Map<string, Promise<LlamaModel>>();
const contexts: LlamaContext[] = [];

beforeAll(async () => {
  dir = await fs.mkdtemp(join(tmpdir(), 'answer-'));
  llama = await library.getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
});

afterAll(async () => {
  for (const context of contexts) await context.dispose();
  for (const model of models.values()) await (await model).dispose();
  await llama.dispose();
  await fs.rm(dir, { recursive: true, force: true });
});

async function open(options: TinyGgufOptions & { lookup?: boolean; kvType?: 'Q8_0' | 'Q4_0' } = {}): Promise<Subject> {
  const { lookup = false, kvType, ...tiny } = options;
  const kind = JSON.stringify(tiny);
  const loading = models.get(kind) ?? tinyGguf({ fs, dir }, tiny).then((modelPath) => llama.loadModel({ modelPath }));
  models.set(kind, loading);
  const model = await loading;
  const context = await model.createContext({
    contextSize,
    threads: 1,
    ...(kvType && { experimentalKvCacheKeyType: kvType, experimentalKvCacheValueType: kvType, flashAttention: true }),
  });
  contexts.push(context);
  const guesser = lookup ? createLookup({ costShare: () => 0.3 }) : undefined;
  const sequence = context.getSequence();
  const gated = gateSequence(sequence, {
    acquire: async (unit) => ({
      tokens: Math.min(unit.tokens, unit.kind === 'decode' ? 3 : 50),
      release: () => undefined,
    }),
  });
  const wrapper = callFromMarker({ library, model }, chatWrapperOf(library, model));
  const speaker: Speaker = { library, model, wrapper, size: contextSize, ...(guesser && { lookup: guesser }) };
  const run = async (
    signal: AbortSignal,
    work: (job: Parameters<typeof answer>[1]['job']) => Promise<Ending>,
  ): Promise<Said> => {
    const events: ModelEvent[] = [];
    const job = {
      jobId: '1',
      workClass: 'chat',
      client: 'local',
      session: undefined,
      signal,
      emit: (event: ModelEvent) => void events.push(event),
    } as const;
    const loan = gated.lend({ ...job, onProgress: () => undefined });
    const { reason: ending } = await work(job);
    const joined = (type: 'text' | 'reasoning') =>
      events.map((event) => (event.type === type ? event.text : '')).join('');
    return { text: joined('text'), reasoning: joined('reasoning'), events, ending, counts: loan.counts() };
  };
  return {
    model,
    sequence,
    lookup: guesser,
    ask: (request, signal = new AbortController().signal) =>
      run(signal, (job) => {
        const full: GenerateRequest = { messages: [{ role: 'user', content: 'hi' }], ...request };
        return answer(speaker, { gated, job, request: full, prompt: promptTokens(speaker, full) });
      }),
    fill: (request) => run(new AbortController().signal, (job) => fillGap(speaker, { gated, job, request })),
  };
}

const search = {
  name: 'search',
  description: 'Searches the code.',
  parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
} as const;

const schema = {
  type: 'object',
  properties: { answer: { type: 'string' }, list: { type: 'array', items: { type: 'string' }, maxItems: 3 } },
  required: ['answer', 'list'],
} as const;

function callsOf(said: Said) {
  return said.events.flatMap((event) => (event.type === 'tool-call' ? [event.call] : []));
}

function logprobsOf(said: Said): TokenLogprob[] {
  return said.events.flatMap((event) => (event.type === 'text' ? (event.logprobs ?? []) : []));
}

describe('choosing tokens', () => {
  let plain: Subject;
  let calling: Subject;

  beforeAll(async () => {
    plain = await open();
    calling = await open({ callsTools: true });
  });

  it.each<Partial<GenerateRequest>>([
    { maxTokens: 60 },
    { maxTokens: 60, jsonSchema: schema },
    { maxTokens: 60, tools: [search] },
  ])('says the same for the same seed, another for another: %j', async (request) => {
    const subject = request.tools ? calling : plain;
    const say = async (seed: number) => {
      const said = await subject.ask({ ...request, seed, temperature: 1 });
      return { text: said.text, calls: callsOf(said).map(({ name, arguments: given }) => ({ name, given })) };
    };
    const first = await say(11);
    expect(await say(11)).toEqual(first);
    const others = await Promise.all([await say(12), await say(13), await say(14)]);
    expect(others.some((other) => JSON.stringify(other) !== JSON.stringify(first))).toBe(true);
  });

  it('draws a seed where none is given', async () => {
    const texts = new Set<string>();
    for (let round = 0; round < 3; round++) texts.add((await plain.ask({ temperature: 1, maxTokens: 20 })).text);
    expect(texts.size).toBe(3);
  });

  it('keeps to topK, topP and minP', async () => {
    const greedy = (await plain.ask({ temperature: 0, maxTokens: 20 })).text;
    for (const limit of [{ topK: 1 }, { topP: 0.0001 }, { minP: 1 }])
      expect((await plain.ask({ temperature: 1, seed: 5, maxTokens: 20, ...limit })).text).toBe(greedy);
    expect((await plain.ask({ temperature: 1, seed: 5, maxTokens: 20 })).text).not.toBe(greedy);
  });

  it('never shows a stop text, wherever it lies over the tokens', async () => {
    const whole = (await plain.ask({ seed: 1, maxTokens: 30 })).text;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: whole.length - 12 }),
        fc.integer({ min: 1, max: 12 }),
        async (at, length) => {
          const stop = whole.slice(at, at + length);
          const said = await plain.ask({ seed: 1, maxTokens: 30, stop: ['', 'never said', stop] });
          // White space before an answer is left out of it, and yet may end it.
          const shown = said.text.trimStart();
          expect([whole.slice(0, whole.indexOf(stop)), '']).toContain(shown);
          expect(shown !== '' || whole.startsWith(stop) || ` ${whole}`.startsWith(stop)).toBe(true);
          expect(said.ending).toBe('stop');
        },
      ),
      { numRuns: 25, seed: 1 },
    );
  });

  it('shows characters of many bytes whole', async () => {
    const words = 'Wörld 🦙 日本 é';
    for (let maxTokens = 1; maxTokens < 40; maxTokens += 2) {
      const said = await plain.ask({ maxTokens, seed: 1, jsonSchema: { const: words } });
      expect(JSON.stringify(words).startsWith(said.text)).toBe(true);
      for (const event of said.events) expect(event.type === 'text' && event.text.includes('\uFFFD')).toBe(false);
    }
    expect(JSON.parse((await plain.ask({ maxTokens: 60, jsonSchema: { const: words } })).text)).toBe(words);
  });

  it('writes words until the mark of a call, then the call', async () => {
    const said = await calling.ask({ seed: 2, temperature: 0.8, maxTokens: 200, tools: [search] });
    expect(said.text.length).toBeGreaterThan(0);
    expect(said.text).not.toMatch(/tool_call|\{/);
    expect(callsOf(said)[0]).toMatchObject({ name: 'search', arguments: { query: expect.any(String) as string } });
    expect(said.ending).toBe('tool-call');
  });
});

describe('the form of an answer', () => {
  const leaf = fc.oneof(
    fc.constant({ type: 'string', maxLength: 20 }),
    fc.constant({ type: 'integer' }),
    fc.constant({ type: 'number' }),
    fc.constant({ type: 'boolean' }),
    fc.constant({ type: 'null' }),
    fc.record({ enum: fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 3 }) }),
    fc.record({ const: fc.oneof(fc.integer(), fc.boolean(), fc.string({ maxLength: 6 })) }),
    fc.record({ type: fc.constant('array'), items: fc.constant({ type: 'boolean' }), maxItems: fc.constant(3) }),
  );
  const flat = fc
    .dictionary(fc.stringMatching(/^[a-z]{1,6}$/), leaf, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
    .map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      additionalProperties: false,
    }));

  it('is that of the schema, or the beginning of it, at temperature 1', async () => {
    const subject = await open();
    let whole = 0;
    let run = 0;
    await fc.assert(
      fc.asyncProperty(flat, fc.integer({ min: 0, max: 999 }), async (jsonSchema, seed) => {
        run++;
        const said = await subject.ask({ temperature: 1, seed, maxTokens: 160, jsonSchema });
        const cut = await subject.ask({ temperature: 1, seed, maxTokens: 5, jsonSchema });
        expect(said.text.startsWith(cut.text)).toBe(true);
        if (said.ending !== 'stop') return;
        whole++;
        meets(JSON.parse(said.text), jsonSchema.properties);
      }),
      { numRuns: 40, seed: 7 },
    );
    expect(run).toBe(40);
    // A number may grow to the limit.
    expect(whole).toBeGreaterThan(25);
  });
});

function meets(value: unknown, properties: Readonly<Record<string, object>>): void {
  expect(typeof value === 'object' && value !== null).toBe(true);
  const given = value as Record<string, unknown>;
  expect(Object.keys(given).sort()).toEqual(Object.keys(properties).sort());
  for (const [name, schemaOfOne] of Object.entries(properties)) {
    const one = given[name];
    const { type, enum: listed, const: only } = schemaOfOne as { type?: string; enum?: unknown[]; const?: unknown };
    if (listed !== undefined) expect(listed).toContain(one);
    else if (only !== undefined) expect(one).toBe(only);
    else if (type === 'array') {
      expect(Array.isArray(one) && one.length <= 3 && one.every((each) => typeof each === 'boolean')).toBe(true);
    } else if (type === 'null') expect(one).toBeNull();
    else if (type === 'integer') expect(Number.isInteger(one)).toBe(true);
    else expect(typeof one).toBe(type);
    if (type === 'string') expect(String(one).length).toBeLessThanOrEqual(20);
  }
}

describe('log-probabilities', () => {
  it.each<Partial<GenerateRequest>>([
    { maxTokens: 25 },
    { maxTokens: 25, temperature: 1 },
    { maxTokens: 60, jsonSchema: { const: 'Wörld 🦙' } },
    { maxTokens: 60, jsonSchema: schema },
    { maxTokens: 40, stop: ['ss'] },
    { maxTokens: 200, tools: [search] },
  ])('are given for each token that is shown: %j', async (request) => {
    const subject = await open({ callsTools: request.tools !== undefined, lookup: true });
    const said = await subject.ask({ seed: 3, ...request, logprobs: 4 });
    for (const event of said.events)
      if (event.type === 'text') expect((event.logprobs ?? []).map(({ token }) => token).join('')).toBe(event.text);
    expect(said.text).not.toBe('');
    for (const { logprob, top } of logprobsOf(said)) {
      expect(logprob).toBeLessThanOrEqual(1e-6);
      expect([0, 4]).toContain(top.length);
    }
    expect(subject.lookup?.counts.proposed).toBe(0);
    expect((await subject.ask({ seed: 3, ...request })).text).toBe(said.text);
  });

  it('are those of the model, whatever the temperature: they add up to 1, and agree with what is drawn', async () => {
    const subject = await open();
    const cold = logprobsOf(await subject.ask({ temperature: 0, maxTokens: 12, logprobs: 20 }));
    for (const { token, logprob, top } of cold) {
      // The rest of a token that was shown in two pieces.
      if (top.length === 0) continue;
      // The likeliest is taken.
      expect(top[0]?.logprob).toBe(logprob);
      expect(top[0]?.token.trimStart().startsWith(token.trimStart())).toBe(true);
      const sum = top.reduce((total, each) => total + Math.exp(each.logprob), 0);
      expect(sum).toBeGreaterThan(0.3);
      expect(sum).toBeLessThanOrEqual(1 + 1e-6);
    }
    const [first] = cold;
    const drawn = new Map<string, number>();
    const rounds = 200;
    for (let seed = 0; seed < rounds; seed++) {
      const [token] = logprobsOf(
        await subject.ask({ temperature: 1, topK: 0, topP: 1, minP: 0, seed, maxTokens: 1, logprobs: 20 }),
      );
      // None where the answer ended at once.
      if (token === undefined) continue;
      expect(token.top).toEqual(first?.top);
      const name = token.top.find((each) => each.logprob === token.logprob)?.token ?? '';
      drawn.set(name, (drawn.get(name) ?? 0) + 1);
    }
    for (const { token, logprob } of first?.top.slice(0, 3) ?? []) {
      const p = Math.exp(logprob);
      // Within four standard deviations.
      expect(Math.abs((drawn.get(token) ?? 0) - rounds * p)).toBeLessThan(4 * Math.sqrt(rounds * p * (1 - p)) + 1);
    }
  });
});

describe('thoughts', () => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await open({ thinks: true });
  });

  it('come before the answer and are no part of it', async () => {
    const said = await subject.ask({ seed: 3, temperature: 1, maxTokens: 60 });
    expect(said.reasoning).toMatch(/^( (hmm|maybe|perhaps|wait|because|so|likely|unless|though))+$/);
    expect(said.text).not.toMatch(/think|hmm|maybe/);
    const kinds = said.events.map(({ type }) => type);
    expect(kinds.lastIndexOf('reasoning')).toBeLessThan(kinds.indexOf('text'));
  });

  it.each([0, 1])('take at most %i tokens', async (thinkingTokens) => {
    const lengths: number[] = [];
    for (const seed of [1, 2, 3, 4]) {
      const request = { seed, temperature: 1, maxTokens: 60 };
      const tokens = ({ reasoning }: Said): number => subject.model.tokenize(reasoning).length;
      const said = await subject.ask({ ...request, thinkingTokens });
      lengths.push(tokens(await subject.ask(request)));
      expect(tokens(said)).toBe(Math.min(thinkingTokens, lengths.at(-1) ?? 0));
      expect(said.text).not.toBe('');
      expect(said.text).not.toMatch(/think|hmm|maybe/);
    }
    expect(Math.max(...lengths)).toBeGreaterThan(1);
  });

  it('are of the same words with a limit that is not reached', async () => {
    const free = await subject.ask({ seed: 3, temperature: 1, maxTokens: 60 });
    const limited = await subject.ask({ seed: 3, temperature: 1, maxTokens: 60, thinkingTokens: 50 });
    expect(limited.reasoning).toBe(free.reasoning);
    expect(limited.text).toBe(free.text);
  });

  it('have probabilities of their own that are not mixed with those of the answer', async () => {
    const said = await subject.ask({ seed: 3, temperature: 1, maxTokens: 40, logprobs: 1 });
    expect(said.reasoning).not.toBe('');
    expect(
      logprobsOf(said)
        .map(({ token }) => token)
        .join(''),
    ).toBe(said.text);
  });
});

describe('guessing tokens from the prompt', () => {
  it('writes the same, in fewer steps where an answer repeats itself', async () => {
    const plain = await open();
    const lookup = await open({ lookup: true });
    const random = createSeededRandom(4);
    let accepted = 0;
    for (let round = 0; round < 8; round++) {
      const words = Array.from({ length: 60 }, () => ['the', 'key', 'session', '"', 'file'][Math.floor(random() * 5)]);
      const messages = [{ role: 'user', content: words.join(' ') }] as const;
      const request = { messages, temperature: 0, maxTokens: 120 };
      const without = await plain.ask(request);
      const before = lookup.lookup?.counts.accepted ?? 0;
      const said = await lookup.ask(request);
      expect(said.text).toBe(without.text);
      expect(said.counts).toEqual(without.counts);
      accepted += (lookup.lookup?.counts.accepted ?? 0) - before;
      // A guess that was checked and not written is gone from the memory.
      expect(lookup.sequence.contextTokens).toEqual(plain.sequence.contextTokens);
    }
    expect(accepted).toBeGreaterThan(100);
  });

  it('keeps to a schema, and to calls', async () => {
    for (const request of [{ jsonSchema: schema }, { tools: [search] }]) {
      const callsTools = 'tools' in request;
      const plain = await open({ callsTools });
      const lookup = await open({ callsTools, lookup: true });
      const messages = [{ role: 'user', content: '{"answer": "open the session", "list": ["a"]} '.repeat(4) }] as const;
      const without = await plain.ask({ ...request, messages, temperature: 0, maxTokens: 120 });
      const said = await lookup.ask({ ...request, messages, temperature: 0, maxTokens: 120 });
      expect(said.text).toBe(without.text);
      expect(callsOf(said).map((call) => call.arguments)).toEqual(callsOf(without).map((call) => call.arguments));
      expect(said.ending).toBe(without.ending);
    }
  });

  it('draws as often as without, so that a seed gives the same text at any temperature', async () => {
    const plain = await open();
    const lookup = await open({ lookup: true });
    const messages = [{ role: 'user', content: 'the session of the user '.repeat(20) }] as const;
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const request = { messages, temperature: seed / 6, seed, maxTokens: 120 };
      expect((await lookup.ask(request)).text).toBe((await plain.ask(request)).text);
    }
    expect(lookup.lookup?.counts.accepted).toBeGreaterThan(5);
  });

  it('goes on with the same text when its memory was saved and given back in its middle', async () => {
    const plain = await open();
    const lookup = await open({ lookup: true });
    const { sequence } = lookup;
    const evaluate = sequence.evaluate.bind(sequence);
    let swaps = 0;
    const elsewhere = { run: AsyncLocalStorage.snapshot() };
    // The guesses are in the memory between two tokens: there another may want the sequence.
    sequence.evaluate = async function* (tokens, options) {
      for await (const token of evaluate(tokens, options)) {
        const file = join(dir, 'swap.state');
        await sequence.saveStateToFile(file);
        // In the context of another job, which computes something else there.
        await elsewhere.run(async () => {
          await sequence.clearHistory();
          for await (const other of evaluate([5, 6, 7] as library.Token[], { temperature: 1 })) if (other >= 0) break;
        });
        await sequence.loadStateFromFile(file, { acceptRisk: true });
        swaps++;
        yield token;
      }
    };
    for (const request of [{ temperature: 0 }, { temperature: 0.5, seed: 2 }, { temperature: 0, jsonSchema: schema }])
      expect((await lookup.ask({ ...request, maxTokens: 60 })).text).toBe(
        (await plain.ask({ ...request, maxTokens: 60 })).text,
      );
    expect(swaps).toBeGreaterThan(100);
    expect(lookup.lookup?.counts.accepted).toBeGreaterThan(5);
  });

  it('is off when it is told to be', async () => {
    const lookup = await open({ lookup: true });
    await lookup.ask({ temperature: 0, maxTokens: 80, lookup: 'off' });
    expect(lookup.lookup?.counts).toEqual({ proposed: 0, accepted: 0 });
    await lookup.ask({ temperature: 0, maxTokens: 80 });
    expect(lookup.lookup?.counts.proposed).toBeGreaterThan(0);
  });

  it('fills a gap with the same text', async () => {
    const plain = await open();
    const lookup = await open({ lookup: true });
    const gap = { prefix: 'const session = open(key);\n'.repeat(10), suffix: '\nclose(key);', maxTokens: 60 };
    expect((await lookup.fill(gap)).text).toBe((await plain.fill(gap)).text);
    expect(lookup.lookup?.counts.proposed).toBeGreaterThan(0);
  });

  it('goes on after an answer that was stopped in its middle', async () => {
    const plain = await open();
    const lookup = await open({ lookup: true });
    const abort = new AbortController();
    const running = lookup.ask({ temperature: 0, maxTokens: 300 }, abort.signal);
    await new Promise((resolve) => setTimeout(resolve, 20));
    abort.abort();
    await running.catch(() => undefined);
    const request = { temperature: 0, maxTokens: 60 };
    expect((await lookup.ask(request)).text).toBe((await plain.ask(request)).text);
  });
});

describe('filling a gap', () => {
  it('reads only what is new behind the end of the prefix, and the suffix', async () => {
    const subject = await open();
    const prefix = 'export function open(key) {\n  return store.read(key);\n}\n'.repeat(6);
    const suffix = '\n}\n';
    await subject.fill({ prefix, suffix, maxTokens: 4 });
    const typed = await subject.fill({ prefix: `${prefix}const`, suffix, maxTokens: 4 });
    expect(typed.counts.reused).toBeGreaterThan(150);
    expect(typed.counts.read).toBeLessThan(20);
  });

  it('keeps what is nearest the cursor, and room for the answer', async () => {
    const subject = await open();
    const said = await subject.fill({
      prefix: `${'a b '.repeat(2000)}NEAR`,
      suffix: `CLOSE${' c d'.repeat(2000)}`,
      maxTokens: 64,
    });
    const held = subject.model.detokenize(subject.sequence.contextTokens.slice(), true);
    expect(held).toContain('NEAR<|fim_suffix|>CLOSE');
    expect(subject.sequence.contextTokens.length).toBeLessThanOrEqual(contextSize);
    expect(said.counts.written).toBeGreaterThan(0);
  });
});

describe('keys and values in fewer bits', () => {
  it.each(['Q8_0', 'Q4_0'] as const)('%s: writes an answer', async (kvType) => {
    const exact = await open();
    const small = await open({ kvType });
    const messages = [{ role: 'user', content: 'the session of the user '.repeat(20) }] as const;
    const said = await small.ask({ messages, temperature: 0, maxTokens: 40 });
    expect(said.text).toMatch(/^[\x20-\x7e\n]{60,}$/);
    expect(said.ending).toBe('length');
    expect((await exact.ask({ messages, temperature: 0, maxTokens: 40 })).text.slice(0, 4)).toBe(said.text.slice(0, 4));
  });
});

describe('tools that a message announces', () => {
  it('are not in the beginning of the prompt, and may be called', async () => {
    const { ask } = await open({ callsTools: true });
    const tools = [search, { ...search, name: 'later' }];
    await ask({ tools: [search], seed: 1, maxTokens: 30 });
    const again = await ask({ tools: [search], seed: 1, maxTokens: 30 });
    const after = await ask({ tools, announcedTools: ['later'], seed: 1, maxTokens: 30 });
    expect(after.counts.reused).toBe(again.counts.reused);
    const calls = [];
    for (let seed = 1; seed < 20; seed += 1)
      calls.push(...callsOf(await ask({ tools: tools.slice(1), announcedTools: ['later'], seed, maxTokens: 60 })));
    expect(new Set(calls.map(({ name }) => name))).toEqual(new Set(['later']));
  });
});

describe('the arguments of a call', () => {
  const read = {
    name: 'read',
    description: 'Reads a file.',
    parameters: {
      type: 'object',
      properties: { path: { type: 'string' }, mode: { enum: ['text', 'bytes'] }, line: { type: 'boolean' } },
      required: ['path'],
    },
  } as const;
  const paths = ['src/a.ts', 'src/b "c".ts'];

  it('take only values that exist, and leave out what is not required', async () => {
    const { ask } = await open({ callsTools: true });
    const calls: ReturnType<typeof callsOf> = [];
    for (let seed = 0; seed < 12; seed++)
      calls.push(
        ...callsOf(
          await ask({ tools: [read], constrain: { read: { path: paths } }, seed, temperature: 1, maxTokens: 200 }),
        ),
      );
    expect(calls.length).toBeGreaterThan(5);
    for (const { arguments: given } of calls) {
      expect(paths).toContain(given['path']);
      expect(Object.values(given)).not.toContain(null);
      if ('mode' in given) expect(['text', 'bytes']).toContain(given['mode']);
    }
    // The grammar writes every property, so what is not required must be free to be missing.
    expect(calls.some(({ arguments: given }) => !('mode' in given))).toBe(true);
    expect(calls.some(({ arguments: given }) => 'mode' in given)).toBe(true);
  });

  it('are limited without a word of it in the prompt', async () => {
    const { ask } = await open({ callsTools: true });
    await ask({ tools: [read], seed: 1, maxTokens: 30 });
    const again = await ask({ tools: [read], seed: 1, maxTokens: 30 });
    const limited = await ask({ tools: [read], constrain: { read: { path: paths } }, seed: 1, maxTokens: 30 });
    expect(limited.counts).toMatchObject({ read: again.counts.read, reused: again.counts.reused });
  });
});

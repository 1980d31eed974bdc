import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { NootropicError, type ModelEvent } from '@nootropic/contracts';
import { createScriptedModel } from './fake-model.ts';
import { describeModelContract } from './model-contract.ts';
import { createStopFilter } from './stop-filter.ts';

const long = Array.from({ length: 60 }, (_, i) => `word${i}`).join(' ');

describeModelContract(
  'the scripted model',
  () =>
    createScriptedModel({
      script: ({ kind, request }) => {
        if (kind === 'infill') return '42';
        if (request.tools?.[0]) return [{ call: { name: request.tools[0].name, arguments: { query: 'x' } } }];
        return request.jsonSchema ? '{"answer": "yes"}' : long;
      },
    }),
  {
    abilities: ['generate', 'tools', 'json-schema', 'infill', 'embed', 'rerank'],
    callsTools: true,
    logprobs: true,
    own: true,
    tokenizer: 'tokens',
  },
);

describeModelContract('the scripted embedder', () => createScriptedModel({ script: [], info: { can: ['embed'] } }), {
  abilities: ['embed'],
  tokenizer: 'tokens',
});

describeModelContract(
  'the scripted talker',
  () => createScriptedModel({ script: () => long, info: { can: ['generate'], dimensions: 0 } }),
  {
    abilities: ['generate'],
    tokenizer: 'tokens',
  },
);

const hi = { messages: [{ role: 'user', content: 'hi' }] } as const;

async function collect(stream: AsyncIterable<ModelEvent>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe('createScriptedModel', () => {
  it('plays the steps of each call in order', async () => {
    const waits: number[] = [];
    const model = createScriptedModel({
      script: [
        [
          { progress: { done: 1, total: 2 } },
          { reasoning: 'hm' },
          'a b',
          { wait: 5 },
          { call: { name: 'list', arguments: {} } },
        ],
        'c',
      ],
      wait: (ms) => Promise.resolve(void waits.push(ms)),
    });
    expect(await collect(model.generate(hi))).toEqual([
      { type: 'prompt-progress', done: 1, total: 2 },
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'text', text: ' b' },
      { type: 'tool-call', call: { id: 'call-1', name: 'list', arguments: {} } },
      { type: 'finish', reason: 'tool-call', tokens: { read: 2, reused: 0, written: 4 } },
    ]);
    expect(waits).toEqual([5]);
    expect((await collect(model.generate(hi)))[0]).toEqual({ type: 'text', text: 'c' });
    expect(model.calls.map((call) => call.kind)).toEqual(['generate', 'generate']);
  });

  it('fails where the script says so, after what came before', async () => {
    const model = createScriptedModel({ script: [['a', { fail: new NootropicError('MODEL_CRASHED') }]] });
    const seen: string[] = [];
    const run = async (): Promise<void> => {
      for await (const event of model.generate(hi)) seen.push(event.type);
    };
    await expect(run()).rejects.toMatchObject({ code: 'MODEL_CRASHED' });
    expect(seen).toEqual(['text']);
  });

  it('fails on a call that the script does not have', async () => {
    await expect(collect(createScriptedModel({ script: [] }).generate(hi))).rejects.toThrow(
      '0 answers, and this is call 1',
    );
  });

  it('leaves a wait at once when it is aborted', async () => {
    const abort = new AbortController();
    const model = createScriptedModel({ script: [['a', { wait: 1_000_000 }, 'b']] });
    const events: ModelEvent[] = [];
    for await (const event of model.generate(hi, { signal: abort.signal })) {
      events.push(event);
      setTimeout(() => abort.abort(), 0);
    }
    expect(events.map((event) => (event.type === 'finish' ? event.reason : event.type))).toEqual(['text', 'aborted']);
  });
});

describe('the stop filter', () => {
  it('shows what comes before the first stop text, however the text is cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.array(letters), stops, (pieces, stop) => {
        const filter = createStopFilter(stop);
        let shown = '';
        let stopped = false;
        for (const piece of pieces) {
          const next = filter.push(piece);
          shown += next.text;
          if ((stopped = next.stopped)) break;
        }
        if (!stopped) shown += filter.end();
        expect(stop.some((each) => shown.includes(each))).toBe(false);
        const whole = pieces.join('');
        expect(whole.startsWith(shown)).toBe(true);
        expect(stopped).toBe(stop.some((each) => whole.includes(each)));
        if (!stopped) expect(shown).toBe(whole);
        else expect(stop.some((each) => whole.startsWith(shown + each))).toBe(true);
      }),
    );
  });
});

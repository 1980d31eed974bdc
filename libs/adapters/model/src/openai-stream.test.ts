import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChatReader } from './openai-stream.ts';

function reader() {
  let n = 0;
  return createChatReader({ newId: () => `new-${(n += 1)}`, promptEstimate: 10 });
}
const delta = (fields: object) => ({ choices: [{ delta: fields }] });
const calls = (...parts: object[]) => delta({ tool_calls: parts });
const end = (why: string) => ({ choices: [{ delta: {}, finish_reason: why }] });

function readAll(chunks: readonly unknown[]) {
  const one = reader();
  return [...chunks.flatMap((chunk) => one.read(chunk)), ...one.finish()];
}

const readCall = (id: string, path: string) => ({ type: 'tool-call', call: { id, name: 'read', arguments: { path } } });

describe('tool calls', () => {
  it.each<[string, unknown[]]>([
    [
      'in pieces by index',
      [
        calls({ index: 0, id: 'a', function: { name: 'read', arguments: '' } }),
        calls({ index: 0, function: { arguments: '{"path":' } }),
        calls({ index: 0, function: { arguments: '"x"}' } }),
        calls({ index: 1, id: 'b', function: { name: 'read', arguments: '{"path":"y"}' } }),
      ],
    ],
    [
      'interleaved',
      [
        calls(
          { index: 0, id: 'a', function: { name: 'read', arguments: '{"path"' } },
          { index: 1, id: 'b', function: { name: 'read', arguments: '{"pa' } },
        ),
        calls({ index: 1, function: { arguments: 'th":"y"}' } }, { index: 0, function: { arguments: ':"x"}' } }),
      ],
    ],
    [
      'without an index',
      [
        calls({ id: 'a', function: { name: 'read', arguments: '' } }),
        calls({ function: { arguments: '{"path":"x"}' } }),
        calls({ id: 'b', function: { name: 'read', arguments: '{"path":"y"}' } }),
      ],
    ],
    [
      'all under index 0',
      [
        calls({ index: 0, id: 'a', function: { name: 'read', arguments: '{"path":"x"}' } }),
        calls({ index: 0, id: 'b', function: { name: 'read', arguments: '{"path":"y"}' } }),
      ],
    ],
    [
      'with the name in every piece',
      [
        calls({ index: 0, id: 'a', function: { name: 'read', arguments: '{"path":' } }),
        calls({ index: 0, id: 'a', function: { name: 'read', arguments: '"x"}' } }),
        calls({ index: 1, id: 'b', function: { name: 'read', arguments: { path: 'y' } } }),
      ],
    ],
    [
      'with arguments encoded twice',
      [
        calls(
          { index: 0, id: 'a', function: { name: 'read', arguments: JSON.stringify('{"path":"x"}') } },
          { index: 1, id: 'b', function: { name: 'read', arguments: '{"path":"y"}' } },
        ),
      ],
    ],
  ])('%s', (_how, chunks) => {
    expect(readAll([...chunks, end('tool_calls')])).toEqual([
      readCall('a', 'x'),
      readCall('b', 'y'),
      expect.objectContaining({ type: 'finish', reason: 'tool-call' }),
    ]);
  });

  it('without ids, or with the same id twice, get ids of our own', () => {
    const events = readAll([
      calls({ index: 0, function: { name: 'read', arguments: '{"path":"x"}' } }),
      calls({ index: 1, id: 'a', function: { name: 'read', arguments: '{"path":"y"}' } }),
      calls({ index: 2, id: 'a', function: { name: 'read', arguments: '{"path":"z"}' } }),
      end('stop'),
    ]);
    expect(events).toEqual([
      readCall('new-1', 'x'),
      readCall('a', 'y'),
      readCall('new-2', 'z'),
      expect.objectContaining({ reason: 'tool-call' }),
    ]);
  });

  it('that are not JSON become text, never a call', () => {
    const events = readAll([
      calls({ index: 0, id: 'a', function: { name: 'read', arguments: '{"path":' } }),
      end('length'),
    ]);
    expect(events).toEqual([
      { type: 'text', text: 'read({"path":)' },
      expect.objectContaining({ type: 'finish', reason: 'length' }),
    ]);
  });

  it('without arguments have none', () => {
    expect(readAll([calls({ index: 0, id: 'a', function: { name: 'now', arguments: '' } })])[0]).toEqual({
      type: 'tool-call',
      call: { id: 'a', name: 'now', arguments: {} },
    });
  });

  it('survive any cutting of their arguments', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.nat(200)), (given, cuts) => {
        const text = JSON.stringify(given);
        const at = [0, ...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((to, n) => calls({ index: 0, function: { arguments: text.slice(at[n], to) } }));
        const events = readAll([calls({ index: 0, id: 'a', function: { name: 'f' } }), ...pieces]);
        expect(events[0]).toEqual({
          type: 'tool-call',
          call: { id: 'a', name: 'f', arguments: JSON.parse(text) as unknown },
        });
      }),
    );
  });
});

describe('text, reasoning and counts', () => {
  it('keeps text and reasoning apart, under either name', () => {
    expect(
      readAll([
        delta({ reasoning_content: 'hm' }),
        delta({ reasoning: 'so' }),
        delta({ content: 'yes' }),
        delta({ content: [{ type: 'text', text: '!' }] }),
      ]).slice(0, -1),
    ).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning', text: 'so' },
      { type: 'text', text: 'yes' },
      { type: 'text', text: '!' },
    ]);
  });

  it.each<[string, unknown[], object]>([
    [
      'usage',
      [
        {
          choices: [],
          usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 5 } },
        },
      ],
      { read: 7, reused: 5, written: 3 },
    ],
    [
      'usage without details',
      [{ choices: [], usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: null } }],
      { read: 12, reused: 0, written: 3 },
    ],
    [
      'timings',
      [{ choices: [], timings: { cache_n: 8, prompt_n: 4, predicted_n: 2 } }],
      { read: 4, reused: 8, written: 2 },
    ],
    ['nothing but the pieces', [delta({ content: 'a' }), delta({ content: 'b' })], { read: 10, reused: 0, written: 2 }],
  ])('counts by %s', (_how, chunks, tokens) => {
    expect(readAll(chunks).at(-1)).toMatchObject({ type: 'finish', tokens });
  });

  it('says which stop text ended an answer, where the server does', () => {
    const ended = (stop_reason: unknown) => readAll([{ choices: [{ delta: {}, finish_reason: 'stop', stop_reason }] }]);
    expect(ended('END').at(-1)).toMatchObject({ reason: 'stop', stop: 'END' });
    for (const none of [null, 151_643, undefined]) expect(ended(none).at(-1)).not.toHaveProperty('stop');
  });

  it('reports the progress of the prompt', () => {
    const one = reader();
    expect(one.progress).toEqual({ done: 0, total: 10 });
    expect(one.read({ choices: [], prompt_progress: { total: 90, processed: 30 } })).toEqual([
      { type: 'prompt-progress', done: 30, total: 90 },
    ]);
    const next = { choices: [], prompt_progress: { total: 90, processed: 60, cache: 20 } };
    expect(one.read(next)).toEqual([{ type: 'prompt-progress', done: 60, total: 90 }]);
    expect(reader().read(next)).toEqual([{ type: 'prompt-progress', done: 60, total: 90, reused: 20 }]);
    one.read(delta({ content: 'x' }));
    expect(one.progress).toEqual({ done: 90, total: 90 });
  });

  it('an abort gives no half-written calls', () => {
    const one = reader();
    one.read(calls({ index: 0, id: 'a', function: { name: 'read', arguments: '{}' } }));
    expect(one.finish('aborted')).toEqual([expect.objectContaining({ type: 'finish', reason: 'aborted' })]);
  });

  it('never throws, whatever a server sends', () => {
    const part = fc.oneof(
      fc.jsonValue(),
      fc.record({
        index: fc.jsonValue(),
        id: fc.constantFrom(null, '', 'a'),
        function: fc.constantFrom(null, {}, { name: 'f', arguments: '{' }),
      }),
    );
    const chunk = fc.oneof(
      fc.jsonValue(),
      fc.record({
        choices: fc.array(
          fc.record({
            delta: fc.record({ content: fc.jsonValue(), tool_calls: fc.oneof(fc.constant(null), fc.array(part)) }),
            finish_reason: fc.constantFrom(null, 'stop'),
          }),
        ),
        usage: fc.oneof(
          fc.constant(null),
          fc.record({ prompt_tokens: fc.jsonValue(), completion_tokens: fc.jsonValue() }),
        ),
        timings: fc.jsonValue(),
        prompt_progress: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const last = readAll(chunks).at(-1);
        expect(last?.type).toBe('finish');
        if (last?.type === 'finish')
          expect(Object.values(last.tokens).every((count) => Number.isInteger(count) && count >= 0)).toBe(true);
      }),
    );
  });
});

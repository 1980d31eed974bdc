import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Token } from 'node-llama-cpp';
import { extraPrompt, gapOrder, gapPrompt, nearPrefix, nearSuffix, type GapModel } from './model-process-gap.ts';

const token = (value: number): Token => value as Token;
const qwen: GapModel = {
  prefix: token(1),
  suffix: token(2),
  middle: token(3),
  prefixText: '<|fim_prefix|>',
  architecture: 'qwen2',
};
const starcoder: GapModel = { ...qwen, prefixText: '<fim_prefix>', architecture: 'starcoder2' };
const codestral: GapModel = { ...qwen, middle: null, prefixText: '[PREFIX]', architecture: 'llama' };

const run = (from: number, length: number): Token[] => Array.from({ length }, (_, i) => token(from + i));

describe('the order around a gap', () => {
  it('is what the model was trained for', () => {
    expect(gapOrder(qwen)).toBe('prefix-first');
    expect(gapOrder({ ...qwen, prefixText: '<｜fim▁begin｜>', architecture: 'deepseek2' })).toBe('prefix-first');
    expect(gapOrder(starcoder)).toBe('suffix-first');
    expect(gapOrder({ ...qwen, prefixText: '▁<PRE>', architecture: 'llama' })).toBe('suffix-first');
    expect(gapOrder({ ...qwen, architecture: 'gemma' })).toBe('suffix-first');
    expect(gapOrder(codestral)).toBe('suffix-first');
  });

  it('puts the marks where the model has seen them', () => {
    const around = { prefix: run(10, 2), suffix: run(20, 2) };
    expect(gapPrompt(qwen, around, 100)).toEqual([1, 10, 11, 2, 20, 21, 3]);
    expect(gapPrompt(starcoder, around, 100)).toEqual([1, 2, 20, 21, 3, 10, 11]);
    expect(gapPrompt(codestral, around, 100)).toEqual([2, 20, 21, 1, 10, 11]);
    expect(gapPrompt(qwen, { prefix: [], suffix: [] }, 100)).toEqual([1, 2, 3]);
  });
});

describe('the prompt of a gap', () => {
  it('fits, keeps what is near the cursor, and fills most of the room', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(qwen, starcoder, codestral),
        fc.record({ before: fc.nat(3000), after: fc.nat(3000) }),
        fc.integer({ min: 0, max: 2000 }),
        (model, around, room) => {
          const { before, after } = around;
          const prefix = run(10_000, before);
          const suffix = run(20_000, after);
          const prompt: readonly number[] = gapPrompt(model, { prefix, suffix }, room);
          const marks = model.middle === null ? 2 : 3;
          expect(prompt.length).toBeLessThanOrEqual(Math.max(room, marks));
          const kept = prompt.filter((each) => each >= 10_000 && each < 20_000);
          const rest = prompt.filter((each) => each >= 20_000);
          expect(kept).toEqual(prefix.slice(before - kept.length));
          expect(rest).toEqual(suffix.slice(0, rest.length));
          // At least three quarters of what the prefix may have, and all of a prefix that fits in so much.
          if (room > 50 && before >= room) expect(kept.length).toBeGreaterThan(room / 2);
          if (before + after + marks <= room / 4) expect(prompt.length).toBe(before + after + marks);
        },
      ),
    );
  });
});

describe('a burst of keys', () => {
  /** Tokens that must be read anew over 200 keys, each a token, of which the sequence keeps the common beginning. */
  const readAnew = (prompt: (typed: number) => readonly number[]): number => {
    let held = prompt(0);
    let read = 0;
    for (let typed = 1; typed <= 200; typed++) {
      const next = prompt(typed);
      let common = 0;
      while (common < next.length && held[common] === next[common]) common++;
      read += next.length - common;
      held = next;
    }
    return read;
  };
  const room = 1900;
  const suffix = run(20_000, 120);
  const burst = (model: GapModel, before: number) =>
    readAnew((typed) => gapPrompt(model, { prefix: run(10_000, before + typed), suffix }, room));
  /** A prefix that is cut so that it just fits, whose beginning moves with each key. */
  const sliding = (before: number) =>
    readAnew((typed) => {
      const prefix = run(10_000, before + typed).slice(-(room - suffix.length - 3));
      return [1, ...prefix, 2, ...suffix, 3];
    });

  it('reads the suffix again with each key where the prefix is first, and only the key where the suffix is', () => {
    expect(burst(qwen, 500)).toBe(200 * (suffix.length + 3));
    expect(burst(starcoder, 500)).toBe(200);
    expect(burst(codestral, 500)).toBe(200);
  });

  it('does not read a long file again with each key', () => {
    expect(sliding(5000)).toBeGreaterThan(200 * 1700);
    expect(burst(qwen, 5000)).toBeLessThan(sliding(5000) / 10);
    expect(burst(starcoder, 5000)).toBeLessThan(4000);
  });

  it('cuts a long text before it is tokenized, at the same place for many keys', () => {
    const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}\n`).join('');
    const text = lines(20_000);
    const starts = new Set<string>();
    for (let typed = 0; typed < 300; typed++) {
      const near = nearPrefix(text + 'x'.repeat(typed), 1000);
      expect(near.length).toBeLessThanOrEqual(16_000);
      expect(near.length).toBeGreaterThan(11_000);
      starts.add(near.slice(0, 20));
    }
    expect(starts.size).toBeLessThanOrEqual(2);
    expect(nearPrefix('short', 1000)).toBe('short');
    expect(nearPrefix('x'.repeat(100_000), 1000)).toHaveLength(16_000);
    expect(nearSuffix(text, 1000)).toBe(text.slice(0, 16_000));
  });
});

describe('parts of other files', () => {
  const extra = [{ name: 'a.ts', text: 'aa' }, { name: 'b.ts', text: 'bbbb' }, { text: 'c' }];
  const read = (text: string) => [...text].map((character) => character.codePointAt(0) as Token);
  const shown = (tokens: readonly Token[]) => String.fromCodePoint(...tokens);
  const none = { repository: undefined, file: undefined };
  const named = { repository: 0x24 as Token, file: 0x23 as Token };

  it('stand as text, or with the tokens that the model has for them', () => {
    expect(shown(extraPrompt(extra, none, { read, room: 100 }))).toBe('a.ts\naa\nb.ts\nbbbb\nfilename\nc\n');
    expect(shown(extraPrompt(extra, named, { read, room: 100 }))).toBe(
      '$myproject\n#a.ts\naa\n#b.ts\nbbbb\n#filename\nc\n#filename\n',
    );
    expect(shown(extraPrompt(extra, { ...named, repository: undefined }, { read, room: 100 }))).not.toContain('$');
  });

  it('are left out whole where they do not fit, the first of them first', () => {
    expect(shown(extraPrompt(extra, none, { read, room: 22 }))).toBe('b.ts\nbbbb\nfilename\nc\n');
    expect(extraPrompt(extra, none, { read, room: 5 })).toEqual([]);
    expect(extraPrompt([], named, { read, room: 100 })).toEqual([]);
    for (let room = 0; room < 60; room += 1)
      for (const tokens of [none, named])
        expect(extraPrompt(extra, tokens, { read, room }).length).toBeLessThanOrEqual(room);
  });
});

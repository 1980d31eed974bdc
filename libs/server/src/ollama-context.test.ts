import type { Message } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readContext, writeContext } from './ollama-context.ts';
import { refOf } from './ollama-models.ts';

const message = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant'),
  content: fc.string({ unit: 'grapheme' }),
}) as fc.Arbitrary<Message>;

describe('the context of an answer', () => {
  it('is the conversation again', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
        const numbers = writeContext(messages);
        expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 31)).toBe(true);
        expect(readContext(numbers)).toEqual(messages);
      }),
    );
  });

  it('is refused where it is that of another program, or was cut', () => {
    const own = writeContext([{ role: 'user', content: 'Hello there' }]);
    const wrong = [[], [1, 2, 3], own.slice(0, -1), [...own, 0], own.with(3, 0), own.with(1, 1e9), own.with(0, 1)];
    for (const numbers of wrong)
      expect(() => readContext(numbers)).toThrowError(expect.objectContaining({ code: 'INPUT_INVALID' }) as Error);
  });
});

it.each([
  ['llama3.2', 'ollama:llama3.2'],
  ['qwen3:8b', 'ollama:qwen3:8b'],
  ['someone/model', 'ollama:someone/model'],
  ['hf.co/owner/repo:Q4_K_M', 'hf:owner/repo:Q4_K_M'],
  ['https://huggingface.co/owner/repo', 'hf:owner/repo'],
  ['hf:owner/repo', 'hf:owner/repo'],
  ['ollama:llama3.2', 'ollama:llama3.2'],
])('the name %s means %s', (name, ref) => {
  expect(refOf(name)).toBe(ref);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTiny, renderTinyPrompt } from './tiny-prompt.ts';
import { byteAlphabet, createTinyTokenizer } from './tiny-tokenizer.ts';

const tokenizer = createTinyTokenizer();

function decode(tokens: readonly number[]): string {
  const bytes = new Map(byteAlphabet().map((character, byte) => [character, byte]));
  const text = tokens.map((token) => tokenizer.tokens[token] ?? '').join('');
  return new TextDecoder().decode(Uint8Array.from([...text].map((character) => bytes.get(character) ?? 0x3f)));
}

describe('encodeTiny', () => {
  it('gives tokens that join to the text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!/<[|/a-z]/u.test(text));
        expect(decode(encodeTiny(tokenizer, text))).toBe(text);
      }),
    );
  });

  it('takes a word that it knows for one token, and a special token for one', () => {
    expect(encodeTiny(tokenizer, ' function model')).toHaveLength(2);
    expect(encodeTiny(tokenizer, '<|im_start|><tool_call>')).toEqual([
      tokenizer.id('<|im_start|>'),
      tokenizer.id('<tool_call>'),
    ]);
  });
});

describe('renderTinyPrompt', () => {
  const read = { name: 'read', description: 'Reads.', parameters: {} };
  const messages = [
    { role: 'system', content: 'Be short.' },
    { role: 'user', content: 'Hello' },
  ] as const;

  it('writes messages in ChatML and ends where the model goes on', () => {
    expect(renderTinyPrompt({ messages })).toBe(
      '<|im_start|>system\nBe short.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n',
    );
  });

  it('names the tools at the beginning, but for those that a message announces', () => {
    expect(renderTinyPrompt({ messages, tools: [read] })).toContain('"name":"read"');
    expect(renderTinyPrompt({ messages, tools: [read], announcedTools: ['read'] })).toBe(
      renderTinyPrompt({ messages }),
    );
  });
});

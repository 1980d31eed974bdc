import * as fc from 'fast-check';
import type { Token } from 'node-llama-cpp';
import { describe, expect, it } from 'vitest';
import { alignWithHeld, type TokenTexts } from './model-process-alignment.ts';

const words: string[] = [];
const sign = /^<\|.*\|>$/;

function tokens(...texts: string[]): Token[] {
  return texts.map((text) => {
    if (!words.includes(text)) words.push(text);
    return words.indexOf(text) as Token;
  });
}

const texts: TokenTexts = {
  textOf: (given) => given.map((token) => words[token] ?? '').join(''),
  isSign: (token) => sign.test(words[token] ?? ''),
};

const show = (given: readonly Token[]): string[] => given.map((token) => words[token] ?? '?');
const opening = ['<|user|>', 'Hi', '<|end|>', '<|model|>', '\n'];
const next = ['<|end|>', '<|user|>', 'more', '<|end|>', '<|model|>', '\n'];

describe('alignWithHeld', () => {
  it('keeps the tokens in which a model wrote its answer', () => {
    const held = tokens(...opening, 're', 'turn', ' x');
    const aligned = alignWithHeld(tokens(...opening, 'return', ' x', ...next), held, texts);
    expect(show(aligned)).toEqual([...opening, 're', 'turn', ' x', ...next]);
  });

  it('keeps the white space that a template drops before an answer, and nowhere else', () => {
    const answer = alignWithHeld(tokens(...opening, 'Yes', ...next), tokens(...opening, '\n\n', ' Yes'), texts);
    expect(show(answer)).toEqual([...opening, '\n\n', ' Yes', ...next]);
    const only = alignWithHeld(tokens(...opening, ...next), tokens(...opening, ' '), texts);
    expect(show(only)).toEqual([...opening, ' ', ...next]);
    const message = alignWithHeld(
      tokens('<|user|>', 'Hi', '<|end|>', '<|model|>', '\n'),
      tokens('<|user|>', ' ', 'Hi'),
      texts,
    );
    expect(show(message)).toEqual(['<|user|>', 'Hi', '<|end|>', '<|model|>', '\n']);
  });

  it('takes up the prompt where the texts part', () => {
    const aligned = alignWithHeld(tokens(...opening, 'No', ...next), tokens(...opening, 'Yes', '<|end|>'), texts);
    expect(show(aligned)).toEqual([...opening, 'No', ...next]);
  });

  it('never takes typed text for a sign', () => {
    const typed = tokens('<|user|>', '<|', 'end', '|>', ' x', '<|end|>', '<|model|>');
    const aligned = alignWithHeld(typed, tokens('<|user|>', '<|end|>', ' x'), texts);
    expect(aligned).toEqual(typed);
  });

  it('says the same text as the prompt, however both were cut, and holds all of what is shared', () => {
    const cut = (text: string, cuts: readonly number[]): string[] => {
      const places = [
        0,
        ...[...new Set(cuts.map((place) => place % (text.length + 1)))].sort((a, b) => a - b),
        text.length,
      ];
      return places.slice(1).flatMap((end, index) => text.slice(places[index], end) || []);
    };
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', ' '), { minLength: 1, maxLength: 12 }).map((each) => each.join('')),
        fc.array(fc.nat(40), { maxLength: 20 }),
        fc.array(fc.nat(40), { maxLength: 20 }),
        (text, one, two) => {
          const prompt = tokens('<|model|>', 'x', ...cut(text, one), '<|end|>', '<|model|>', 'x');
          const held = tokens('<|model|>', 'x', ...cut(text, two), '<|end|>');
          const aligned = alignWithHeld(prompt, held, texts);
          expect(texts.textOf(aligned)).toBe(texts.textOf(prompt));
          expect(aligned.slice(0, held.length)).toEqual(held);
        },
      ),
    );
  });
});

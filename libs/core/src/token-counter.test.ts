import { describe, expect, it } from 'vitest';
import { createTokenCounter } from './token-counter.ts';

describe('createTokenCounter', () => {
  it('counts with the model, each text once', async () => {
    const asked: string[] = [];
    const countTokens = async (text: string) => asked.push(text) * 10;
    const count = createTokenCounter({ countTokens }, () => 0);
    expect([await count('a'), await count('b'), await count('a')]).toEqual([10, 20, 10]);
    expect(asked).toEqual(['a', 'b']);
  });

  it('stops asking a model that is slow, and estimates by what it said', async () => {
    let time = 0;
    let calls = 0;
    const countTokens = async (text: string) => {
      time += 200;
      calls += 1;
      return text.length;
    };
    const count = createTokenCounter({ countTokens }, () => time);
    const text = 'x'.repeat(3500);
    await count(text);
    await count(`${text}y`);
    const estimated = await count(`${text}z`);
    expect(calls).toBe(2);
    expect(estimated).toBeGreaterThan(3500);
    expect(estimated).toBeLessThan(4000);
  });

  it('estimates where the model is gone', async () => {
    const count = createTokenCounter({ countTokens: () => Promise.reject(new Error('gone')) }, () => 0);
    expect(await count('word '.repeat(100))).toBeGreaterThan(100);
  });
});

import type { ResponseCache } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The tests that every `ResponseCache` passes. `makeSubject` gives an empty one that keeps at most so many bytes, two for each character. */
export function describeResponseCacheContract(
  name: string,
  makeSubject: (maxBytes: number) => ResponseCache | Promise<ResponseCache>,
): void {
  describe(`${name} is a ResponseCache`, () => {
    let cache: ResponseCache;
    // Room for ten answers of 96 characters with keys of 4.
    const maxBytes = 2000;
    const value = (of: number): string => String(of).padEnd(96, '.');
    const key = (of: number): string => `k${String(of).padStart(3, '0')}`;
    beforeEach(async () => {
      cache = await makeSubject(maxBytes);
    });
    afterEach(() => cache[Symbol.asyncDispose]());

    const kept = async (upTo: number): Promise<number[]> => {
      const found: number[] = [];
      for (let of = 0; of < upTo; of += 1) if ((await cache.read(key(of))) !== undefined) found.push(of);
      return found;
    };

    it('gives back what was written, and nothing for what was not', async () => {
      await cache.write('a', 'one');
      await cache.write('b', '');
      expect([await cache.read('a'), await cache.read('b'), await cache.read('c')]).toEqual(['one', '', undefined]);
    });

    it('gives the last of what was written under a key', async () => {
      await cache.write('a', 'one');
      await cache.write('a', 'two');
      expect(await cache.read('a')).toBe('two');
    });

    it('keeps any text whole', async () => {
      const text = 'a\0b\n\u{1f9e0} "\u2028é\'; --';
      await cache.write(text, text);
      expect(await cache.read(text)).toBe(text);
    });

    it('keeps no more than it may, and lets go of the oldest first', async () => {
      for (let of = 0; of < 25; of += 1) await cache.write(key(of), value(of));
      expect(await kept(25)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24]);
    });

    it('keeps what is read longer than what is not', async () => {
      for (let of = 0; of < 10; of += 1) await cache.write(key(of), value(of));
      expect(await cache.read(key(0))).toBe(value(0));
      for (let of = 10; of < 19; of += 1) await cache.write(key(of), value(of));
      expect(await kept(19)).toEqual([0, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
    });

    it('does not let one answer push out all others', async () => {
      await cache.write(key(1), value(1));
      await cache.write('large', 'x'.repeat(maxBytes));
      expect(await cache.read('large')).toBeUndefined();
      expect(await cache.read(key(1))).toBe(value(1));
    });

    it('does not give an older answer where a newer one was too large to keep', async () => {
      await cache.write('a', 'one');
      await cache.write('a', 'x'.repeat(maxBytes));
      expect(await cache.read('a')).toBeUndefined();
    });

    it('counts an answer that is replaced once', async () => {
      for (let round = 0; round < 30; round += 1) await cache.write(key(1), value(round));
      for (let of = 2; of < 11; of += 1) await cache.write(key(of), value(of));
      expect(await kept(11)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    });

    it('forgets everything when it is told to, and goes on', async () => {
      await cache.write('a', 'one');
      await cache.clear();
      expect(await cache.read('a')).toBeUndefined();
      await cache.write('a', 'two');
      expect(await cache.read('a')).toBe('two');
    });
  });
}

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutUtf8 } from './capped-output.ts';

it('cuts no character in two and loses no whole one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, limit) => {
      const bytes = new TextEncoder().encode(text.toWellFormed());
      const cut = cutUtf8(bytes, limit);
      expect(cut.length).toBeLessThanOrEqual(limit);
      expect(cut.length).toBeGreaterThan(Math.min(limit, bytes.length) - 4);
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(cut)).not.toThrow();
    }),
  );
});

it('cuts bytes that are not UTF-8 at the limit', () => {
  expect(cutUtf8(new Uint8Array(10).fill(0x80), 5)).toHaveLength(5);
});

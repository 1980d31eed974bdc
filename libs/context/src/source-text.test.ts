import { describe, expect, it } from 'vitest';
import { readSourceText, splitLines } from './source-text.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('readSourceText', () => {
  it('takes UTF-8, without its byte order mark, and UTF-16 that says so', () => {
    expect(readSourceText(bytes('\ufeffhällo\n'))).toEqual({ text: 'hällo\n' });
    expect(readSourceText(new Uint8Array([0xff, 0xfe, 0x68, 0, 0x69, 0]))).toEqual({ text: 'hi' });
  });

  it('refuses bytes that are no text', () => {
    expect(readSourceText(new Uint8Array([0x61, 0, 0x62]))).toEqual({ reason: 'binary' });
    expect(readSourceText(new Uint8Array([0xc3, 0x28]))).toEqual({ reason: 'binary' });
  });

  it('refuses a file that is mostly very long lines, not one that has one among others', () => {
    expect(readSourceText(bytes('x;'.repeat(5_000)))).toEqual({ reason: expect.stringContaining('long lines') });
    expect(readSourceText(bytes(`${'y'.repeat(2_500)}\n${'const a = 1;\n'.repeat(500)}`))).toHaveProperty('text');
  });
});

describe('splitLines', () => {
  it('counts lines as editors do', () => {
    expect(splitLines('')).toEqual([]);
    expect(splitLines('a')).toEqual(['a']);
    expect(splitLines('a\r\nb\rc\n')).toEqual(['a', 'b', 'c']);
    expect(splitLines('a\n\n')).toEqual(['a', '']);
  });
});

it('reads Latin-1 where there are a few letters of it, and takes nothing else for it', () => {
  const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  expect(readSourceText(bytes('/* Jos\xe9 wrote this */\nint a;\n'))).toEqual({
    text: '/* José wrote this */\nint a;\n',
  });
  expect(readSourceText(bytes('\xff\xd8\xe0\xf0\x01\x02 JFIF'))).toEqual({ reason: 'binary' });
  expect(readSourceText(bytes('\xe9\xe8\xff\xfe ab'))).toEqual({ reason: 'binary' });
});

import { NootropicError } from '@nootropic/contracts';
import { parseGGUFQuantLabel } from '@huggingface/gguf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseGguf, groupGgufFiles, parseHuggingfaceRef } from './huggingface-ref.ts';

describe('parseHuggingfaceRef', () => {
  it.each([
    ['hf:o/r', { repo: 'o/r', revision: 'main' }],
    ['hf:o/r:q5_k_m', { repo: 'o/r', quantisation: 'Q5_K_M', revision: 'main' }],
    ['hf:o/r@v1', { repo: 'o/r', revision: 'v1' }],
    ['hf:o/r:Q4_0@refs/pr/2', { repo: 'o/r', quantisation: 'Q4_0', revision: 'refs/pr/2' }],
    ['hf:o/r/a b/c.gguf@abc', { repo: 'o/r', file: 'a b/c.gguf', revision: 'abc' }],
  ])('%s', (text, value) => expect(parseHuggingfaceRef(text)).toEqual(value));

  it.each([
    'hf:',
    'hf:o',
    'o/r',
    'hf:o/r/file.bin',
    'hf:o/r/../../x.gguf',
    'hf:../r',
    'hf:o/r/x.gguf:Q4_0',
    'hf:o/r@../x',
    'hf:o/r:a b',
  ])('refuses %s', (text) => {
    let code = '';
    try {
      parseHuggingfaceRef(text);
    } catch (error) {
      code = NootropicError.from(error).code;
    }
    expect(code).toBe('MODEL_REF_INVALID');
  });
});

it('a reference is refused, or names nothing outside its repository', () => {
  const piece = fc.constantFrom(
    'hf:',
    'o',
    '/',
    'r',
    '..',
    '.',
    'x.gguf',
    ':',
    'Q4_0',
    '@',
    'v1',
    '\\',
    ' ',
    '%2e',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      try {
        const { repo, file = '', revision } = parseHuggingfaceRef(pieces.join(''));
        expect(repo).toMatch(/^[\w.-]+\/[\w.-]+$/);
        expect([...repo.split('/'), ...file.split('/'), ...revision.split('/')]).not.toContain('..');
      } catch (error) {
        expect(error).toMatchObject({ code: 'MODEL_REF_INVALID' });
      }
    }),
    { numRuns: 2000 },
  );
});

describe('chooseGguf', () => {
  const pick = (ref: string, ...paths: string[]): string[] =>
    chooseGguf(
      parseHuggingfaceRef(ref),
      groupGgufFiles(
        paths.map((path) => ({ path })),
        parseGGUFQuantLabel,
      ),
    ).files.map(({ path }) => path);
  const refused = (ref: string, ...paths: string[]): NootropicError => {
    try {
      pick(ref, ...paths);
    } catch (error) {
      return NootropicError.from(error);
    }
    throw new Error('it was not refused');
  };

  it('prefers Q4_K_M, then what comes nearest', () => {
    expect(pick('hf:o/r', 'm-Q8_0.gguf', 'm-Q4_K_M.gguf', 'm-Q2_K.gguf')).toEqual(['m-Q4_K_M.gguf']);
    expect(pick('hf:o/r', 'm-Q8_0.gguf', 'm-Q5_K_M.gguf', 'm-Q2_K.gguf')).toEqual(['m-Q5_K_M.gguf']);
    expect(pick('hf:o/r', 'm-f16.gguf', 'm-q8_0.gguf')).toEqual(['m-q8_0.gguf']);
    expect(pick('hf:o/r', 'm-mxfp4.gguf')).toEqual(['m-mxfp4.gguf']);
    expect(pick('hf:o/r', 'plain.gguf')).toEqual(['plain.gguf']);
  });

  it('prefers one file to parts, and leaves out what is no language model or not whole', () => {
    expect(pick('hf:o/r', 'm-q4_k_m-00001-of-00002.gguf', 'm-q4_k_m-00002-of-00002.gguf', 'm-q4_k_m.gguf')).toEqual([
      'm-q4_k_m.gguf',
    ]);
    expect(pick('hf:o/r', 'mmproj-m-Q4_K_M.gguf', 'm.imatrix.gguf', 'm-Q8_0.gguf')).toEqual(['m-Q8_0.gguf']);
    expect(pick('hf:o/r', 'm-Q4_K_M-00001-of-00002.gguf', 'm-Q8_0.gguf')).toEqual(['m-Q8_0.gguf']);
  });

  it('names the choices where it cannot decide, or does not find', () => {
    const two = refused('hf:o/r', 'a-Q4_K_M.gguf', 'b-Q4_K_M.gguf');
    expect(two.code).toBe('MODEL_REF_INVALID');
    expect(two.hint).toContain('hf:o/r/a-Q4_K_M.gguf, hf:o/r/b-Q4_K_M.gguf');
    expect(refused('hf:o/r', 'x.gguf', 'y.gguf').code).toBe('MODEL_REF_INVALID');
    const none = refused('hf:o/r:Q6_K', 'a-Q4_K_M.gguf', 'a-Q8_0.gguf');
    expect(none.code).toBe('MODEL_NOT_FOUND');
    expect(none.hint).toContain('Q4_K_M, Q8_0');
    expect(refused('hf:o/r/c.gguf', 'a.gguf').hint).toContain('a.gguf');
    expect(refused('hf:o/r', 'README.md').code).toBe('MODEL_NOT_FOUND');
  });
});

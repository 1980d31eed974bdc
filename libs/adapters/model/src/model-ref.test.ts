import { NootropicError } from '@nootropic/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatModelRef, isLoopback, parseModelRef, type ModelRef } from './model-ref.ts';

describe('parseModelRef', () => {
  it.each<[string, ModelRef]>([
    ['none', { scheme: 'none' }],
    ['builtin:embedder', { scheme: 'builtin', name: 'embedder' }],
    ['file:/models/a b.gguf', { scheme: 'file', path: '/models/a b.gguf' }],
    ['file:C:\\models\\a.gguf', { scheme: 'file', path: 'C:\\models\\a.gguf' }],
    ['./models/a.GGUF', { scheme: 'file', path: './models/a.GGUF' }],
    ['C:\\models\\a.gguf', { scheme: 'file', path: 'C:\\models\\a.gguf' }],
    ['ollama:qwen3:8b', { scheme: 'ollama', name: 'qwen3:8b', url: 'http://127.0.0.1:11434' }],
    [
      'ollama:hf.co/org/model:Q4@http://Box:11434/',
      { scheme: 'ollama', name: 'hf.co/org/model:Q4', url: 'http://box:11434' },
    ],
    ['openai:tiny@http://127.0.0.1:8080/v1', { scheme: 'openai', name: 'tiny', url: 'http://127.0.0.1:8080/v1' }],
    [
      'openai:org/model@q4@https://host.example/api/v1/',
      { scheme: 'openai', name: 'org/model@q4', url: 'https://host.example/api/v1' },
    ],
    ['anthropic:claude-haiku-4-5', { scheme: 'anthropic', name: 'claude-haiku-4-5' }],
    ['google:gemini-2.5-pro', { scheme: 'google', name: 'gemini-2.5-pro' }],
    ['xai:grok-4', { scheme: 'xai', name: 'grok-4' }],
    ['openai-cloud:ft:gpt-4.1:org::id', { scheme: 'openai-cloud', name: 'ft:gpt-4.1:org::id' }],
    ['openai:a@http://x@https://[::1]:8/v1', { scheme: 'openai', name: 'a@http://x', url: 'https://[::1]:8/v1' }],
  ])('reads %s', (text, ref) => {
    expect(parseModelRef(text)).toEqual(ref);
  });

  it.each([
    '',
    ' ',
    'qwen3',
    'file:',
    'ollama:',
    'ollama:@http://x',
    'openai:tiny',
    'openai:tiny@nowhere',
    'openai: tiny@http://x',
    'openai:tiny@http://',
    'builtin:other',
    'gguf:x',
    'anthropic:',
    'google:../files/secret',
    'xai:grok 4',
    'openai-cloud:gpt?key=1',
    'openai:a@http://h/v1?key=1',
    ' a.gguf',
  ])('refuses "%s" and shows the right forms', (text) => {
    try {
      parseModelRef(text);
      expect.unreachable();
    } catch (error) {
      expect(NootropicError.is(error) && error.code).toBe('MODEL_REF_INVALID');
      for (const form of ['file:PATH', 'ollama:NAME', 'openai:NAME@URL', 'builtin:embedder', 'none'])
        expect(String(error)).toContain(form);
    }
  });

  it('refuses a password in an address without repeating it', () => {
    expect(() => parseModelRef('openai:tiny@http://me:hunter22@host/v1')).toThrow(/must not hold/);
    expect(() => parseModelRef('openai:tiny@http://me:hunter22@host/v1')).not.toThrow(/hunter22/);
  });

  const name = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9._/:@-]{0,30}$/).filter((text) => !/@https?:\/\//i.test(text));
  const url = fc
    .record({
      scheme: fc.constantFrom('http', 'https'),
      host: fc.domain(),
      port: fc.integer({ min: 1, max: 65_535 }),
      path: fc.constantFrom('', '/v1', '/a/b'),
    })
    .map(({ scheme, host, port, path }) => `${new URL(`${scheme}://${host}:${port}`).origin}${path}`);
  const refs: fc.Arbitrary<ModelRef> = fc.oneof(
    fc.constant<ModelRef>({ scheme: 'none' }),
    fc.constant<ModelRef>({ scheme: 'builtin', name: 'embedder' }),
    fc.string({ minLength: 1 }).map((path): ModelRef => ({ scheme: 'file', path })),
    fc.record({
      scheme: fc.constant('ollama' as const),
      name,
      url: fc.oneof(url, fc.constant('http://127.0.0.1:11434')),
    }),
    fc.record({ scheme: fc.constant('openai' as const), name, url }),
  );

  it('reads back whatever formatModelRef wrote', () => {
    fc.assert(
      fc.property(refs, (ref) => {
        expect(parseModelRef(formatModelRef(ref))).toEqual(ref);
      }),
      { numRuns: 500 },
    );
  });

  it('gives a reference or MODEL_REF_INVALID for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom('openai:', 'ollama:', 'file:').chain((start) => fc.string().map((end) => start + end)),
        ),
        (text) => {
          try {
            expect(parseModelRef(formatModelRef(parseModelRef(text)))).toEqual(parseModelRef(text));
          } catch (error) {
            expect(NootropicError.is(error) && error.code).toBe('MODEL_REF_INVALID');
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('isLoopback', () => {
  it.each(['http://127.0.0.1:1', 'http://127.9.9.9', 'http://localhost:8080/v1', 'http://[::1]/'])('%s is', (url) =>
    expect(isLoopback(url)).toBe(true),
  );
  it.each([
    'http://127.0.0.1.example.com',
    'http://192.168.0.2',
    'https://localhost.example.com',
    'http://0.0.0.0',
    'http://[::ffff:10.0.0.1]',
  ])('%s is not', (url) => expect(isLoopback(url)).toBe(false));
});

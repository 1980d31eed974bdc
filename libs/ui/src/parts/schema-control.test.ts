import { configSchema, newJobSchema } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { controlOf, textOf, titleOfKey, valueOf, type ValueSchema } from './schema-control.ts';

const config = configSchema.toJSONSchema({ io: 'input' }) as ValueSchema;
const setting = (key: string): ValueSchema =>
  key.split('.').reduce<ValueSchema>((schema, part) => schema.properties?.[part] ?? {}, config);

describe('the control of a setting', () => {
  it.each([
    ['models.kvType', 'choice'],
    ['network.offline', 'switch'],
    ['models.contextLength', 'number'],
    ['models.chat', 'text'],
    ['models.fallback', 'lines'],
    ['providers.enabled', 'choices'],
    ['mcp.servers', 'json'],
    ['permissions.rules', 'json'],
  ])('%s is a %s', (key, kind) => expect(controlOf(setting(key))).toBe(kind));

  it('gives a code or a question many lines', () => {
    const job = newJobSchema.toJSONSchema({ io: 'input' }) as ValueSchema;
    expect(controlOf(job.properties?.['label'] ?? {})).toBe('text');
    expect(controlOf({ type: 'string', maxLength: 1_000_000 })).toBe('long');
  });
});

describe('what a person writes', () => {
  it('is the value that it stands for, and nothing where nothing is written', () => {
    expect(valueOf('16,384', setting('models.contextLength'))).toEqual({ value: 16_384 });
    expect(valueOf(' ', setting('models.contextLength'))).toEqual({ value: undefined });
    expect(valueOf('ollama:a\n\n openai:b ', setting('models.fallback'))).toEqual({ value: ['ollama:a', 'openai:b'] });
    expect(valueOf('q8_0', setting('models.kvType'))).toEqual({ value: 'q8_0' });
    expect(valueOf('{"a":{}}', setting('mcp.servers'))).toEqual({ value: { a: {} } });
  });

  it.each([
    ['models.contextLength', 'many', { why: 'not-a-number' }],
    ['models.contextLength', '600.5', { why: 'not-whole' }],
    ['models.contextLength', '12', { why: 'too-small', bound: 512 }],
    ['models.threads', '1000', { why: 'too-large', bound: 256 }],
    ['mcp.servers', '{', { why: 'not-json' }],
    ['models.fallback', Array.from({ length: 17 }, () => 'x').join('\n'), { why: 'too-many', bound: 16 }],
  ])('is refused where it cannot be: %s', (key, text, fault) => {
    expect(valueOf(text, setting(key))).toEqual({ fault });
  });

  it('comes back as it was shown', () => {
    for (const [key, value] of [
      ['models.fallback', ['a', 'b']],
      ['mcp.servers', { a: { command: ['x'] } }],
      ['answer.maxTokens', 1024],
      ['network.offline', true],
    ] as const) {
      const schema = setting(key);
      expect(valueOf(textOf(value, controlOf(schema)), schema)).toEqual({ value });
    }
  });

  it('has a title that reads well', () => {
    expect(['maxTokens', 'kvType', 'text'].map(titleOfKey)).toEqual(['Max tokens', 'Kv type', 'Text']);
  });
});

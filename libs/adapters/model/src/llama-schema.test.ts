import { describe, expect, it } from 'vitest';
import { toGrammarSchema } from './llama-schema.ts';

describe('a JSON Schema for a grammar', () => {
  it('keeps what a grammar can enforce and drops remarks', () => {
    const schema = {
      type: 'object',
      title: 'T',
      properties: { a: { type: 'string', description: 'd', maxLength: 3 }, b: { enum: [1, 2] } },
      required: ['a'],
      additionalProperties: false,
    };
    expect(toGrammarSchema(schema, true)).toEqual({
      type: 'object',
      properties: { a: { type: 'string', maxLength: 3 }, b: { enum: [1, 2] } },
      required: ['a'],
      additionalProperties: false,
    });
  });

  it('turns anyOf and definitions into what the library knows', () => {
    const schema = {
      type: 'object',
      definitions: { n: { type: 'null' } },
      properties: { a: { anyOf: [{ type: 'string' }, { $ref: '#/definitions/n' }] } },
    };
    expect(toGrammarSchema(schema, true)).toEqual({
      type: 'object',
      $defs: { n: { type: 'null' } },
      properties: { a: { oneOf: [{ type: 'string' }, { $ref: '#/$defs/n' }] } },
    });
  });

  it('takes properties without a type for an object', () => {
    expect(toGrammarSchema({ properties: { a: { type: 'string' } } }, true)).toMatchObject({ type: 'object' });
  });

  it.each([
    [{ type: 'string', pattern: 'a+' }, /schema\.pattern/],
    [{ type: 'integer', minimum: 1 }, /schema\.minimum/],
    [{ allOf: [{ type: 'string' }] }, /schema\.allOf/],
    [{ type: 'wat' }, /schema\.type/],
    [{}, /what type/],
    [{ $ref: '#/$defs/missing' }, /points to nothing/],
    [{ type: 'object', properties: { a: {} } }, /schema\.properties\.a/],
    [{ const: { a: 1 } }, /schema\.const/],
    [{ enum: ['a', ['b']] }, /schema\.enum/],
  ])('refuses %j, naming the place', (schema, words) => {
    expect(() => toGrammarSchema(schema, true)).toThrowError(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringMatching(words) as string }) as Error,
    );
  });

  it('takes several types with parts for a choice of each', () => {
    const schema = { type: ['object', 'null'], properties: { a: { type: ['string', 'null'] } }, $defs: {} };
    const properties = { a: { type: ['string', 'null'] } };
    expect(toGrammarSchema(schema, true)).toEqual({
      oneOf: [
        { type: 'object', properties },
        { type: 'null', properties },
      ],
      $defs: {},
    });
    expect(toGrammarSchema({ type: ['array'], items: { type: 'string' } }, true)).toEqual({
      type: 'array',
      items: { type: 'string' },
    });
  });

  it('leaves out what it cannot enforce where the values are checked later', () => {
    expect(
      toGrammarSchema(
        { type: 'object', properties: { n: { type: 'integer', minimum: 1, const: [1] }, x: { const: { a: 1 } } } },
        false,
      ),
    ).toEqual({
      type: 'object',
      properties: { n: { type: 'integer' }, x: { type: ['string', 'number', 'boolean', 'null'] } },
    });
  });
});

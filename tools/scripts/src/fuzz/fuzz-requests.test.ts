import { openaiChatRequestSchema, openaiEmbeddingRequestSchema, wireRoutes } from '@nootropic/contracts';
import { openApiDocument } from '@nootropic/server';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fuzzKinds, fuzzRequests, type FuzzRequest } from './fuzz-requests.ts';
import { jsonWithDepths, spoiled } from './fuzz-values.ts';

const folder = '/tmp/of-the-run/workspace';
let requests: readonly FuzzRequest[] = [];

beforeAll(async () => {
  const draw = fuzzRequests(await openApiDocument('1'), { folder, token: 'x'.repeat(32), model: 'tiny' });
  requests = fc.sample(draw, { seed: 5, numRuns: 6000 });
}, 60_000);

const bodies = (operation: string, kind: string): readonly string[] =>
  requests
    .filter((request) => request.operation === operation && request.kind === kind)
    .map(({ body }) => String(body));

describe('requests that are made from the document', () => {
  it('ask every operation of the standard APIs and of the assistant, in every way', () => {
    const asked = new Set(requests.map(({ operation }) => operation));
    for (const { id } of wireRoutes) expect(asked).toContain(id);
    for (const name of ['send', 'search', 'trust.set', 'jobs.add']) expect(asked).toContain(name);
    expect(new Set(requests.map(({ kind }) => kind))).toEqual(new Set(fuzzKinds));
  });

  it('are right where they are to be, and mostly wrong where not', () => {
    for (const [operation, schema] of [
      ['openai.chatCompletions', openaiChatRequestSchema],
      ['openai.embeddings', openaiEmbeddingRequestSchema],
    ] as const) {
      const right = (kind: string): number => {
        const all = bodies(operation, kind);
        expect(all.length).toBeGreaterThan(5);
        return all.filter((body) => schema.safeParse(JSON.parse(body)).success).length / all.length;
      };
      expect(right('valid')).toBeGreaterThan(0.8);
      expect(right('anything')).toBeLessThan(0.2);
    }
  });

  it('never name a place outside of the folder of the run, never end the host, never reach the keychain', () => {
    for (const { body, operation, kind } of requests) {
      if (['host.stop', 'keys.set', 'keys.remove'].includes(operation)) expect(kind).toBe('wrong-key');
      if (typeof body !== 'string' || kind === 'no-json') continue;
      for (const [, path = ''] of body.matchAll(/"(?:workspace|place|path)":"((?:\/|~|[^"]*\.\.)[^"]*)"/gu))
        expect(path.startsWith(folder)).toBe(true);
    }
  });
});

it('makes one part of a value wrong, and leaves the rest', () => {
  const value = { a: [1, 2], b: { c: 'x' } };
  expect(spoiled(value, { at: 1, how: 2, by: null })).toEqual({ a: null, b: { c: 'x' } });
  expect(spoiled(value, { at: 4, how: 0, by: null })).toEqual({ a: [1, 2] });
  expect(spoiled(value, { at: 4, how: 1, by: 7 })).toEqual({ a: [1, 2], b: { c: 'x', x1: 7 } });
  expect(value).toEqual({ a: [1, 2], b: { c: 'x' } });
});

it('writes values that are nested deeper than a program would', () => {
  expect(jsonWithDepths({ a: '@deep:2' })).toBe('{"a":[[]]}');
  expect(jsonWithDepths({ a: '@deep:3' })).toBe('{"a":{"a":{"a":{"a":1}}}}');
  expect(jsonWithDepths('@deep:100000')).toHaveLength(200_000);
});

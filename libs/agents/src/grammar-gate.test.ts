import type { ToolSpec } from '@nootropic/contracts';
import { createSeededRandom } from '@nootropic/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeAgent } from './code-agent.ts';
import { runGrammarGate } from './grammar-gate.ts';
import { sampleJson } from './grammar-sample.ts';

const specs: readonly ToolSpec[] = codeAgent.tools.map(({ spec }) => spec);

function seeded(seed: number): (below: number) => number {
  const random = createSeededRandom(seed);
  return (below) => Math.floor(random() * below);
}

describe('what the grammar of a tool allows', () => {
  it('is read back as the same call, whatever is in its strings', () => {
    expect(runGrammarGate(specs, { count: 150, draw: seeded(5) })).toEqual({
      asked: 150 * specs.length,
      run: 150 * specs.length,
      failed: 0,
      examples: [],
    });
  });

  it('is sampled as JSON that meets the schema', () => {
    fc.assert(
      fc.property(fc.constantFrom(...specs), fc.integer(), ({ parameters }, seed) => {
        const value = JSON.parse(sampleJson(parameters, seeded(seed))) as object;
        expect(Object.keys(value)).toEqual(Object.keys(parameters['properties'] as object));
      }),
    );
  });

  it('is flat for every tool, with types that a grammar knows', () => {
    for (const { parameters } of specs)
      for (const value of Object.values(parameters['properties'] as Record<string, Record<string, unknown>>)) {
        expect(['string', 'integer', 'number', 'boolean', 'array']).toContain(value['type']);
        if (value['type'] === 'array') expect(value['items']).toMatchObject({ type: 'string' });
      }
  });
});

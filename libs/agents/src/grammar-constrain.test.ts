import { describe, expect, it } from 'vitest';
import { codeAgent } from './code-agent.ts';
import { constrainSpec, constraintsOf } from './grammar-constrain.ts';
import { runGrammarGate } from './grammar-gate.ts';

const specs = codeAgent.tools.map(({ spec }) => spec);
const existing = { paths: ['src/a.ts', 'a "quoted" name.ts'], symbols: ['add', 'Session.append'] };

describe('constraintsOf', () => {
  it('names the files and symbols that a call may name', () => {
    expect(constraintsOf(specs, existing)).toMatchObject({
      read: { path: existing.paths },
      edit: { path: existing.paths },
      symbol: { name: existing.symbols },
      graph: { symbol: existing.symbols },
    });
  });

  it('leaves new files, folders and everything else free', () => {
    const limits = constraintsOf(specs, existing);
    for (const name of ['write', 'list', 'search', 'run', 'todo']) expect(limits).not.toHaveProperty(name);
  });

  it('limits nothing by a list that is empty or too long to be whole', () => {
    const many = Array.from({ length: 301 }, (_, index) => `src/${index}.ts`);
    expect(constraintsOf(specs, {})).toEqual({});
    expect(constraintsOf(specs, { paths: many })).toEqual({});
  });
});

describe('constrainSpec', () => {
  const constrained = specs.map((spec) => constrainSpec(spec, existing));

  it('changes nothing but the values', () => {
    for (const [index, spec] of specs.entries()) {
      const withoutEnums = JSON.parse(
        JSON.stringify(constrained[index])
          .replaceAll(`,"enum":${JSON.stringify(existing.paths)}`, '')
          .replaceAll(`,"enum":${JSON.stringify(existing.symbols)}`, ''),
      ) as unknown;
      expect(withoutEnums).toEqual(JSON.parse(JSON.stringify(spec)));
    }
  });

  it('gives calls that are read back', () => {
    let state = 1;
    const draw = (below: number) => (state = (state * 48_271) % 2_147_483_647) % below;
    expect(runGrammarGate(constrained, { count: 50, draw }).failed).toBe(0);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileToolMatcher, expandCommand } from './index.ts';

describe('expandCommand', () => {
  it.each([
    ['Mend $ARGUMENTS.', 'a  b', 'Mend a  b.'],
    ['$2 before $1', 'one "two three"', 'two three before one'],
    ['$1 and $2', "'a b' ", 'a b and '],
    ['No place', 'typed', 'No place\n\ntyped'],
    ['No place', '  ', 'No place'],
    ['costs $10 and $ARGUMENTSX', 'x', 'costs $10 and $ARGUMENTSX\n\nx'],
    ['$1', '$ARGUMENTS $2', '$ARGUMENTS'],
    ['$1', '"open', 'open'],
  ])('%s with %s', (prompt, args, expected) => {
    expect(expandCommand({ prompt }, args)).toBe(expected);
  });
});

describe('compileToolMatcher', () => {
  it.each([
    ['edit|write', ['edit', 'write'], ['edits', 'rewrite', '']],
    ['^(edit|write)$', ['edit', 'write'], ['edits']],
    ['mcp_.*', ['mcp_', 'mcp_a_b'], ['mcp', 'xmcp_a']],
    ['.*-file', ['read-file', '-file'], ['read-files']],
    ['a.*b.*c', ['abc', 'axbxc'], ['ab', 'ac', 'acb']],
    ['*', ['edit', ''], []],
  ])('%s', (matcher, fitting, others) => {
    const matches = compileToolMatcher(matcher);
    for (const name of fitting) expect(matches(name), name).toBe(true);
    for (const name of others) expect(matches(name), name).toBe(false);
  });

  it.each(['', '(a+)+', 'a{1,9}', '[a-z]*', 'a||b', 'a b', '(?=x)', 'a$b'])('refuses %s', (matcher) => {
    expect(() => compileToolMatcher(matcher)).toThrow(/matcher is not/u);
  });

  it('agrees with the regular expression of the same text', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '.*', '-');
    const alternative = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        fc.array(alternative, { minLength: 1, maxLength: 3 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 8 }),
        (alternatives, name) => {
          const matcher = alternatives.join('|');
          expect(compileToolMatcher(matcher)(name)).toBe(new RegExp(`^(?:${matcher})$`, 'u').test(name));
        },
      ),
      { numRuns: 1_000, seed: 5 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { docLines, withoutLines } from './strip-doc.ts';

const cases = [
  ['a block above', '/**\n * Adds.\n */\nfunction add() {}', { startLine: 4, endLine: 4 }, [{ from: 1, to: 3 }]],
  ['line comments', 'x\n// Adds\n// two.\nfunc add() {}', { startLine: 4, endLine: 4 }, [{ from: 2, to: 3 }]],
  ['over attributes', '/// Adds.\n#[inline]\nfn add() {}', { startLine: 3, endLine: 3 }, [{ from: 1, to: 1 }]],
  ['over decorators', '# Adds.\n@cached\ndef add(): pass', { startLine: 3, endLine: 3 }, [{ from: 1, to: 1 }]],
  [
    'a docstring',
    'def add(\n  a):\n  """Adds\n  two."""\n  return a',
    { startLine: 1, endLine: 5 },
    [{ from: 3, to: 4 }],
  ],
  ['a docstring of one line', "def f():\n  r'''Adds.'''\n  pass", { startLine: 1, endLine: 3 }, [{ from: 2, to: 2 }]],
  ['nothing over a blank line', '// Licence\n\nfunc add() {}', { startLine: 3, endLine: 3 }, []],
  ['no string of the body', 'def f():\n  x = 1\n  """text"""', { startLine: 1, endLine: 3 }, []],
  ['no code that ends in a comment', 'a(); /* b\n*/\nfunction add() {}', { startLine: 3, endLine: 3 }, []],
  ['nothing at the top', 'function add() {}', { startLine: 1, endLine: 1 }, []],
] as const;

describe('docLines', () => {
  it.each(cases)('finds %s', (...[, text, definition, expected]) => {
    expect(docLines(text.split('\n'), definition)).toEqual(expected);
  });
});

it('leaves every other line where it was', () => {
  expect(withoutLines('a\nb\nc\nd', [{ from: 2, to: 3 }])).toBe('a\n\n\nd');
  expect(withoutLines('a\nb', [])).toBe('a\nb');
});

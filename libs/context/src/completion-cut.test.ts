import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCompletionCut, type CompletionEnd } from './completion-cut.ts';

interface Cut {
  readonly text: string;
  readonly given: string;
  readonly reason: CompletionEnd;
}

/** What is shown of a model's text that comes in pieces of this length; `|` is the cursor. */
function cut(at: string, says: string, { many = false, piece = 3 } = {}): Cut {
  const cursor = at.indexOf('|');
  const made = createCompletionCut({ before: at.slice(0, cursor), after: at.slice(cursor + 1), many });
  let given = '';
  let ended: CompletionEnd | undefined;
  for (let from = 0; from < says.length && ended === undefined; from += piece) {
    const step = made.push(says.slice(from, from + piece));
    given += step.text;
    ended = step.ended;
  }
  const { text, more, reason } = made.end(ended ?? 'stop');
  return { text, given: given + more, reason };
}

describe('createCompletionCut', () => {
  it('ends one line with the line', () => {
    expect(cut('const a = |', 'b + c;\nconst d = e;')).toMatchObject({ text: 'b + c;', reason: 'line' });
  });

  it('is nothing where the line is complete', () => {
    expect(cut('const a = b;|', '\nconst d = e;').text).toBe('');
  });

  it.each([
    ['foo(|)', 'a, b)', 'a, b'],
    ['foo(|)', 'a, b);', 'a, b'],
    ['foo(|);', 'bar(a), b);', 'bar(a), b'],
    ['foo(bar(|)', 'x))', 'x)'],
    ['foo(bar(|)', 'x)', 'x)'],
    ['foo("|")', 'abc")', 'abc'],
    ['foo("|")', 'abc', 'abc'],
    ['if (|) {', 'a === b) {', 'a === b'],
    ['const x = |;', 'y;', 'y'],
    ['call(|)', 'inner(1)', 'inner(1)'],
  ])('does not say again what follows the cursor: %s with %s', (at, says, text) => {
    for (const piece of [1, 3, 100]) {
      const made = cut(at, says, { piece });
      expect(made).toMatchObject({ text, given: text });
    }
  });

  it('ends a block that it began with the line that closes it', () => {
    const says = '\n  return a;\n}\n\nfunction c() {\n  return d;\n}';
    expect(cut('function a() {|\n', says, { many: true })).toMatchObject({
      text: '\n  return a;\n}',
      reason: 'dedent',
    });
  });

  it('goes on with the other branch of a block', () => {
    const says = '\n  b();\n} else {\n  c();\n}\nd();';
    expect(cut('if (a) {|\n', says, { many: true }).text).toBe('\n  b();\n} else {\n  c();\n}');
  });

  it('ends where the indentation falls below that of its line', () => {
    const says = 'first()\n    second()\ndef other():\n    pass';
    expect(cut('def a():\n    |', says, { many: true })).toMatchObject({
      text: 'first()\n    second()',
      reason: 'dedent',
    });
  });

  it('stops before a line that stands below the cursor already', () => {
    const at = 'function a() {\n  |\n  return result;\n}\n';
    const says = 'const result = 1;\n  return result;\n}';
    expect(cut(at, says, { many: true })).toMatchObject({ text: 'const result = 1;', reason: 'suffix' });
  });

  it('ends with the paragraph', () => {
    expect(cut('|', 'one();\ntwo();\n\nthree();', { many: true }).text).toBe('one();\ntwo();');
  });

  it('says no line twice in a row', () => {
    expect(cut('  first(one);\n  |', 'first(one);\n')).toMatchObject({ text: '', reason: 'repeat' });
    expect(cut('|', 'first(one);\nfirst(one);\nfirst(one);', { many: true })).toMatchObject({
      text: 'first(one);',
      reason: 'repeat',
    });
  });

  it('ends a loop of words at its first round', () => {
    expect(cut('x = |', 'abc abc abc abc abc abc abc abc abc')).toMatchObject({ reason: 'repeat' });
    expect(cut('x = |', 'abc abc abc abc abc abc abc abc abc').text.length).toBeLessThan(10);
    expect(cut('// |', '-----------------------------------').text).toHaveLength(35);
  });

  it('ends at the name of a special token', () => {
    expect(cut('a = |', 'b;<|file_sep|>c')).toMatchObject({ text: 'b;', given: 'b;', reason: 'stop' });
  });

  it('shows nothing of a text of spaces', () => {
    expect(cut('a = |', '   \n\n  ', { many: true })).toMatchObject({ text: '', given: '' });
  });

  it('gives in pieces what it gives in one, never takes back but an end, and never says the suffix twice', () => {
    const part = fc.constantFrom(
      'a',
      'foo',
      '(',
      ')',
      '{',
      '}',
      '"',
      ' ',
      '  ',
      '\n',
      '\n  ',
      ';',
      ', ',
      'return x',
      '<|eot|>',
    );
    const text = fc.array(part, { maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.record({ before: text, after: text, says: text, many: fc.boolean() }),
        ({ before, after, says, many }) => {
          const whole = cut(`${before}|${after}`, says, { many, piece: 1_000 });
          const pieces = cut(`${before}|${after}`, says, { many, piece: 2 });
          expect(pieces.given.startsWith(pieces.text)).toBe(true);
          expect(says.replaceAll('\r', '').startsWith(whole.text)).toBe(true);
          expect(whole.text === '' || whole.text.trim() !== '').toBe(true);
          if (!many) expect(whole.text).not.toContain('\n');
          expect(pieces.text).toBe(whole.text);
        },
      ),
      { numRuns: 500 },
    );
  });
});

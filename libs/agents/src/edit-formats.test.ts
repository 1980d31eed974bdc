import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anchorLines, anchorOf } from './edit-anchors.ts';
import { applyEdit, chooseEditFormat, editFormats, type EditFormat } from './edit-formats.ts';

const file = ['one', 'two', 'three', ''].join('\n');
const wanted = ['one', '2', 'three', ''].join('\n');
const range = { startLine: 2, endLine: 2 };

const answers: Readonly<Record<EditFormat, string>> = {
  'whole-symbol': 'Here:\n```ts\n2\n```\n',
  'whole-file': `Here:\n\`\`\`ts\n${wanted}\`\`\`\n`,
  'search-replace': '<<<<<<< SEARCH\ntwo\n=======\n2\n>>>>>>> REPLACE',
  'unified-diff': '```diff\n--- a\n+++ b\n@@ -9,3 +1,3 @@\n one\n-two\n+2\n three\n```',
  'anchored-lines': `\`\`\`edit\nreplace 2:${anchorOf('two')}\n2\n\`\`\``,
};

it('puts a new line where its like stands, though the model indented only some lines as the file does', () => {
  const file = 'class A:\n    def one(self):\n        self.check(1)\n';
  const answer = [
    ...['<<<<<<< SEARCH', 'class A:', '  def one(self):', '      self.check(1)', '======='],
    ...['class A:', '  def one(self):', '      self.check(1)', '', '  def two(self):', '      self.check(2)'],
    '>>>>>>> REPLACE',
  ].join('\n');
  expect(applyEdit({ format: 'search-replace', file, answer })).toMatchObject({
    ok: true,
    text: `${file}\n    def two(self):\n        self.check(2)\n`,
  });
});

describe('applyEdit', () => {
  it.each(editFormats)('applies %s', (format) => {
    expect(applyEdit({ format, file, answer: answers[format], target: { range } })).toEqual({ ok: true, text: wanted });
  });

  it.each([
    ['whole-file', wanted],
    ['whole-file', '```\none\n// ... rest of the file unchanged\n2\n```'],
    ['whole-file', '```\none\n2'],
    ['search-replace', '<<<<<<< SEARCH\nfour\n=======\n4\n>>>>>>> REPLACE'],
    ['search-replace', 'two -> 2'],
    ['unified-diff', '@@\n-four\n+4'],
    ['unified-diff', 'no diff'],
    ['whole-symbol', 'two'],
    ['anchored-lines', '```\nreplace 2:00\n2\n```'],
    ['anchored-lines', '```\nreplace 2\n2\n```'],
    ['anchored-lines', '```\n2|2\n```'],
  ] as const)('refuses %s: %j', (format, answer) => {
    expect(applyEdit({ format, file, answer, target: { range } })).toMatchObject({ ok: false });
  });

  it.each([
    ['search-replace', '<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE'],
    ['unified-diff', '@@\n-a\n+b'],
  ] as const)('does not guess between two places, and names them: %s', (format, answer) => {
    expect(applyEdit({ format, file: 'a\nx\na\n', answer })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('lines 1-1, 3-3') as string,
    });
  });

  it.each(editFormats.filter((format) => format !== 'anchored-lines'))(
    'says of %s that it changes nothing',
    (format) => {
      const same = {
        'whole-symbol': '```\ntwo\n```',
        'whole-file': `\`\`\`\n${file}\`\`\``,
        'search-replace': '<<<<<<< SEARCH\ntwo\n=======\ntwo\n>>>>>>> REPLACE',
        'unified-diff': '```diff\n@@\n one\n-two\n+two\n```',
      }[format];
      expect(applyEdit({ format, file, answer: same, target: { range } })).toMatchObject({
        ok: false,
        reason: expect.stringContaining('changes nothing') as string,
      });
    },
  );

  it('takes any answer without failing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...editFormats), fc.string(), fc.boolean(), (format, answer, raw) => {
        const applied = applyEdit({ format, file, answer, raw, target: { range } });
        return applied.ok || applied.reason !== '';
      }),
    );
  });

  it('keeps byte order mark, line endings and a missing final newline', () => {
    const windows = '\uFEFFone\r\ntwo\r\nthree';
    for (const format of editFormats)
      expect(applyEdit({ format, file: windows, answer: answers[format], target: { range } })).toEqual({
        ok: true,
        text: '\uFEFFone\r\n2\r\nthree',
      });
  });

  it('fills an empty file', () => {
    for (const [format, answer] of [
      ['whole-file', '```\nnew\n```'],
      ['search-replace', '<<<<<<< SEARCH\n=======\nnew\n>>>>>>> REPLACE'],
      ['unified-diff', '```diff\n@@ -0,0 +1 @@\n+new\n```'],
    ] as const)
      expect(applyEdit({ format, file: '', answer })).toEqual({ ok: true, text: 'new\n' });
  });
});

describe('search and replace', () => {
  const code = ['class A {', '    run(): void {', '        const x = 1;', '', '        use(x);', '    }', '}', ''].join(
    '\n',
  );
  const block = (before: string, after: string) => `<<<<<<< SEARCH\n${before}\n=======\n${after}\n>>>>>>> REPLACE`;
  const edit = (before: string, after: string, text = code) =>
    applyEdit({ format: 'search-replace', file: text, answer: block(before, after) });

  it('matches at another indentation and indents what is new', () => {
    expect(
      edit('run(): void {\n  const x = 1;', 'run(): void {\n  const x = 2;\n  if (x) {\n    log(x);\n  }'),
    ).toEqual({
      ok: true,
      text: code.replace(
        '        const x = 1;',
        '        const x = 2;\n        if (x) {\n            log(x);\n        }',
      ),
    });
  });

  it('writes tabs where the file has tabs', () => {
    expect(edit('f() {\n  a();\n}', 'f() {\n  b();\n}', 'f() {\n\ta();\n}\n')).toEqual({
      ok: true,
      text: 'f() {\n\tb();\n}\n',
    });
  });

  it('takes the numbers off that a listing showed', () => {
    expect(edit('3:         const x = 1;', '3:         const x = 2;')).toMatchObject({
      text: code.replace('x = 1', 'x = 2'),
    });
    expect(edit('3|        const x = 1;', '3|        const x = 2;')).toMatchObject({
      text: code.replace('x = 1', 'x = 2'),
    });
  });

  it('passes over blank lines, and says so', () => {
    expect(edit('        const x = 1;\n        use(x);', '        const x = 1;\n        use(x + 1);')).toEqual({
      ok: true,
      text: code.replace('use(x)', 'use(x + 1)'),
      note: expect.stringContaining('lines 3-5') as string,
    });
  });

  it('joins stretches around an elision', () => {
    expect(edit('    run(): void {\n...\n        use(x);', '    go(): void {\n...\n        use(x, 2);')).toMatchObject({
      text: code.replace('run()', 'go()').replace('use(x)', 'use(x, 2)'),
    });
  });

  it('takes lines that are nearly right, and says so', () => {
    const file = 'const first = compute(alpha, beta, gamma);\nconst second = other(delta);\n';
    expect(edit('const first = compute(alpha, beta, gama);', 'const first = compute(alpha);', file)).toEqual({
      ok: true,
      text: file.replace('alpha, beta, gamma', 'alpha'),
      note: expect.stringContaining('likeness') as string,
    });
  });

  it('does not choose between two places that are nearly right', () => {
    const file = 'const first = compute(alpha, beta, 1);\nconst first = compute(alpha, beta, 2);\n';
    expect(edit('const first = compute(alpha, beta, 3);', 'const first = 0;', file)).toMatchObject({ ok: false });
  });

  it('replaces a part of a line where it stands once', () => {
    expect(edit('x = 1', 'x = 3')).toMatchObject({ ok: true, text: code.replace('x = 1', 'x = 3') });
    expect(edit('oid', 'x')).toMatchObject({ ok: false });
  });

  it('shows the nearest true lines after a miss', () => {
    expect(edit('        const y = somethingElse(1);\n        use(y);', 'x')).toMatchObject({
      ok: false,
      nearest: { startLine: 2, lines: expect.arrayContaining(['        use(x);']) as string[] },
    });
  });

  it('applies all blocks or none', () => {
    const [good, bad] = [block('        use(x);', '        go(x);'), block('nowhere', 'y')];
    expect(applyEdit({ format: 'search-replace', file: code, answer: `${good}\n${bad}` })).toMatchObject({ ok: false });
    expect(
      applyEdit({ format: 'search-replace', file: code, answer: `${good}\n${block('class A {', 'class B {')}` }),
    ).toMatchObject({ text: code.replace('class A', 'class B').replace('use(x)', 'go(x)') });
  });
});

describe('a whole symbol', () => {
  const file = [
    'import x',
    '',
    'class A:',
    '    @cached',
    '    def f(self):',
    '        return 1',
    '',
    '    def g(self):',
    '        return 2',
    '',
  ].join('\n');
  const target = { path: 'a.py', symbol: 'A.f', range: { startLine: 5, endLine: 6 } };
  const edit = (code: string) =>
    applyEdit({ format: 'whole-symbol', file, answer: `\`\`\`py\n${code}\n\`\`\``, target });
  const done = { ok: true, text: file.replace('return 1', 'return 3') };

  it.each([
    ['as it stands', '    def f(self):\n        return 3'],
    ['without indentation', 'def f(self):\n    return 3'],
    ['without indentation of the first line', 'def f(self):\n        return 3'],
    ['with line numbers', '5:     def f(self):\n6:         return 3'],
    ['with bars after the numbers', '5|    def f(self):\n6|        return 3'],
    ['with its first line twice', '    def f(self):\n    def f(self):\n        return 3'],
    ['with the line before it', '    @cached\n    def f(self):\n        return 3'],
    ['in the whole file', file.trimEnd().replace('return 1', 'return 3')],
  ])('is taken %s', (_, code) => {
    expect(edit(code)).toEqual(done);
  });

  it.each([
    ['with an import before it', 'import y\n\ndef f(self):\n    return 3'],
    ['in its class', 'class A:\n    def f(self):\n        return 3'],
    ['with code left out', 'def f(self):\n    # ... rest of the code\n    x = 3'],
  ])('is refused %s, with its true lines', (_, code) => {
    expect(edit(code)).toMatchObject({ ok: false, nearest: { startLine: 5 } });
  });

  it('keeps what was left out where that is clear', () => {
    const long = ['function f() {', '  const a = 1;', '  const b = 2;', '  const c = 3;', '  return a;', '}', ''].join(
      '\n',
    );
    const answer = '```ts\nfunction f() {\n  const a = 1;\n  // ... existing code ...\n  return a + b;\n}\n```';
    const range = { startLine: 1, endLine: 6 };
    expect(applyEdit({ format: 'whole-symbol', file: long, answer, target: { range } })).toMatchObject({ ok: false });
    const clear =
      '```ts\nfunction f() {\n  const a = 9;\n  const b = 2;\n  // ... existing code ...\n  return a;\n}\n```';
    expect(applyEdit({ format: 'whole-symbol', file: long, answer: clear, target: { range } })).toMatchObject({
      ok: true,
      text: long.replace('a = 1', 'a = 9'),
      note: expect.any(String) as string,
    });
  });

  it('does not take the bracket of the class with it', () => {
    const ts = ['class A {', '  f() {', '    return 1;', '  }', '}', ''].join('\n');
    const answer = '```ts\n  f() {\n    return 2;\n  }\n}\n```';
    expect(
      applyEdit({ format: 'whole-symbol', file: ts, answer, target: { range: { startLine: 2, endLine: 4 } } }),
    ).toEqual({ ok: true, text: ts.replace('return 1', 'return 2') });
  });
});

describe('anchored lines', () => {
  const lines = ['a', 'b', 'c', 'd'];
  const [a, b, c] = lines.map((line, index) => `${index + 1}:${anchorOf(line)}`);
  const edit = (answer: string) =>
    applyEdit({ format: 'anchored-lines', file: 'a\nb\nc\nd\n', answer: `\`\`\`edit\n${answer}\n\`\`\`` });

  it.each([
    [`replace ${b}-${c}\nx\ny\nz`, 'a\nx\ny\nz\nd\n'],
    [`replace ${b}-${c}\n2:00|x\n3:00|y`, 'a\nx\ny\nd\n'],
    [`replace 2|b\nx`, 'a\nx\nc\nd\n'],
    [`insert after ${a}\nx`, 'a\nx\nb\nc\nd\n'],
    [`insert before ${a}\nx`, 'x\na\nb\nc\nd\n'],
    [`delete ${a}-${c}`, 'd\n'],
    [`delete ${a}\ninsert after ${c}\nx`, 'b\nc\nx\nd\n'],
    [`${b}|x\n${c}|y`, 'a\nx\ny\nd\n'],
  ])('%j', (answer, text) => {
    expect(edit(answer)).toEqual({ ok: true, text });
  });

  it('refuses stale anchors with the true lines', () => {
    expect(edit('replace 2:00\nx')).toEqual({
      ok: false,
      reason: `The anchor 2:00 is stale: line 2 is now ${b}|b`,
      nearest: { startLine: 1, lines },
    });
    expect(edit('replace 2|c\nx')).toMatchObject({ ok: false });
    expect(edit('delete 9:00')).toMatchObject({ ok: false });
  });

  it('shows lines with their anchors', () => {
    expect(anchorLines(['b'], 2)).toEqual([`${b}|b`]);
  });
});

describe('chooseEditFormat', () => {
  it.each([
    [{ configured: 'unified-diff', parameters: 1e9 }, 'unified-diff'],
    [{ configured: 'auto' }, 'whole-symbol'],
    [{ configured: 'auto', parameters: 7.6e9 }, 'whole-symbol'],
    [{ configured: 'auto', parameters: 14.8e9 }, 'search-replace'],
    [{ configured: 'auto', parameters: 32e9 }, 'unified-diff'],
    [
      { configured: 'auto', parameters: 32e9, profile: { edits: { 'whole-file': 0.9, 'search-replace': 0.2 } } },
      'whole-symbol',
    ],
    [
      { configured: 'auto', parameters: 1e9, profile: { edits: { 'whole-file': 0.9, 'search-replace': 0.85 } } },
      'search-replace',
    ],
    [
      { configured: 'auto', parameters: 9e9, profile: { edits: { 'whole-file': 0, 'search-replace': 0.1 } } },
      'search-replace',
    ],
  ] as const)('%j', (model, format) => {
    expect(chooseEditFormat(model)).toBe(format);
  });
});

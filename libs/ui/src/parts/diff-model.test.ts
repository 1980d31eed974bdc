import { createTwoFilesPatch, structuredPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseFile,
  chooseHunk,
  countTaken,
  emphasisOf,
  isTaken,
  pairLines,
  readDiff,
  sideText,
  type DiffLine,
  type LeftOut,
} from './diff-model.ts';

/** Lines that look like the parts of a diff, so that a reader that goes by looks alone fails. */
const wildLine = fc.oneof(
  fc.constantFrom(
    '',
    '-- a/x',
    '++ b/x',
    '- x',
    '@@ -1,2 +1,2 @@',
    '--- a/y',
    'diff --git a/z b/z',
    '[cut]',
    '… 3',
    '\\ No',
  ),
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n]/gu, '')),
);
const wildText = fc
  .array(wildLine, { maxLength: 30 })
  .chain((lines) => fc.boolean().map((ends) => lines.join('\n') + (ends && lines.length > 0 ? '\n' : '')));
const sideOf = (lines: readonly DiffLine[], kind: 'added' | 'removed') =>
  lines.filter((line) => line.kind === 'same' || line.kind === kind).map((line) => line.text);

describe('readDiff', () => {
  it('shows every line of a diff, with its numbers, whatever the lines hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(wildText, wildText), { minLength: 1, maxLength: 4 }), (texts) => {
        const pairs = texts.filter(([before, after]) => before !== after);
        const diff = pairs
          .map(([before, after], at) => createTwoFilesPatch(`a/f${at}`, `b/f${at}`, before, after, '', ''))
          .join('');
        const { files, notes } = readDiff(diff);
        expect(notes).toEqual([]);
        expect(files.map(({ path }) => path)).toEqual(pairs.map((_, at) => `f${at}`));
        for (const [at, [before, after]] of pairs.entries()) {
          const file = files[at];
          const expected = structuredPatch('a', 'b', before, after);
          expect(file?.hunks.map((hunk) => hunk.lines.map((line) => sign[line.kind] + line.text))).toEqual(
            expected.hunks.map((hunk) => hunk.lines.filter((line) => !line.startsWith('\\'))),
          );
          expect(file?.cut).toBe(false);
          const [old, young] = [before.split('\n'), after.split('\n')];
          for (const line of file?.hunks.flatMap((hunk) => hunk.lines) ?? []) {
            if (line.oldLine !== undefined) expect(old[line.oldLine - 1]).toBe(line.text);
            if (line.newLine !== undefined) expect(young[line.newLine - 1]).toBe(line.text);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads a diff that was cut at any character as far as it goes', () => {
    fc.assert(
      fc.property(wildText, wildText, fc.nat(400), (before, after, at) => {
        const diff = createTwoFilesPatch('a/f', 'b/f', before, after, '', '').slice(0, at);
        const whole = readDiff(createTwoFilesPatch('a/f', 'b/f', before, after, '', ''));
        const cut = readDiff(diff);
        const all = whole.files[0]?.hunks.flatMap((hunk) => hunk.lines.map((line) => line.text)) ?? [];
        const some = cut.files[0]?.hunks.flatMap((hunk) => hunk.lines.map((line) => line.text)) ?? [];
        expect(some.length).toBeLessThanOrEqual(all.length);
        // The last line may have lost its end.
        expect(all.slice(0, Math.max(0, some.length - 1))).toEqual(some.slice(0, -1));
        if (some.length > 0) expect(all[some.length - 1]?.startsWith(some.at(-1) ?? '')).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(wildLine).map((lines) => lines.join('\n')),
        (text) => {
          readDiff(text);
        },
      ),
    );
  });

  it('reads what the journal says in words', () => {
    const { files, notes } = readDiff(
      [
        'rename from old.ts',
        'rename to new.ts',
        'mode of run.sh 644 → 755',
        'folder build removed',
        'link now → there made',
        'Binary files a/logo.png and b/logo.png differ',
        'Binary files /dev/null and b/new.png differ',
        'Files a/big.bin and b/big.bin differ; their content was not kept',
        'rename from a.ts',
        'rename to b.ts',
        'mode of b.ts 644 → 755',
        '--- a/b.ts',
        '+++ b/b.ts',
        '@@ -1,1 +1,1 @@',
        '-x',
        '+y',
        '--- a/gone.ts',
        '+++ /dev/null',
        '@@ -1,1 +0,0 @@',
        '-x',
        '… 812 more characters and 3 more paths are left out.',
        '',
      ].join('\n'),
    );
    expect(files.map(({ path, from, change, binary }) => [path, from, change, binary])).toEqual([
      ['new.ts', 'old.ts', 'renamed', false],
      ['run.sh', undefined, 'modified', false],
      ['build', undefined, 'deleted', false],
      ['now', undefined, 'created', false],
      ['logo.png', undefined, 'modified', true],
      ['new.png', undefined, 'created', true],
      ['big.bin', undefined, 'modified', true],
      ['b.ts', 'a.ts', 'renamed', false],
      ['gone.ts', undefined, 'deleted', false],
    ]);
    expect(files[7]).toMatchObject({ added: 1, removed: 1, notes: ['mode of b.ts 644 → 755'] });
    expect(notes).toEqual(['… 812 more characters and 3 more paths are left out.']);
  });

  it('reads what git writes, and what was left out of it', () => {
    const { files, notes } = readDiff(
      [
        'diff --git a/src/a.ts b/src/a.ts',
        'index 83db48f..bf2a1c3 100644',
        '--- a/src/a.ts',
        '+++ b/src/a.ts',
        '@@ -10,2 +10,3 @@ export function main() {',
        ' one',
        '+two',
        ' three',
        '[package-lock.json: modified, +10 -2, not shown: written by a tool]',
        'diff --git a/logo.png b/logo.png',
        'index 1..2 100644',
        'Binary files a/logo.png and b/logo.png differ',
        'diff --git a/x b/y',
        'similarity index 100%',
        'rename from x',
        'rename to y',
        'diff --git a/long.ts b/long.ts',
        '--- a/long.ts',
        '+++ b/long.ts',
        '@@ -1,20 +1,21 @@',
        ' first',
        '[long.ts is longer: +40 -2 in all]',
        '',
      ].join('\n'),
    );
    expect(files.map(({ path, change, cut }) => [path, change, cut])).toEqual([
      ['src/a.ts', 'modified', false],
      ['package-lock.json', 'modified', false],
      ['logo.png', 'modified', false],
      ['y', 'renamed', false],
      ['long.ts', 'modified', true],
    ]);
    expect(files[0]?.hunks[0]).toMatchObject({ place: 'export function main() {' });
    expect(files[4]?.notes).toEqual(['[long.ts is longer: +40 -2 in all]']);
    expect(notes).toEqual([]);
  });

  it('takes two halves of one path for one file, with its hunks counted on', () => {
    const { files } = readDiff('--- a/f\n+++ b/f\n@@ -1,1 +0,0 @@\n-x\n--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+y\n');
    expect(files).toHaveLength(1);
    expect(files[0]?.hunks.map(({ index }) => index)).toEqual([0, 1]);
  });
});

const sign = { same: ' ', added: '+', removed: '-' } as const;
const changes = fc
  .array(fc.record({ kind: fc.constantFrom('same', 'added', 'removed'), text: fc.string({ maxLength: 20 }) }))
  .map((lines): DiffLine[] => lines as DiffLine[]);

describe('pairLines', () => {
  it('loses no line and keeps the order of both sides', () => {
    fc.assert(
      fc.property(changes, (lines) => {
        const pairs = pairLines(lines);
        expect(pairs.flatMap(({ left }) => (left ? [left.text] : []))).toEqual(sideOf(lines, 'removed'));
        expect(pairs.flatMap(({ right }) => (right ? [right.text] : []))).toEqual(sideOf(lines, 'added'));
      }),
    );
  });
});

describe('sideText', () => {
  it('gives the lines of a side, and opens a comment that the hunk begins in', () => {
    const lines: DiffLine[] = [
      { kind: 'same', text: ' * @api' },
      { kind: 'same', text: ' */' },
      { kind: 'removed', text: 'var x;' },
      { kind: 'added', text: 'let x; /* y */' },
    ];
    expect(sideText(lines, 'added')).toMatchObject({ text: '/*\n * @api\n */\nlet x; /* y */\n', before: 1 });
    expect(sideText(lines.slice(2), 'removed')).toMatchObject({ text: 'var x;\n', before: 0 });
    expect(sideText([{ kind: 'same', text: "glob('src/*/x*/y')" }], 'added').before).toBe(0);
  });
});

describe('emphasisOf', () => {
  it('leaves of two lines the same text where nothing is emphasised', () => {
    fc.assert(
      fc.property(changes, (lines) => {
        const emphasis = emphasisOf(lines);
        for (const { left, right } of pairLines(lines)) {
          if (!left || !right || left === right) continue;
          const [of, to] = [emphasis.get(left), emphasis.get(right)];
          if (!of || !to) continue;
          expect(without(left.text, of)).toBe(without(right.text, to));
        }
      }),
    );
  });

  it('marks a word that was changed, and nothing in lines that have little in common', () => {
    const lines: DiffLine[] = [
      { kind: 'removed', text: 'const total = sum(a, b);' },
      { kind: 'added', text: 'const total = sum(a, c);' },
    ];
    expect([...emphasisOf(lines).values()]).toEqual([[{ start: 21, end: 22 }], [{ start: 21, end: 22 }]]);
    expect(
      emphasisOf([
        { kind: 'removed', text: 'import x' },
        { kind: 'added', text: 'return 5 + 5 + 5' },
      ]).size,
    ).toBe(0);
  });
});

function without(text: string, ranges: readonly { start: number; end: number }[]): string {
  return ranges.reduceRight((rest, { start, end }) => rest.slice(0, start) + rest.slice(end), text);
}

describe('choosing', () => {
  const file = { path: 'f', hunks: [{ index: 0 }, { index: 1 }, { index: 2 }] };

  it('takes and leaves hunks, and takes a file without any of its hunks for one that is left', () => {
    const none: LeftOut = [];
    const one = chooseHunk(none, file, { hunk: 1, taken: false });
    expect(one).toEqual([{ path: 'f', hunks: [1] }]);
    const all = [0, 2].reduce((left, hunk) => chooseHunk(left, file, { hunk, taken: false }), one);
    expect(all).toEqual([{ path: 'f' }]);
    expect(chooseHunk(all, file, { hunk: 1, taken: true })).toEqual([{ path: 'f', hunks: [0, 2] }]);
    expect(chooseFile(all, 'f', true)).toEqual([]);
  });

  it('is what was chosen last, for each hunk', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ hunk: fc.nat(2), taken: fc.boolean() })), (choices) => {
        const left = choices.reduce<LeftOut>((all, choice) => chooseHunk(all, file, choice), []);
        for (const { index } of file.hunks)
          expect(isTaken(left, 'f', index)).toBe(choices.findLast(({ hunk }) => hunk === index)?.taken ?? true);
      }),
    );
  });

  it('counts what is taken', () => {
    const { files } = readDiff(
      createTwoFilesPatch('a/f', 'b/f', 'x\n', 'y\n', '', '') + 'Binary files a/b.png and b/b.png differ\n',
    );
    expect(countTaken(files, [])).toEqual({ taken: 2, all: 2 });
    expect(countTaken(files, [{ path: 'b.png' }])).toEqual({ taken: 1, all: 2 });
  });
});

import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHunks, parseUnifiedDiff, sideOf } from './unified-diff.ts';

const patch = (before: string, after: string, names: readonly [string, string] = ['a/src/x.ts', 'b/src/x.ts']) =>
  createTwoFilesPatch(names[0], names[1], before, after, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY });

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('');

describe('parseUnifiedDiff', () => {
  it('reads every file and hunk', () => {
    const before = numbered(30);
    const after = before.replace('line 3\n', 'line three\n').replace('line 20\n', '');
    const text = `rename from old\nrename to new\n${patch(before, after)}${patch('', 'new\n', ['/dev/null', 'b/made.md'])}`;
    const [changed, made] = parseUnifiedDiff(text);
    expect(changed).toMatchObject({ oldPath: 'src/x.ts', newPath: 'src/x.ts' });
    expect(changed?.hunks.map(({ oldStart, newStart }) => [oldStart, newStart])).toEqual([
      [1, 1],
      [16, 16],
    ]);
    expect(made).toMatchObject({ oldPath: '', newPath: 'made.md' });
    expect(made?.hunks[0] && sideOf(made.hunks[0], 'new')).toEqual(['new']);
  });

  it('does not take a removed line that looks like a head for one', () => {
    const before = '-- a\n++ b\nx\n';
    const [file, second] = parseUnifiedDiff(patch(before, 'x\n'));
    expect(second).toBeUndefined();
    expect(file?.hunks[0] && sideOf(file.hunks[0], 'old')).toEqual(['-- a', '++ b', 'x']);
  });
});

describe('applyHunks', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '', '-- x', '+y', '\\ z'), { maxLength: 40 })
    .chain((lines) => fc.boolean().map((closed) => lines.join('\n') + (closed && lines.length > 0 ? '\n' : '')));

  it('gives what the diff was made of and led to', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const hunks = parseUnifiedDiff(patch(before, after))[0]?.hunks ?? [];
        expect(applyHunks(before, hunks, new Set())).toBe(after);
        expect(applyHunks(before, hunks, new Set(hunks.keys()))).toBe(before);
      }),
      { numRuns: 2000 },
    );
  });

  it('leaves out what it is told to', () => {
    const before = numbered(30);
    const after = before.replace('line 3\n', 'line three\n').replace('line 20\n', 'line twenty\n');
    const hunks = parseUnifiedDiff(patch(before, after))[0]?.hunks ?? [];
    expect(applyHunks(before, hunks, new Set([0]))).toBe(before.replace('line 20\n', 'line twenty\n'));
  });

  it('refuses a text that is another', () => {
    const hunks = parseUnifiedDiff(patch('a\nb\n', 'a\nc\n'))[0]?.hunks ?? [];
    expect(applyHunks('a\nx\n', hunks, new Set())).toBeUndefined();
  });
});

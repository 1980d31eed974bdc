import { expect, it } from 'vitest';
import { commitQuestions, readLog } from './commit-set.ts';

const log = (...commits: readonly (readonly [message: string, ...files: string[]])[]) =>
  commits.map(([message, ...files], at) => `\u001e${at}abc\u001f${message}\n\u001f\n\n${files.join('\n')}\n`).join('');
const known = new Set(['src/a.ts', 'src/b.ts']);
const questions = (text: string, most = 100) => commitQuestions(readLog(text), known, { most });

it('reads what git log writes', () => {
  expect(readLog(log(['Fix it\n\nBecause.', 'M\tsrc/a.ts', 'A\tnew file.ts'], ['Nothing']))).toEqual([
    {
      hash: '0abc',
      message: 'Fix it\n\nBecause.',
      files: [
        { status: 'M', path: 'src/a.ts' },
        { status: 'A', path: 'new file.ts' },
      ],
    },
    { hash: '1abc', message: 'Nothing', files: [] },
  ]);
  expect(readLog('')).toEqual([]);
});

it('asks for the changed files that were there before', () => {
  expect(questions(log(['Close the file sooner', 'M\tsrc/a.ts', 'A\tsrc/b.ts', 'M\tgone.ts', 'D\tsrc/b.ts']))).toEqual([
    { commit: '0abc', question: 'Close the file sooner', paths: ['src/a.ts'] },
  ]);
});

it('leaves out what cannot be asked for', () => {
  const many = Array.from({ length: 11 }, (_, at) => `M\tfile${at}`);
  expect(questions(log(['Too much at one time', 'M\tsrc/a.ts', ...many]))).toEqual([]);
  expect(questions(log(['Only new files here', 'A\tsrc/a.ts']))).toEqual([]);
  expect(questions(log(['wip now', 'M\tsrc/a.ts']))).toEqual([]);
});

it('takes the message without numbers, addresses and what programs add', () => {
  const message =
    'Fix the cache of names (#12)\n\nSee https://example.org/x for more.\nFixes #12\nSigned-off-by: A <a@b>\nChange-Id: I1';
  expect(questions(log([message, 'M\tsrc/a.ts']))[0]?.question).toBe('Fix the cache of names');
  expect(questions(log(['Fixes the cache of names', 'M\tsrc/a.ts']))).toHaveLength(1);
});

it('draws as many as are asked for', () => {
  const all = log(...Array.from({ length: 30 }, (_, at) => [`Change number ${at} of them`, 'M\tsrc/a.ts'] as const));
  expect(questions(all, 7)).toHaveLength(7);
  expect(questions(all, 7)).toEqual(questions(all, 7));
});

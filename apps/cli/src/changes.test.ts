import type { Assistant, JournalChange, JournalStep } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { journalStep } from './fake-changes.test-fixture.ts';
import { run, type RunOptions } from './fake-host.test-fixture.ts';

const step = (over: Partial<JournalStep>): JournalStep => ({ ...journalStep, ...over });
const change = (over: Partial<JournalChange>): JournalChange => ({
  ...{ path: 'a', change: 'modified', kind: 'file', binary: false, added: 0, removed: 0 },
  ...over,
});
const outcome = { steps: [step({ id: 7 })], restored: journalStep.changes, conflicts: [], lost: [] };
type Changes = Assistant['changes'];
const never = async () => Promise.reject(new Error('not asked for'));
const withChanges = (changes: Partial<Changes>, more: RunOptions = {}): RunOptions => ({
  ...more,
  host: {
    ...more.host,
    changes: {
      changes: { ...{ list: never, diff: never, undo: never, redo: never, file: never, reject: never }, ...changes },
    },
  },
});

describe('nootropic history', () => {
  it('shows each step with its number, its age, what made it and what it changed', async () => {
    const steps = [
      step({
        id: 9,
        at: 60_000,
        label: 'npm test\nwith two lines',
        state: 'undone',
        changes: [
          change({ path: 'b', from: 'a', change: 'renamed' }),
          change({ path: 'c.bin', change: 'created', binary: true }),
          change({ path: 'empty', change: 'created', kind: 'folder' }),
          change({ path: 'l', change: 'created', kind: 'link' }),
          change({ path: 'huge', change: 'deleted', unkept: true }),
        ],
      }),
      step({ id: 8, at: 0 }),
    ];
    const { code, out } = await run(['history'], withChanges({ list: async () => steps }, { clock: () => 120_000 }));
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '9  1 min  npm test with two lines  (undone)',
      ...['  > a → b', '  + c.bin  binary', '  + empty/', '  + l  link', '  - huge  its content before was not kept'],
      '8  2 min  edit src/a.ts',
      '  ~ src/a.ts  +2 -1',
      '',
    ]);
  });

  it('asks for one session and a number of steps, and counts what is too much to list', async () => {
    const asked: unknown[] = [];
    const many = Array.from({ length: 40 }, (_, at) => change({ path: `f${at}`, change: 'created', added: 1 }));
    const list: Changes['list'] = async (input) => {
      asked.push(input);
      return [step({ changes: many })];
    };
    const { out } = await run(['history', '--session', 'latest', '--limit', '3'], withChanges({ list }, { cwd: '/' }));
    expect(asked).toEqual([{ workspace: '/', limit: 3, sessionId: 'aaaaaaaa-1' }]);
    expect(out).toContain('+ f11  +1\n  … and 28 more\n');
    expect((await run(['history', '--limit', '0'])).code).toBe(2);
  });

  it('prints JSON lines, and says when there is nothing', async () => {
    expect((await run(['history', '--json'])).lines()).toEqual([journalStep]);
    const { code, out, err } = await run(['history'], withChanges({ list: async () => [] }));
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('changed nothing');
  });
});

describe('nootropic undo and redo', () => {
  it.each(['undo', 'redo'] as const)('%s hands over what is selected', async (way) => {
    const asked: unknown[] = [];
    const turn: Changes['undo'] = async (input) => {
      asked.push(input);
      return outcome;
    };
    const runHere = async (...args: string[]) => run([way, ...args], withChanges({ [way]: turn }, { cwd: '/' }));
    expect((await runHere()).code).toBe(0);
    await runHere('7', '--force');
    await runHere('--turn', 't1', '--dry-run');
    await runHere('--session', 'latest');
    const plain = { workspace: '/', force: false, dryRun: false };
    expect(asked).toEqual([
      plain,
      { ...plain, step: 7, force: true },
      { ...plain, turnId: 't1', dryRun: true },
      { ...plain, sessionId: 'aaaaaaaa-1' },
    ]);
    for (const wrong of [['x'], ['0'], ['-1'], ['1.5'], ['7', '--turn', 't'], ['--turn', 't', '--session', 's']])
      expect((await runHere(...wrong)).code).toBe(2);
  });

  it('says what was taken back', async () => {
    const { code, out, err } = await run(['undo'], withChanges({ undo: async () => outcome }));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('Undone: 1 step, 1 path\n7  now  edit src/a.ts\n  ~ src/a.ts  +2 -1\n');
    expect((await run(['undo', '--dry-run'], withChanges({ undo: async () => outcome }))).out).toMatch(/^Would undo/u);
    expect((await run(['undo', '--json'])).lines()).toMatchObject([{ steps: [{ state: 'undone' }], conflicts: [] }]);
  });

  it('ends with 5 where there is nothing to do', async () => {
    const nothing = { steps: [], restored: [], conflicts: [], lost: [] };
    const { code, err } = await run(['undo'], withChanges({ undo: async () => nothing }));
    expect(code).toBe(5);
    expect(err).toContain('There is nothing to undo.');
    expect(err).toContain('nootropic history');
    expect((await run(['redo'], withChanges({ redo: async () => nothing }))).err).toContain('nothing to redo');
  });

  it('names what was left alone and what is lost, says what to do, and ends with 1', async () => {
    const torn = {
      ...outcome,
      conflicts: [{ path: 'src/b.ts', reason: 'It was changed since.' }],
      lost: ['video.mp4'],
    };
    const { code, err } = await run(['undo'], withChanges({ undo: async () => torn }));
    expect(code).toBe(1);
    expect(err).toContain('  src/b.ts: It was changed since.\n');
    expect(err).toContain('nootropic undo 7 --force');
    expect(err).toContain('nootropic diff 7');
    expect(err).toContain('  video.mp4\n');
  });

  it('sends no escape sequence of a file name to the terminal', async () => {
    const bad = { ...outcome, restored: [change({ path: 'a\u001b[31mb\nc' })] };
    const { out } = await run(['undo'], withChanges({ undo: async () => bad }, { terminal: true }));
    expect(out).not.toContain('\u001b[31m');
    expect(out).toContain('ab c');
  });
});

describe('nootropic diff', () => {
  it('prints the diff, coloured for a terminal only', async () => {
    const plain = await run(['diff']);
    expect(plain).toMatchObject({ code: 0, err: '' });
    expect(plain.out).toBe('--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1 +1,2 @@\n-old\n+new\n+newer\n');
    expect((await run(['diff'], { terminal: true })).out).toContain('\u001b[32m+new\u001b[39m');
    expect((await run(['diff', '--json'])).lines()).toMatchObject([
      { diff: expect.stringContaining('+newer') as string },
    ]);
  });

  it('takes out escape sequences, and says when there is nothing', async () => {
    const evil = withChanges({ diff: async () => ({ diff: '+\u001b]0;title\u0007x\n' }) }, { terminal: true });
    expect((await run(['diff', '3'], evil)).out).not.toContain('\u001b]0;');
    expect((await run(['diff'], withChanges({ diff: async () => ({ diff: '' }) }))).err).toContain('nothing to show');
  });
});

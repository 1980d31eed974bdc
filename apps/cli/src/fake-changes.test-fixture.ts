import { NootropicError, type Assistant } from '@nootropic/contracts';

/** One step of work as the journal tells of it. */
export const journalStep = {
  id: 1,
  sessionId: 'aaaaaaaa-1',
  turnId: 't1',
  label: 'edit src/a.ts',
  at: 0,
  changes: [
    { path: 'src/a.ts', change: 'modified' as const, kind: 'file' as const, binary: false, added: 2, removed: 1 },
  ],
  state: 'done' as const,
};

type Changes = Pick<Assistant, 'answer' | 'steer' | 'changes' | 'trust' | 'permissions' | 'lessons' | 'files'>;

/** A workspace with one step of work, nothing to trust, and rules that ask for everything. */
export function fakeChanges(overrides: Partial<Changes> = {}): Changes {
  const outcome = (state: 'done' | 'undone') => ({
    steps: [{ ...journalStep, state }],
    restored: journalStep.changes,
    conflicts: [],
    lost: [],
  });
  const nothing = { instructions: [], agents: [], skills: [], hooks: [], commands: [], ignored: [] };
  return {
    answer: async ({ requestId }) => ({ requestId }),
    steer: async () => ({ taken: true }),
    changes: {
      list: async () => [journalStep],
      diff: async () => ({ diff: '--- a/src/a.ts\n+++ b/src/a.ts\n@@ -1 +1,2 @@\n-old\n+new\n+newer\n' }),
      undo: async () => outcome('undone'),
      redo: async () => outcome('done'),
      file: async ({ side }) => ({ text: side }),
      reject: async () => outcome('undone'),
    },
    trust: {
      show: async () => ({ trusted: false, unattended: false, ...nothing }),
      set: async ({ trusted = false, unattended = false }) => ({ trusted, unattended, ...nothing }),
    },
    files: {
      list: async ({ path = '' }) =>
        path === ''
          ? [
              { path: 'README.md', kind: 'file' as const },
              { path: 'src', kind: 'folder' as const },
            ]
          : [{ path: 'src/a.ts', kind: 'file' as const }],
      read: async ({ path }) => ({ path, startLine: 1, endLine: 1, lines: 1, text: 'a' }),
      find: async () => [{ path: 'src/a.ts' }],
    },
    permissions: {
      check: async () => ({ decision: 'ask', reason: 'Every command is asked for.' }),
      list: async () => [],
    },
    lessons: {
      list: async () => [],
      remove: async ({ id }) => {
        throw new NootropicError('NOT_FOUND', `There is no lesson ${id}.`);
      },
    },
    ...overrides,
  };
}

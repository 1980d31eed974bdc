import { NootropicError, type Assistant } from '@nootropic/contracts';
import { fakeSession } from './fake-host.test-fixture.ts';

type Sessions = Pick<Assistant['sessions'], 'search' | 'rename' | 'fork' | 'export' | 'why'>;

/** Sessions that say back what they are asked. */
export function fakeSessions(): Sessions {
  return {
    search: async ({ query, workspace, limit = 20 }) => {
      if (query === 'nothing') return [];
      const said = { session: fakeSession, turnId: 't1', snippet: `said ${query} in ${workspace ?? 'any folder'}` };
      return [said, { session: { ...fakeSession, id: 'bbbbbbbb-2' }, snippet: 'its title' }].slice(0, limit);
    },
    rename: async ({ title }) => ({ ...fakeSession, title }),
    fork: async ({ turnId }) => ({ ...fakeSession, id: `forked-at-${turnId ?? 'the-end'}` }),
    export: async ({ id, format = 'markdown' }) => {
      if (id === 'nope') throw new NootropicError('SESSION_NOT_FOUND', 'There is no session nope.');
      const text = format === 'json' ? '{\n  "session": {"id": "a"},\n  "events": []\n}\n' : '# where is it?\n';
      return { name: 'where-is-it.md', text };
    },
    why: async () => {
      throw new NootropicError('NOT_FOUND', 'There is no such turn.');
    },
  };
}

import type { Assistant } from '@nootropic/contracts';

/** Two programs that have a key, and a key for every other. */
export function fakeClients(): Assistant['clients'] {
  return {
    list: async () => [
      { name: 'zed', role: 'models', createdAt: 0, usedAt: Date.UTC(2026, 10, 21, 13, 5), hint: 'nk-abcd' },
      {
        ...{ name: 'ci', role: 'user', workClass: 'batch', createdAt: 0, hint: 'nk-efgh' },
        ...{ requestsPerMinute: 60, tokensPerDay: 1000 },
      },
    ],
    add: async ({ name, role = 'models', ...rest }) => ({
      client: { name, role, createdAt: 0, hint: 'nk-abcd', ...rest },
      key: 'nk-abcdefgh',
    }),
    remove: async ({ name }) => ({ name, role: 'models', createdAt: 0, hint: 'nk-abcd' }),
  };
}

import { createMemoryTrust } from './fake-trust.ts';
import { describeTrustContract } from './trust-contract.ts';

describeTrustContract('createMemoryTrust', async () => ({
  trust: createMemoryTrust({ repositories: ['/a', '/a/vendor/b'] }),
  folders: { repository: '/a', inside: '/a/src', nested: '/a/vendor/b', elsewhere: '/c' },
  [Symbol.asyncDispose]: async () => undefined,
}));

import { createMemorySecrets } from './fake-secrets.ts';
import { describeSecretsContract } from './secrets-contract.ts';

for (const place of ['keychain', 'file'] as const)
  describeSecretsContract(`createMemorySecrets with a ${place}`, () => ({
    place,
    secrets: createMemorySecrets({ place, environment: { xai: 'from-environment' } }),
  }));

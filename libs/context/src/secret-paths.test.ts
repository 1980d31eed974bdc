import { describe, expect, it } from 'vitest';
import { isSecretPath } from './secret-paths.ts';

describe('isSecretPath', () => {
  it.each([
    '.env',
    '.ENV',
    'apps/web/.env.local',
    'prod.env',
    '.envrc',
    'certs/server.pem',
    'certs/example.key',
    'deploy/id_rsa',
    'id_ed25519_sk',
    'store.P12',
    'a.pfx',
    '.npmrc',
    '.netrc',
    '.pypirc',
    'credentials.json',
    'credentials-prod.json',
    'vault.kdbx',
    '.git-credentials',
    '.aws/config',
    '.ssh/config',
    'home/.gnupg/trustdb',
    '.kube/config',
    '.docker/config.json',
    'k8s/secrets.yml',
    'secret.yaml',
    'service-account.json',
    'service_account_prod.json',
    'terraform.tfstate',
    'infra/prod.tfvars',
    '.env.',
    '.env::$DATA',
    '.e\u200bnv',
    '\uff0eenv',
    'a\\.env',
  ])('takes %j for secret', (path) => {
    expect(isSecretPath(path)).toBe(true);
  });

  it.each([
    '.env.example',
    '.env.sample',
    'src/secrets.ts',
    'src/credentials/store.py',
    'src/credentials/',
    'env.ts',
    'environment.json',
    'keys.ts',
    'docs/secrets.md',
    '.docker/Dockerfile',
    'package.json',
    'src/key.rs',
    'monkey.js',
    'credentials.example.json',
  ])('does not take %j for secret', (path) => {
    expect(isSecretPath(path)).toBe(false);
  });
});

import { NootropicError } from '@nootropic/contracts';
import { z } from 'zod';
import type { Electron } from './electron.ts';
import { createKeptFile } from './kept-file.ts';

export interface Secrets {
  /** `plain`: what is kept can be read by whoever can read the user's files. */
  readonly kind: () => 'encrypted' | 'plain' | 'none';
  list(): Promise<string[]>;
  /** Rejects with `DENIED` where it would lie readable on the disk and that was not said to be right. */
  keep(provider: string, key: string, plainToo: boolean): Promise<void>;
  forget(provider: string): Promise<void>;
  /** As the variables that a host reads keys from: `XAI_API_KEY`. */
  variables(): Promise<Record<string, string>>;
}

const fileSchema = z.record(z.string(), z.base64());

/** Keys of providers, encrypted by the system's keychain as far as it has one. */
export function createSecrets({ safeStorage }: Pick<Electron, 'safeStorage'>, path: string): Secrets {
  const file = createKeptFile(path, fileSchema);
  const kind = (): 'encrypted' | 'plain' | 'none' => {
    if (!safeStorage.isEncryptionAvailable()) return 'none';
    // Without a keychain Chromium encrypts on Linux with a key that is the same everywhere.
    return process.platform === 'linux' && safeStorage.getSelectedStorageBackend() === 'basic_text'
      ? 'plain'
      : 'encrypted';
  };
  return {
    kind,
    list: async () => Object.keys((await file.read()) ?? {}).sort(),
    async keep(provider, key, plainToo) {
      if (kind() === 'none')
        throw new NootropicError('DENIED', 'This system has no place where the app could keep a key.', {
          hint: `Set ${variableOf(provider)} in the environment instead.`,
        });
      if (kind() === 'plain' && !plainToo)
        throw new NootropicError('DENIED', 'This system has no keychain: the key would lie readable on the disk.', {
          hint: `Say that this is right, install a keychain (GNOME Keyring, KWallet), or set ${variableOf(provider)} in the environment.`,
        });
      await file.write({ ...(await file.read()), [provider]: safeStorage.encryptString(key).toString('base64') });
    },
    async forget(provider) {
      const { [provider]: _gone, ...rest } = (await file.read()) ?? {};
      await file.write(rest);
    },
    async variables() {
      const variables: Record<string, string> = {};
      for (const [provider, bytes] of Object.entries((await file.read()) ?? {})) {
        try {
          variables[variableOf(provider)] = safeStorage.decryptString(Buffer.from(bytes, 'base64'));
        } catch {
          // The keychain of before is gone, and with it what was kept.
        }
      }
      return variables;
    },
  };
}

function variableOf(provider: string): string {
  return `${provider.replaceAll('-', '_').toUpperCase()}_API_KEY`;
}

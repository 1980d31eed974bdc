import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What is used of the system's keychain. */
export interface Keychain {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export interface KeychainQuestion {
  readonly act: 'get' | 'set' | 'remove';
  readonly name: string;
  readonly value?: string;
}

export interface SystemKeychainOptions {
  /** The environment of the process that asks: where the desktop's services are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds after which that process is killed. */
  readonly timeoutMs: number;
}

/** Beside this file in the source tree, beside the bundle once built. */
const child = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './keychain-child.ts' : './keychain-child.js', import.meta.url),
);

/**
 * The keychain of this system (Keychain on macOS, Credential Manager on Windows, the Secret Service on Linux) through @napi-rs/keyring.
 * Each question is one short process. Rejects where there is no keychain, it refuses, or it does not answer in time.
 */
export function createSystemKeychain({ env, timeoutMs }: SystemKeychainOptions): Keychain {
  const ask = (question: KeychainQuestion): Promise<string | undefined> =>
    new Promise((resolve, reject) => {
      const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 65_536, windowsHide: true } as const;
      const asking = execFile(process.execPath, [child], { ...limits, env: { ...env } }, (error, stdout) => {
        if (error !== null) {
          // Not the error itself: its message may hold what the child wrote.
          reject(new Error(`The keychain does not answer (${error.code ?? error.signal ?? 'no reason given'}).`));
          return;
        }
        const { value } = JSON.parse(stdout) as { value: string | null };
        resolve(value ?? undefined);
      });
      // A child that ended before it read is told by its exit.
      asking.stdin?.on('error', () => undefined);
      // Through a pipe: arguments can be seen by every program on the machine.
      asking.stdin?.end(JSON.stringify(question));
    });
  return {
    get: (name) => ask({ act: 'get', name }),
    set: async (name, value) => void (await ask({ act: 'set', name, value })),
    remove: async (name) => void (await ask({ act: 'remove', name })),
  };
}

import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NootropicError, type Secrets } from '@nootropic/contracts';
import { createSystemKeychain, type Keychain } from './system-keychain.ts';

export interface LocalSecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where keys lie when the system has no keychain: JSON, for the user only. */
  readonly file: string;
  /** Default: the system's, through @napi-rs/keyring; `undefined` where it has none. */
  readonly keychain?: () => Promise<Keychain | undefined>;
  /** How long the keychain may take, in milliseconds: a desktop may be waiting for a password that nobody sees. Default 3000. */
  readonly keychainMs?: number;
}

/** The variables that the vendors' own tools read, ours first. */
const variables: ReadonlyMap<string, readonly string[]> = new Map([
  ['openai', ['NOOTROPIC_OPENAI_KEY', 'OPENAI_API_KEY']],
  ['anthropic', ['NOOTROPIC_ANTHROPIC_KEY', 'ANTHROPIC_API_KEY']],
  ['google', ['NOOTROPIC_GOOGLE_KEY', 'GEMINI_API_KEY', 'GOOGLE_API_KEY']],
  ['xai', ['NOOTROPIC_XAI_KEY', 'XAI_API_KEY']],
]);

/**
 * Keys of providers: from the environment, then the system's keychain, then a file that only the user can read. A file that others can read
 * is refused with `DENIED`, since its keys may be known already. A keychain that fails or does not answer counts as none.
 */
export function createLocalSecrets(options: LocalSecretsOptions): Secrets {
  const { env, file, keychainMs = 3_000 } = options;
  const openKeychain = options.keychain ?? (async () => createSystemKeychain({ env, timeoutMs: keychainMs }));
  let opened: Promise<Keychain | undefined> | undefined;

  const fromEnvironment = (name: string): string | undefined =>
    (variables.get(name) ?? [])
      .map((variable) => env[variable]?.trim())
      .find((value) => value !== undefined && value !== '');

  /** What the keychain says, or nothing where it cannot say it in time; it is then not asked again. */
  const ask = async <Result>(question: (chain: Keychain) => Promise<Result>): Promise<Result | undefined> => {
    opened ??= openKeychain().catch(() => undefined);
    const answer = opened.then((chain) => (chain === undefined ? undefined : question(chain)));
    // Its failure may come when nobody waits for it any more.
    answer.catch(() => undefined);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('The keychain does not answer.')), keychainMs);
    try {
      return await Promise.race([answer, late.promise]);
    } catch {
      opened = Promise.resolve(undefined);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async read(name) {
      return fromEnvironment(name) ?? (await ask((chain) => chain.get(name))) ?? (await readKeys(file))[name];
    },
    async place(name) {
      if (fromEnvironment(name) !== undefined) return 'environment';
      if ((await ask((chain) => chain.get(name))) !== undefined) return 'keychain';
      return (await readKeys(file))[name] === undefined ? 'none' : 'file';
    },
    async write(name, value) {
      const kept = await ask(async (chain) => {
        await chain.set(name, value);
        return (await chain.get(name)) === value;
      });
      if (kept === true) {
        // What the file held of it is out of date. A file that cannot be used is no reason to fail: the keychain comes before it.
        await removeFrom(file, name).catch(() => undefined);
        return 'keychain';
      }
      await writeKeys(file, Object.assign(await readKeys(file), { [name]: value }));
      return 'file';
    },
    async remove(name) {
      await ask((chain) => chain.remove(name));
      await removeFrom(file, name);
    },
  };
}

async function removeFrom(file: string, name: string): Promise<void> {
  const keys = await readKeys(file);
  if (keys[name] === undefined) return;
  delete keys[name];
  await writeKeys(file, keys);
}

/** No prototype, so that no name means what every object has. */
const noKeys = (): Record<string, string> => Object.create(null) as Record<string, string>;

async function readKeys(file: string): Promise<Record<string, string>> {
  let text: string;
  try {
    const handle = await open(file, 'r');
    try {
      const { mode } = await handle.stat();
      if (process.platform !== 'win32' && (mode & 0o077) !== 0)
        throw new NootropicError('DENIED', `Others on this machine can read ${file}: its keys are not used.`, {
          hint: `Run \`chmod 600 '${file}'\`, and think about getting new keys.`,
        });
      text = await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return noKeys();
    throw NootropicError.from(cause);
  }
  try {
    const keys = noKeys();
    for (const [name, value] of Object.entries(JSON.parse(text) as Record<string, unknown>))
      if (typeof value === 'string') keys[name] = value;
    return keys;
  } catch {
    // The cause would quote the file.
    throw new NootropicError('STORE_CORRUPT', `${file} is not the JSON that it should be.`, {
      hint: 'Remove it, and set the keys again.',
    });
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writeKeys(file: string, keys: Readonly<Record<string, string>>): Promise<void> {
  try {
    if (Object.keys(keys).length === 0) {
      await rm(file, { force: true });
      return;
    }
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${randomUUID()}.part`;
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(keys, undefined, 2)}\n`);
      // The umask can only have taken modes away.
      await handle.chmod(0o600);
      await handle.sync();
      await handle.close();
      await rename(draft, file);
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(draft, { force: true });
      throw error;
    }
  } catch (cause) {
    throw NootropicError.from(cause);
  }
}

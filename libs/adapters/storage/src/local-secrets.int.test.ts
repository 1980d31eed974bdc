import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NootropicError } from '@nootropic/contracts';
import { describeSecretsContract } from '@nootropic/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { createLocalSecrets, type Keychain } from './index.ts';

const root = mkdtempSync(join(tmpdir(), 'nootropic-secrets-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let counter = 0;
const freshFile = () => join(root, `${(counter += 1)}`, 'private', 'keys.json');
const posix = process.platform !== 'win32';
const noKeychain = async (): Promise<undefined> => undefined;
const env = { XAI_API_KEY: 'from-environment' };

function memoryKeychain(): Keychain & { readonly entries: Map<string, string> } {
  const entries = new Map<string, string>();
  return {
    entries,
    get: async (name) => entries.get(name),
    set: async (name, value) => void entries.set(name, value),
    remove: async (name) => void entries.delete(name),
  };
}

const hangs = (): Promise<never> => new Promise<never>(() => undefined);
const fails = async (): Promise<never> => {
  throw new Error('no secret service');
};

describeSecretsContract('createLocalSecrets with a keychain', () => ({
  place: 'keychain',
  secrets: createLocalSecrets({ env, file: freshFile(), keychain: async () => memoryKeychain() }),
}));
describeSecretsContract('createLocalSecrets with a file', () => ({
  place: 'file',
  secrets: createLocalSecrets({ env, file: freshFile(), keychain: noKeychain }),
}));

describe('the environment', () => {
  it.each([
    ['openai', 'OPENAI_API_KEY'],
    ['openai', 'NOOTROPIC_OPENAI_KEY'],
    ['anthropic', 'ANTHROPIC_API_KEY'],
    ['anthropic', 'NOOTROPIC_ANTHROPIC_KEY'],
    ['google', 'GEMINI_API_KEY'],
    ['google', 'GOOGLE_API_KEY'],
    ['google', 'NOOTROPIC_GOOGLE_KEY'],
    ['xai', 'XAI_API_KEY'],
    ['xai', 'NOOTROPIC_XAI_KEY'],
  ])('gives the key of %s as %s, and the keychain is not asked', async (provider, variable) => {
    let asked = 0;
    const keychain = async (): Promise<undefined> => void (asked += 1);
    const secrets = createLocalSecrets({ env: { [variable]: ' sk-1\n' }, file: freshFile(), keychain });
    expect(await secrets.read(provider)).toBe('sk-1');
    expect(await secrets.place(provider)).toBe('environment');
    expect(asked).toBe(0);
  });

  it('with an empty variable has no key, and ours comes before the vendor’s', async () => {
    const file = freshFile();
    const empty = createLocalSecrets({ env: { OPENAI_API_KEY: ' ' }, file, keychain: noKeychain });
    expect(await empty.place('openai')).toBe('none');
    const both = { OPENAI_API_KEY: 'theirs', NOOTROPIC_OPENAI_KEY: 'ours' };
    expect(await createLocalSecrets({ env: both, file, keychain: noKeychain }).read('openai')).toBe('ours');
  });
});

describe('the keychain', () => {
  it.each<[string, () => Promise<Keychain | undefined>]>([
    ['cannot be loaded', fails],
    ['never loads', hangs],
    ['fails', async () => ({ get: fails, set: fails, remove: fails })],
    ['never answers', async () => ({ get: hangs, set: hangs, remove: hangs })],
    ['forgets', async () => ({ ...memoryKeychain(), get: async () => undefined })],
  ])('that %s makes room for the file', async (_, keychain) => {
    const file = freshFile();
    const secrets = createLocalSecrets({ env: {}, file, keychain, keychainMs: 20 });
    expect(await secrets.write('openai', 'sk-1')).toBe('file');
    expect(await secrets.read('openai')).toBe('sk-1');
    expect(await secrets.place('openai')).toBe('file');
    await secrets.remove('openai');
    expect(existsSync(file)).toBe(false);
  });

  it('that takes the key takes it out of the file', async () => {
    const file = freshFile();
    await createLocalSecrets({ env: {}, file, keychain: noKeychain }).write('openai', 'old');
    const chain = memoryKeychain();
    const secrets = createLocalSecrets({ env: {}, file, keychain: async () => chain });
    expect(await secrets.place('openai')).toBe('file');
    expect(await secrets.write('openai', 'new')).toBe('keychain');
    expect(existsSync(file)).toBe(false);
    expect([...chain.entries]).toEqual([['openai', 'new']]);
  });
});

describe.runIf(process.platform === 'linux')('the system’s keychain', () => {
  it('that takes the call and never answers makes room for the file, and nothing goes on waiting for it', async () => {
    const socket = join(root, 'bus');
    let [waiting, called] = [0, 0];
    const service = createServer((connection) => {
      [waiting, called] = [waiting + 1, called + 1];
      connection.on('error', () => undefined);
      connection.on('close', () => (waiting -= 1));
      connection.resume();
    });
    await new Promise<void>((resolve) => service.listen(socket, resolve));
    try {
      const desktop = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` };
      const secrets = createLocalSecrets({ env: desktop, file: freshFile(), keychainMs: 1_500 });
      expect(await secrets.write('openai', 'sk-1')).toBe('file');
      expect(await secrets.read('openai')).toBe('sk-1');
      expect(called).toBeGreaterThan(0);
      await expect.poll(() => waiting).toBe(0);
    } finally {
      await new Promise((resolve) => service.close(resolve));
    }
  });

  it('that is not there makes room for the file', async () => {
    const nowhere = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(root, 'nothing')}` };
    const secrets = createLocalSecrets({ env: nowhere, file: freshFile() });
    expect(await secrets.write('openai', 'sk-1')).toBe('file');
    expect(await secrets.place('openai')).toBe('file');
  });
});

describe.runIf(posix)('the file', () => {
  it('is for the user only, whatever the umask, and so is its folder; nothing is left beside it', async () => {
    const file = freshFile();
    const before = process.umask(0);
    try {
      await createLocalSecrets({ env: {}, file, keychain: noKeychain }).write('openai', 'sk-1');
    } finally {
      process.umask(before);
    }
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    expect(readdirSync(dirname(file))).toEqual(['keys.json']);
  });

  it.each([0o640, 0o604, 0o644, 0o620])('with the mode %o is refused, and left as it is', async (mode) => {
    const file = freshFile();
    const secrets = createLocalSecrets({ env: {}, file, keychain: noKeychain });
    await secrets.write('openai', 'sk-1');
    chmodSync(file, mode);
    const work = [secrets.read('openai'), secrets.place('openai'), secrets.write('xai', 'x'), secrets.remove('openai')];
    for (const each of await Promise.allSettled(work)) {
      expect(each).toMatchObject({ status: 'rejected', reason: { code: 'DENIED' } });
      expect((each as { reason: NootropicError }).reason.hint).toContain(`chmod 600 '${file}'`);
    }
    expect(readFileSync(file, 'utf8')).toContain('sk-1');
  });

  it('that is damaged is said to be so, without a word of what it holds', async () => {
    const file = freshFile();
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '{"openai": "sk-very-secret"', { mode: 0o600 });
    const error: unknown = await createLocalSecrets({ env: {}, file, keychain: noKeychain })
      .read('openai')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'STORE_CORRUPT' });
    expect(JSON.stringify([error, String((error as Error).cause), (error as Error).stack])).not.toContain(
      'very-secret',
    );
  });

  it('that cannot be written is DENIED or unreadable, and the old one stays', async () => {
    const file = join(freshFile(), 'not-a-folder', 'keys.json');
    mkdirSync(dirname(dirname(dirname(file))), { recursive: true });
    writeFileSync(dirname(dirname(file)), 'a file where a folder should be');
    const secrets = createLocalSecrets({ env: {}, file, keychain: noKeychain });
    const error: unknown = await secrets.write('openai', 'sk-1').catch((thrown: unknown) => thrown);
    expect(NootropicError.is(error)).toBe(true);
    expect(readFileSync(dirname(dirname(file)), 'utf8')).toBe('a file where a folder should be');
  });
});

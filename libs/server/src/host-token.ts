import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NootropicError } from '@nootropic/contracts';

const form = /^[\w-]{43}$/u;

export interface HostToken {
  readonly token: string;
  /** Why the one that was there is not used any more; empty where it is, or where there was none. */
  readonly notice: string;
}

/**
 * The token of this user's host: 256 bits from the system's generator as base64url, in a file that only the user can read. It is made once, so that
 * a link to an earlier file cannot be followed, and kept. One that others could read, or that was not written whole, is replaced.
 * Only for who holds the lock of the host.
 */
export async function openHostToken(file: string): Promise<HostToken> {
  const found = await readTokenFile(file);
  if (found.fault === '') return { token: found.token, notice: '' };
  if (found.fault !== absent) await rm(file);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString('base64url');
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { token, notice: found.fault === absent ? '' : `A new token was made, since the last one ${found.fault}.` };
}

/** The token of the host that runs. Rejects with `UNAUTHORIZED`, saying what to do, where it cannot be trusted or read. */
export async function readHostToken(file: string): Promise<string> {
  const { token, fault } = await readTokenFile(file);
  if (fault === '') return token;
  throw new NootropicError('UNAUTHORIZED', `The token of the host, ${file}, ${fault}.`, {
    hint: 'Run `nootropic stop`, then start the host again: it makes a new one.',
  });
}

const absent = 'is not there';

async function readTokenFile(file: string): Promise<{ readonly token: string; readonly fault: string }> {
  try {
    // A link could lead to a file that somebody else wrote. Windows has no such flag, and no modes either.
    const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) return { token: '', fault: 'is no file' };
      if (process.platform !== 'win32') {
        if (stat.uid !== process.getuid?.()) return { token: '', fault: 'belongs to somebody else' };
        if ((stat.mode & 0o077) !== 0) return { token: '', fault: 'could be read by others' };
      }
      const text = (await handle.readFile('utf8')).trim();
      return form.test(text) ? { token: text, fault: '' } : { token: '', fault: 'was not written whole' };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { token: '', fault: absent };
    if (code === 'ELOOP') return { token: '', fault: 'is a link' };
    if (code === 'EISDIR') return { token: '', fault: 'is no file' };
    throw NootropicError.from(cause);
  }
}

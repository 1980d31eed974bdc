import { NootropicError } from '@nootropic/contracts';
import { hostEnded, isHostLocked } from './host-lock.ts';
import { readHostRecord, removeHostRecord, type HostRecord } from './host-record.ts';
import { readHostToken } from './host-token.ts';
import type { Paths } from './paths.ts';

export type HostPlaces = Pick<Paths, 'host' | 'hostLock' | 'token'>;

export interface FoundHost extends HostRecord {
  readonly token: string;
}

/**
 * The host of this user that runs now, with what is needed to ask it; `undefined` where none does. What a host that was killed left behind is removed.
 * Whether it runs is told by its lock, so that the token is never sent to a program that took its port, or whose number is that of an earlier process.
 * Rejects with `UNAUTHORIZED` where the token cannot be read or trusted.
 */
export async function findHost(places: HostPlaces): Promise<FoundHost | undefined> {
  if ((await readHostRecord(places.host)) === undefined) return undefined;
  if (!isHostLocked(places)) {
    await removeHostRecord(places.host);
    return undefined;
  }
  // Another one may have taken over since.
  const record = await readHostRecord(places.host);
  return record && { ...record, token: await readHostToken(places.token) };
}

/** Whether the host at an address takes work. Never rejects. */
export async function isHostReady(
  { url }: Pick<HostRecord, 'url'>,
  request: typeof fetch = fetch,
  signal: AbortSignal = AbortSignal.timeout(2000),
): Promise<boolean> {
  try {
    const response = await request(`${url}/health/ready`, { signal, redirect: 'error' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

export interface EndHostOptions {
  /** Asks a host to end. */
  readonly ask: (host: FoundHost) => Promise<unknown>;
  /** Milliseconds that it may take. Default 8000. */
  readonly limitMs?: number;
  /** Whether it is killed where it does not end by itself. Default false. */
  readonly force?: boolean;
  /** Ends a process at once. Default: Node's. */
  readonly kill?: (pid: number) => void;
}

/**
 * Ends the host that runs, and waits for that. Gives the one that was ended, `undefined` where none was.
 * Rejects with `HOST_UNREACHABLE` where it does not end in time.
 */
export async function endHost(places: HostPlaces, options: EndHostOptions): Promise<FoundHost | undefined> {
  const { limitMs = 8000, force = false, kill = (pid) => process.kill(pid, 'SIGKILL') } = options;
  const record = await readHostRecord(places.host);
  let found: FoundHost | undefined;
  try {
    found = await findHost(places);
    if (!found) {
      if (await hostEnded(places, limitMs)) return undefined;
    } else {
      await options.ask(found);
      if (await hostEnded(places, limitMs)) return found;
    }
  } catch (cause) {
    if (!force) throw cause;
  }
  // The lock is still held, so that the number that its holder wrote is its own.
  if (force && record && isHostLocked(places)) {
    kill(record.pid);
    if (await hostEnded(places, limitMs)) {
      await removeHostRecord(places.host);
      return { ...record, token: '' };
    }
  }
  if (await hostEnded(places, 0)) return found;
  throw new NootropicError('HOST_UNREACHABLE', `The host did not end within ${String(limitMs / 1000)} s.`, {
    hint: force ? 'End the process by hand.' : 'Run `nootropic stop --force`.',
  });
}

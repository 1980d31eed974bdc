import { NootropicError, type EgressEntry } from '@nootropic/contracts';

export interface SocketWatchOptions {
  /** Whose sockets they are: `host`, `model`, `index`. */
  readonly program: string;
  /** `offline`: the user wants nothing to leave; `never`: this process has no business elsewhere. Default: nothing is refused. */
  readonly refuse?: 'offline' | 'never' | undefined;
  /** Hears of every connection, datagram and look-up that leads off this machine, whether it was made or refused. Must not throw. */
  readonly record: (entry: EgressEntry) => void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** One that watches, as the patched functions see it. */
export interface SocketWatcher extends SocketWatchOptions {
  readonly now: () => number;
}

/** What a socket, or a request, that is not let out ends in. */
export function egressRefusal(host: string, watchers: Iterable<SocketWatcher>): NootropicError {
  const never = [...watchers].every(({ refuse }) => refuse !== 'offline');
  return never
    ? new NootropicError('OFFLINE', `This process may not reach a network, and was about to reach ${host}.`, {
        hint: 'This is a fault of the program: report it.',
      })
    : new NootropicError('OFFLINE', `${host} is not on this machine, and nothing may leave it now.`);
}

import { patchSockets, type SocketPatches } from './socket-patches.ts';
import type { SocketWatcher, SocketWatchOptions } from './socket-watcher.ts';

export type { SocketWatchOptions } from './socket-watcher.ts';

const marker = Symbol.for('nootropic.sockets');

/**
 * Watches every socket of this thread, whichever library opens it: `net` (and with it TLS, HTTP, HTTP/2, `fetch`, WebSockets), `dgram`, and the
 * questions that `dns` sends. What stays on the loopback, in a pipe or in a file is not recorded. A connection is recorded when it is made, and its
 * bytes every ten seconds and when it closes; the bytes of TLS are those before encryption. Several watches in one thread all hear everything.
 *
 * With `refuse`, nothing of it is made: a socket ends in an error `OFFLINE` before anything was sent. Code in native libraries does not pass here.
 */
export function watchSockets(options: SocketWatchOptions): Disposable {
  const watcher: SocketWatcher = { ...options, now: options.now ?? Date.now };
  const patches = installed();
  patches.watchers.add(watcher);
  return {
    [Symbol.dispose]() {
      patches.watchers.delete(watcher);
    },
  };
}

/**
 * What a connection to this host would end in, where it is not let out: asked before a library prepares one, which may take long. A refusal is
 * recorded; a host on this machine is not asked about.
 */
export function refuseEgress(host: string): Error | undefined {
  return installed().refuse(host);
}

/** The patches are of the thread, not of this copy of the module: a second copy must not count everything twice. */
function installed(): SocketPatches {
  const place = globalThis as { [marker]?: SocketPatches };
  return (place[marker] ??= patchSockets());
}

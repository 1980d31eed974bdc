import { NootropicError } from '@nootropic/contracts';
import { asRestricted, type HostRequest } from './restricted-requests.ts';
import type { Endpoint, HostState } from './host-state.ts';

export interface HostLinkOptions {
  /** Has a host run, and says how it is reached. */
  readonly find: () => Promise<Endpoint>;
  readonly isTrusted: () => boolean;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** The way to the host. It is found with the first request, and again when it has ended. */
export interface HostLink {
  readonly state: HostState;
  /** Calls `listener` with each new state. Gives what ends it. */
  onChange(listener: (state: HostState) => void): () => void;
  /** The host, found where it is not known yet. Several callers at once wait for the same search. */
  endpoint(): Promise<Endpoint>;
  /** Asks the host for a path of it, with the token. A host that ended, or that has a new token, is found again first. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Forgets where the host was, so that the next request looks for it. */
  forget(): void;
}

export function createHostLink({ find, isTrusted, fetch: ask = fetch }: HostLinkOptions): HostLink {
  let state: HostState = { kind: 'idle' };
  let found: Promise<Endpoint> | undefined;
  const listeners = new Set<(state: HostState) => void>();
  const show = (next: HostState): void => {
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of [...listeners]) listener(next);
  };

  const search = async (): Promise<Endpoint> => {
    show({ kind: 'starting' });
    try {
      const endpoint = await find();
      show({ kind: 'ready', url: endpoint.url, version: endpoint.version });
      return endpoint;
    } catch (cause) {
      const error = NootropicError.from(cause);
      const { code } = error;
      const kind = code === 'NOT_FOUND' ? 'missing' : code === 'HOST_RUNNING' ? 'mismatch' : 'failed';
      found = undefined;
      show({ kind, error: error.toJSON() });
      throw error;
    }
  };
  const endpoint = (): Promise<Endpoint> => (found ??= search());
  /** Forgets the host, where it is still this one. */
  const drop = async (gone: Endpoint): Promise<void> => {
    if (found === undefined || (await found.catch(() => undefined)) !== gone) return;
    found = undefined;
  };

  const send = async (at: Endpoint, request: HostRequest, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${at.token}`);
    // What is resolved against the address must stay there: the token goes with it.
    const address = new URL(request.path, at.url);
    if (address.origin !== at.url) throw new NootropicError('DENIED', 'Only paths of the host are asked for.');
    return ask(address, {
      ...init,
      method: request.method,
      headers,
      redirect: 'error',
      ...(request.body !== undefined && { body: request.body }),
    });
  };

  return {
    get state() {
      return state;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    endpoint,
    async fetch(path, init = {}) {
      const { body } = init;
      const asked: HostRequest = {
        method: init.method ?? 'GET',
        path,
        body: body == null ? undefined : new Uint8Array(await new Response(body).arrayBuffer()),
      };
      const request = isTrusted() ? asked : asRestricted(asked);
      if (!request)
        throw new NootropicError('DENIED', 'The workspace is not trusted: nothing is changed or run in it.', {
          hint: 'Trust the workspace in the editor first (`Workspaces: Manage Workspace Trust`).',
        });
      for (let tries = 0; ; tries += 1) {
        const at = await endpoint();
        try {
          const response = await send(at, request, init);
          if (response.status !== 401 || tries > 0) return response;
          await response.body?.cancel();
          await drop(at);
        } catch (cause) {
          if (NootropicError.is(cause) || init.signal?.aborted === true) throw cause;
          await drop(at);
          // Only where nobody took the request it may be made again.
          if (tries > 0 || !wasRefused(cause)) throw cause;
        }
      }
    },
    forget() {
      found = undefined;
      show({ kind: 'idle' });
    },
  };
}

function wasRefused(thrown: unknown): boolean {
  for (let cause: unknown = thrown; cause instanceof Error; cause = cause.cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ECONNREFUSED') return true;
    if (cause instanceof AggregateError && cause.errors.some(wasRefused)) return true;
  }
  return false;
}

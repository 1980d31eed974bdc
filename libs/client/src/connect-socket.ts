import type { Assistant } from '@nootropic/contracts';
import { createORPCClient, ORPCError, type ClientContext, type ClientLink } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { resumable, type ResumeOptions } from './resumable.ts';
import { ownLink } from './wire-link.ts';

export interface SocketEndpoint extends ResumeOptions {
  /** `http://127.0.0.1:PORT` of a host. */
  readonly url: string;
  /** Unset for a page of the host itself, whose cookie says who asks. */
  readonly token?: string;
  /** Opens a WebSocket with these headers. Default: the global one, which takes headers in Node but not in a browser. */
  readonly openSocket?: (url: string, headers: Readonly<Record<string, string>>) => WebSocket;
}

/**
 * The same assistant as `connect` gives, over one WebSocket: a call costs no request of its own. It is opened with the first call, and again with the
 * next one after it has broken; a turn whose stream broke with it is taken up again. Disposing closes it; what still runs then fails.
 */
export function connectSocket(endpoint: SocketEndpoint): Assistant & AsyncDisposable {
  const { token, openSocket = openGlobal } = endpoint;
  const url = `${endpoint.url.replace(/^http/u, 'ws').replace(/\/$/u, '')}/ws`;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let open: { readonly socket: WebSocket; readonly link: ClientLink<ClientContext> } | undefined;
  const current = (): ClientLink<ClientContext> => {
    if (!open || open.socket.readyState > WebSocket.OPEN) {
      const socket = openSocket(url, headers);
      // What went wrong is told to every call that waits for it.
      socket.addEventListener('error', () => undefined);
      open = { socket, link: new RPCLink({ websocket: socket }) };
    }
    return open.link;
  };
  // Only an answer of the host comes as an error of oRPC's; everything else is about the connection.
  const isLost = (cause: unknown) => !(cause instanceof ORPCError);
  const assistant: Assistant = createORPCClient(ownLink(current, isLost));
  return Object.assign(resumable(assistant, endpoint), {
    async [Symbol.asyncDispose]() {
      const socket = open?.socket;
      if (!socket || socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
      socket.close();
      await closed;
    },
  });
}

function openGlobal(url: string, headers: Readonly<Record<string, string>>): WebSocket {
  if (Object.keys(headers).length === 0) return new WebSocket(url);
  // https://undici.nodejs.org/#/docs/api/WebSocket: the second argument may carry headers.
  return new WebSocket(url, { headers } as unknown as string[]);
}

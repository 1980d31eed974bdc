import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { NootropicError } from '@nootropic/contracts';
import { RPCHandler } from '@orpc/server/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { GuessLimit } from './client-limits.ts';
import type { CallContext, AssistantRouter } from './http-assistant.ts';
import { bodyLimits, parseJson, refuseDeep, type BodyLimits } from './http-body.ts';
import type { Door } from './http-door.ts';
import type { Flight, Flights } from './http-flights.ts';
import { refuseUpgrade } from './http-listener.ts';
import { isRefusal, type Refusal } from './http-refusal.ts';

export interface SocketMountOptions {
  readonly router: AssistantRouter;
  readonly door: Door;
  readonly flights: Flights;
  readonly limits?: BodyLimits;
  /** Each call that was permitted. */
  readonly onCall?: (client: string, route: string) => void;
  /** Who tries keys out. Default: nobody is held up for it. */
  readonly guesses?: GuessLimit;
  /** Default 30 000: milliseconds between the questions whether the other end still lives. */
  readonly pingMs?: number;
}

export interface SocketMount {
  /** A request for a WebSocket whose host and origin are right. */
  upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to every client, and hangs up on those that do not answer at once. */
  close(): Promise<void>;
}

/** The close codes of https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1. */
const goingAway = 1001;
const notTaken = 1003;
const againstRules = 1008;
/** How long a goodbye may take, in milliseconds. */
const goodbyeMs = 250;

/**
 * The assistant at `/ws`. Who asks is proven at the upgrade, by the `Authorization` header or by the cookie of a page of this origin, and again with
 * every call, so that a key that was taken back or a session that ended counts at once.
 */
export function createSocketMount(options: SocketMountOptions): SocketMount {
  const { router, door, flights, limits = bodyLimits } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.bytes, perMessageDeflate: false });
  const rpc = new RPCHandler<CallContext>(router);

  const refused = async (incoming: IncomingMessage, headers: Headers): Promise<Refusal | undefined> => {
    if (incoming.url?.split('?')[0] !== '/ws')
      return { error: new NootropicError('NOT_FOUND', 'The only WebSocket is at /ws.') };
    if (flights.stopping.aborted) return { error: new NootropicError('HOST_STOPPING') };
    const from = incoming.socket.remoteAddress ?? '';
    const held = await options.guesses?.refuse(from);
    if (held) return held;
    const admission = await door.admit({ method: 'GET', headers }, 'models');
    if (isRefusal(admission)) {
      if (admission.error.code === 'UNAUTHORIZED') await options.guesses?.note(from);
      return admission;
    }
    // A browser always names the origin; whoever sends a cookie without one is none.
    if (admission.principal.by === 'cookie' && !headers.has('origin'))
      return { error: new NootropicError('DENIED', 'A cookie needs an origin beside it.') };
    return undefined;
  };

  const serve = (ws: WebSocket, headers: Headers): void => {
    const seen = { route: '', client: '' };
    const flying = new Set<Flight>();
    const context: CallContext = {
      admit: async (needs) => {
        const admission = await door.admit({ method: 'GET', headers }, needs);
        if (!isRefusal(admission)) options.onCall?.(admission.principal.name, seen.route);
        return admission;
      },
      begin() {
        const flight = flights.begin();
        flying.add(flight);
        return {
          ...flight,
          end(gone) {
            flying.delete(flight);
            flight.end(gone);
          },
        };
      },
      seen,
    };
    let alive = true;
    const ping = setInterval(() => {
      if (!alive) return ws.terminate();
      alive = false;
      ws.ping();
    }, options.pingMs ?? 30_000);
    ws.on('pong', () => (alive = true));
    ws.on('close', () => {
      clearInterval(ping);
      for (const flight of flying) flight.end(true);
    });
    ws.on('error', () => ws.terminate());
    void rpc.upgrade(guardedSocket(ws, limits), { context });
  };

  return {
    upgrade(incoming, socket, head) {
      const headers = headersOf(incoming);
      socket.on('error', () => socket.destroy());
      refused(incoming, headers).then(
        (refusal) =>
          refusal
            ? refuseUpgrade(socket, refusal)
            : sockets.handleUpgrade(incoming, socket, head, (ws) => serve(ws, headers)),
        (cause: unknown) => refuseUpgrade(socket, { error: NootropicError.from(cause) }),
      );
    },
    async close() {
      sockets.close();
      const gone = [...sockets.clients].map((ws) => new Promise((resolve) => ws.once('close', resolve)));
      for (const ws of sockets.clients) ws.close(goingAway, 'The host ends.');
      const late = setTimeout(() => {
        for (const ws of sockets.clients) ws.terminate();
      }, goodbyeMs);
      await Promise.all(gone);
      clearTimeout(late);
    },
  };
}

/** The socket as the handler sees it: messages only within the limits, and the next one is sent when the one before is out. */
function guardedSocket(ws: WebSocket, limits: BodyLimits): Pick<WebSocket, 'addEventListener' | 'send'> {
  const addEventListener = (type: string, listener: (event: { data: unknown }) => void): void => {
    if (type !== 'message') return ws.addEventListener(type as 'close', listener as never);
    ws.addEventListener('message', (event) => {
      if (typeof event.data !== 'string') return ws.close(notTaken, 'Only text is taken.');
      try {
        refuseDeep(Buffer.from(event.data), limits);
        parseJson(event.data);
      } catch {
        return ws.close(againstRules, 'A message breaks the limits.');
      }
      return listener(event);
    });
  };
  const send = (data: string): Promise<void> =>
    new Promise((resolve) => {
      ws.send(data, () => resolve());
    });
  return { addEventListener, send } as never;
}

function headersOf({ headers }: IncomingMessage): Headers {
  const kept = new Headers();
  for (const name of ['authorization', 'x-api-key', 'cookie', 'host', 'origin'] as const) {
    const value = headers[name];
    if (typeof value === 'string') kept.set(name, value);
  }
  return kept;
}

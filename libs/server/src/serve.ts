import { NootropicError, type Assistant, type AuditLog, type Telemetry } from '@nootropic/contracts';
import { createClientLimits, createGuessLimit } from './client-limits.ts';
import { assistantRouter } from './http-assistant.ts';
import { createDoor, type Door } from './http-door.ts';
import { createFlights } from './http-flights.ts';
import { guardRules, type GuardRules } from './http-guard.ts';
import { listen, type Listener, type ListenerLimits, type ListenerOptions } from './http-listener.ts';
import { readPage } from './http-page.ts';
import { hostRoutes, type HttpMount } from './http-routes.ts';
import { openApis, openPortPrincipal } from './open-port.ts';
import { auditCall, checkOtherMachines, slowGuessing, type OtherMachines } from './other-machines.ts';
import type { Principal } from './principal.ts';
import { createSignIn, type SignIn } from './sign-in.ts';
import { createSocketMount, type SocketMount, type SocketMountOptions } from './socket-mount.ts';
import type { WireApi } from './wire-handler.ts';

export interface ServeOptions {
  readonly assistant: Assistant;
  /** What this user's own programs send as `Authorization: Bearer …`. At least 32 characters. */
  readonly token: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** The standard APIs. Default none. */
  readonly apis?: readonly WireApi[];
  /** Of the program, for the OpenAPI document. Default empty. */
  readonly version?: string;
  /** Counts requests, and gives `/metrics`. */
  readonly telemetry?: Telemetry;
  /** A folder with a built page, which is served without a key: it holds no secret, and what it asks needs one. */
  readonly page?: string;
  /** Browsers enter by codes of this. Default: one of its own. */
  readonly signIn?: SignIn;
  /** Keys of other programs: who a key belongs to, once it is known. */
  readonly findKey?: (key: string) => Promise<Principal | undefined>;
  /** Tokens that a client has had today, for its quota. */
  readonly tokensToday?: (client: string) => Promise<number>;
  /** Parts that answer below a path by themselves. */
  readonly mounts?: readonly HttpMount[];
  /** A second port on the loopback, for clients that cannot send a key: generate, embed and list only. */
  readonly openPort?: number;
  /** Serves other machines too, encrypted, for programs and users with a key of their own; the token of this user is none there. */
  readonly otherMachines?: OtherMachines;
  /** A line for each call from another machine. */
  readonly audit?: Pick<AuditLog, 'append'>;
  readonly limits?: ListenerLimits;
  /** Default 15 000: silence of a stream, in milliseconds, after which a comment shows that it lives. */
  readonly keepAliveMs?: number;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The port for clients that cannot send a key. */
  readonly openPort?: number;
  /** For other machines: `https://ADDRESS:PORT`. */
  readonly otherMachinesUrl?: string;
  readonly signIn: SignIn;
  /** Connections that are open now. */
  connections(): number;
  /** Requests that are being answered. */
  requests(): number;
  /** Requests so far. */
  begun(): number;
  /**
   * Ends with grace: new requests are refused with `HOST_STOPPING`, streams are aborted and send their last event, answers that are nearly ready go out.
   * After `milliseconds`, or as soon as all are out, everything is closed.
   */
  drain(milliseconds: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const loopback = '127.0.0.1';
/** Wrong keys of another machine in a minute. */
const mostWrong = 20;

/**
 * Puts the assistant and the standard APIs on the loopback. A request is answered only if it names this address as its host (so that no web page can
 * reach it through a name of its own), comes from no web page of another origin, and proves who sends it.
 */
export async function serve(options: ServeOptions): Promise<Served> {
  const {
    token,
    telemetry,
    apis = [],
    signIn = createSignIn(options),
    now = Date.now,
    findKey,
    otherMachines,
  } = options;
  if (token.length < 32) throw new NootropicError('INPUT_INVALID', 'A token needs at least 32 characters.');
  if (otherMachines) await checkOtherMachines(otherMachines);
  const flights = createFlights();
  const router = assistantRouter(options.assistant);
  const limited = createClientLimits({ now, ...(options.tokensToday && { tokensToday: options.tokensToday }) });
  const routes = {
    flights,
    ...(options.keepAliveMs !== undefined && { keepAliveMs: options.keepAliveMs }),
  };
  const common = { flights, ...(telemetry && { telemetry }), ...(options.limits && { limits: options.limits }) };
  const assistantRoutes = {
    ...{ apis, router, version: options.version ?? '' },
    ...(telemetry && { telemetry }),
    ...(options.mounts && { mounts: options.mounts }),
  };

  const openListeners: Listener[] = [];
  const sockets: SocketMount[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(sockets.map((mount) => mount.close()));
    await Promise.all(openListeners.map((listener) => listener.close()));
  };
  const open = async (listener: ListenerOptions): Promise<Listener> => {
    try {
      const listening = await listen(listener);
      openListeners.push(listening);
      return listening;
    } catch (cause) {
      await close();
      throw cause;
    }
  };
  const socketMount = (
    door: Door,
    more: Pick<SocketMountOptions, 'guesses' | 'onCall'> = {},
  ): SocketMount['upgrade'] => {
    const mount = createSocketMount({ router, door, flights, ...more });
    sockets.push(mount);
    return mount.upgrade;
  };

  const ownDoor = createDoor({
    limited,
    knows: { token, ...(findKey && { key: findKey }), cookie: (cookies, host) => signIn.who(cookies, host) },
  });
  const page = options.page === undefined ? undefined : await readPage(options.page);
  const main = await open({
    ...common,
    address: loopback,
    port: options.port ?? 0,
    rules: ownNames,
    app: hostRoutes({ ...routes, ...assistantRoutes, door: ownDoor, signIn, ...(page && { page }) }).fetch,
    upgrade: socketMount(ownDoor),
  });

  const openDoor = createDoor({ limited, knows: { anonymous: openPortPrincipal } });
  const openPort =
    options.openPort === undefined
      ? undefined
      : await open({
          ...common,
          address: loopback,
          port: options.openPort,
          rules: ownNames,
          app: hostRoutes({ ...routes, apis: openApis(apis), door: openDoor }).fetch,
        });

  const guesses = createGuessLimit(otherMachines?.mostWrong ?? mostWrong);
  const audited = auditCall(options.audit, now);
  const otherDoor = createDoor({
    limited,
    knows: { ...(findKey && { key: findKey }), ...(otherMachines?.findUser && { jwt: otherMachines.findUser }) },
  });
  const other =
    otherMachines &&
    (await open({
      ...common,
      address: otherMachines.address,
      port: otherMachines.port ?? 0,
      tls: otherMachines.tls,
      rules: (port) =>
        guardRules(
          'https',
          [otherMachines.address, ...(otherMachines.allowHosts ?? [])].map((host) => `${bracketed(host)}:${port}`),
        ),
      app: slowGuessing(hostRoutes({ ...routes, ...assistantRoutes, door: otherDoor }).fetch, guesses),
      onDone: audited,
      upgrade: socketMount(otherDoor, {
        guesses,
        onCall: (client, route) => audited({ client, route, method: 'WS', status: 200 }),
      }),
    }));

  return {
    url: `http://${loopback}:${main.port}`,
    ...(openPort && { openPort: openPort.port }),
    ...(other && { otherMachinesUrl: `https://${bracketed(otherMachines.address)}:${other.port}` }),
    signIn,
    connections: () => openListeners.reduce((sum, listener) => sum + listener.connections(), 0),
    requests: () => flights.count(),
    begun: () => flights.begun(),
    async drain(milliseconds) {
      await flights.drain(milliseconds);
      await close();
    },
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

function ownNames(port: number): GuardRules {
  return guardRules('http', [`${loopback}:${port}`, `localhost:${port}`]);
}

/** An address of version 6 as it stands in a URL. */
function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

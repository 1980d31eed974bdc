import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { NootropicError, type Telemetry } from '@nootropic/contracts';
import type { Seen, HttpEnv } from './http-app.ts';
import type { Flights } from './http-flights.ts';
import { refuseStranger, type GuardRules } from './http-guard.ts';
import { errorBody, refusalHeaders, statusOf, type Refusal } from './http-refusal.ts';

/** How long a client may take, and how much its headers may be. */
export interface ListenerLimits {
  /** Default 10 000: milliseconds until the headers are there. */
  readonly headersMs?: number;
  /** Default 60 000: milliseconds until the body is there. */
  readonly requestMs?: number;
  /** Default 60 000: milliseconds that an answer may wait for a client which does not read on, before the connection is closed. */
  readonly stallMs?: number;
  /** Default 16 384. */
  readonly headerBytes?: number;
  /** Default 1024. */
  readonly connections?: number;
}

export interface ListenerOptions {
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly limits?: ListenerLimits;
  /** The names that it may be asked by, once the port is known. */
  readonly rules: (port: number) => GuardRules;
  readonly app: (request: Request, bindings: HttpEnv['Bindings']) => Response | Promise<Response>;
  readonly flights: Flights;
  readonly telemetry?: Telemetry;
  /** Each request when its answer is out, or its client has gone. */
  readonly onDone?: (done: { readonly method: string; readonly status: number } & Seen) => void;
  /** A request for a WebSocket, once its host and origin are known to be right. Unset: refused. */
  readonly upgrade?: (incoming: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface Listener {
  readonly port: number;
  connections(): number;
  /** Ends what is still open. */
  close(): Promise<void>;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One port: guarded, limited, counted. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { limits = {}, telemetry } = options;
  const settings = {
    maxHeaderSize: limits.headerBytes ?? 16_384,
    headersTimeout: limits.headersMs ?? 10_000,
    requestTimeout: limits.requestMs ?? 60_000,
    connectionsCheckingInterval: Math.min(1000, limits.headersMs ?? 1000),
    keepAliveTimeout: 75_000,
    noDelay: true,
  };
  const server: Server = options.tls ? createTlsServer({ ...settings, ...options.tls }) : createServer(settings);
  server.maxConnections = limits.connections ?? 1024;
  server.maxHeadersCount = 100;
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const { address, port: asked } = options;
  await begin(server, address, asked);
  const { port } = server.address() as AddressInfo;
  const rules = options.rules(port);

  const stalled = watchStalled(limits.stallMs ?? 60_000);
  const perRequest = new WeakMap<object, Pick<HttpEnv['Bindings'], 'flight' | 'seen'>>();
  const respond = getRequestListener(
    (request, bindings) => {
      const { incoming, outgoing } = bindings as Pick<HttpEnv['Bindings'], 'incoming' | 'outgoing'>;
      const own = perRequest.get(incoming);
      return own ? options.app(request, { incoming, outgoing, ...own }) : Response.error();
    },
    { overrideGlobalObjects: false },
  );
  server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const refusal = refuseStranger(incoming, rules) ?? refuseMethod(incoming.method);
    const seen: Seen = { route: '', client: '' };
    const began = performance.now();
    const flight = options.flights.begin();
    stalled.add(outgoing);
    outgoing.once('close', () => {
      flight.end(!outgoing.writableFinished);
      const method = refuseMethod(incoming.method) ? 'other' : (incoming.method ?? '');
      const route = seen.route === '' ? 'none' : `${method} ${seen.route}`;
      telemetry?.count('nootropic_http_requests_total', 1, { route, status: String(outgoing.statusCode) });
      telemetry?.time('nootropic_http_request_seconds', (performance.now() - began) / 1000, { route });
      options.onDone?.({ method, status: outgoing.statusCode, ...seen });
    });
    // What is answered is read as what it says it is, and by nobody from elsewhere.
    outgoing.setHeader('x-content-type-options', 'nosniff');
    outgoing.setHeader('cross-origin-resource-policy', 'same-origin');
    if (refusal) return answerRaw(outgoing, refusal);
    perRequest.set(incoming, { flight, seen });
    void respond(incoming, outgoing);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal =
      refuseStranger(incoming, rules) ??
      (options.upgrade ? undefined : { error: new NootropicError('NOT_FOUND', 'There is no WebSocket here.') });
    if (refusal) refuseUpgrade(socket, refusal);
    else options.upgrade?.(incoming, socket, head);
  });

  return {
    port,
    connections: () => sockets.size,
    async close() {
      stalled.end();
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function begin(server: Server, address: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portError(cause, address, port)));
    server.listen(port, address, resolve);
  });
}

function portError(cause: NodeJS.ErrnoException, address: string, port: number): Error {
  if (cause.code === 'EADDRNOTAVAIL')
    return new NootropicError('INPUT_INVALID', `${address} is no address of this machine.`, { cause });
  if (cause.code !== 'EADDRINUSE' && cause.code !== 'EACCES') return cause;
  const why = cause.code === 'EACCES' ? 'not permitted' : 'another program has it';
  return new NootropicError('INPUT_INVALID', `Port ${port} cannot be used: ${why}.`, {
    cause,
    hint: 'Choose another one with `--port`, or leave it out.',
  });
}

/** Closes connections whose clients read no further: what is made for them would wait, and hold a model, without end. */
function watchStalled(limitMs: number): { add(outgoing: ServerResponse): void; end(): void } {
  const watched = new Map<ServerResponse, { readonly bytes: number; readonly since: number }>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [outgoing, { bytes, since }] of watched) {
      const written = outgoing.socket?.bytesWritten ?? 0;
      if (!outgoing.writableNeedDrain || written !== bytes) watched.set(outgoing, { bytes: written, since: now });
      else if (now - since >= limitMs) outgoing.destroy();
    }
  }, limitMs / 4);
  timer.unref();
  return {
    add(outgoing) {
      watched.set(outgoing, { bytes: 0, since: performance.now() });
      outgoing.once('close', () => watched.delete(outgoing));
    },
    end: () => clearInterval(timer),
  };
}

/** Others, CONNECT and TRACE among them, no request of the Fetch standard can have (https://fetch.spec.whatwg.org/#methods). */
function refuseMethod(method = ''): Refusal | undefined {
  return methods.has(method)
    ? undefined
    : { error: new NootropicError('NOT_FOUND', `There is no route ${method.slice(0, 20)}.`) };
}

function answerRaw(outgoing: ServerResponse, refusal: Refusal): void {
  // What follows on this connection would be read as part of a body that nobody reads.
  outgoing.writeHead(statusOf(refusal), {
    ...refusalHeaders(refusal),
    'content-type': 'application/json',
    connection: 'close',
  });
  outgoing.end(JSON.stringify(errorBody(refusal)));
}

/** The answer to a request for a WebSocket that is not given one. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(errorBody(refusal));
  socket.on('error', () => socket.destroy());
  socket.write(
    [
      `HTTP/1.1 ${statusOf(refusal)} Refused`,
      ...Object.entries(refusalHeaders(refusal)).map(([name, value]) => `${name}: ${value}`),
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
    () => socket.destroy(),
  );
}

import dgram from 'node:dgram';
import diagnostics from 'node:diagnostics_channel';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import type { EgressEntry } from '@nootropic/contracts';
import { egressOrigin, type EgressOrigin } from './egress-cause.ts';
import { isKnownName, isLocalAddress, isLocalName } from './local-address.ts';
import { egressRefusal, type SocketWatcher } from './socket-watcher.ts';

export interface SocketPatches {
  readonly watchers: Set<SocketWatcher>;
  /** What a connection to this host ends in, where it is not let out; the refusal is recorded. */
  refuse(host: string): Error | undefined;
}

type Call = (this: unknown, ...args: unknown[]) => unknown;
type Callable = Record<string, Call>;

/** What is recorded of one connection, datagram or look-up. */
type Leaving = Pick<EgressEntry, 'host' | 'sent' | 'received' | 'connections'> & { readonly origin: EgressOrigin };

/** How often the bytes of connections that stay open are recorded, in milliseconds. */
const longMs = 10_000;

/**
 * Puts a look before the functions by which Node.js reaches a network. Node has no hook that can refuse a socket, and its diagnostics channels
 * miss sockets that are made without `net.connect`, so the methods themselves are wrapped. With no watchers they only pass on.
 */
export function patchSockets(): SocketPatches {
  const watchers = new Set<SocketWatcher>();
  const book = createBook(watchers);
  patchConnections(book);
  patchDatagrams(book);
  patchLookups(book);
  watchIncoming(book);
  // `import { lookup } from 'node:dns'` is bound to what the module had; this binds it to what it has now.
  syncBuiltinESMExports();
  return { watchers, refuse: (host) => (book.watched ? book.refuse(host, egressOrigin()) : undefined) };
}

interface Book {
  /** False where nobody watches: then nothing need be looked at. */
  readonly watched: boolean;
  record(leaving: Leaving): void;
  /** The error that it must end in; `undefined` where it may go on. A refusal is recorded. */
  refuse(host: string, origin: EgressOrigin): Error | undefined;
}

function createBook(watchers: ReadonlySet<SocketWatcher>): Book {
  const tell = ({ origin, ...leaving }: Leaving, refused: boolean): void => {
    for (const { record, now, program } of watchers)
      record({ ...leaving, time: now(), cause: origin.cause, program: origin.program ?? program, refused });
  };
  return {
    get watched() {
      return watchers.size > 0;
    },
    record: (leaving) => tell(leaving, false),
    refuse(host, origin) {
      const refusing = [...watchers].filter(({ refuse }) => refuse !== undefined);
      if (refusing.length === 0) return undefined;
      tell({ host, origin, sent: 0, received: 0, connections: 1 }, true);
      return egressRefusal(host, refusing);
    },
  };
}

interface Target {
  readonly host: string;
  /** A socket of the file system. */
  readonly isPath: boolean;
}

/** What `socket.connect` was given: https://nodejs.org/api/net.html#socketconnect. `net.connect` hands its arguments on as one array. */
function targetOf(args: readonly unknown[]): Target {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { readonly host?: unknown; readonly path?: unknown };
    return { host: typeof host === 'string' ? host : '', isPath: typeof path === 'string' && path !== '' };
  }
  const isPath = typeof first === 'string' && !(Number(first) >= 0);
  return { host: !isPath && typeof second === 'string' ? second : '', isPath };
}

function patchConnections(book: Book): void {
  const prototype = Socket.prototype as unknown as Callable;
  const { connect } = prototype;
  const follow = createFollower(book);
  prototype['connect'] = function (this: unknown, ...args: unknown[]) {
    const socket = this as Socket;
    if (!book.watched) return connect?.apply(socket, args);
    const origin = egressOrigin();
    const { host, isPath } = targetOf(args);
    const stays = isPath || isLocalName(host);
    if (stays && (isPath || origin.host === undefined)) return connect?.apply(socket, args);
    // A connection to a proxy on this machine leads to where the request leads.
    const shown = stays ? (origin.host ?? host) : host;
    const refusal = book.refuse(shown, origin);
    if (refusal !== undefined) {
      process.nextTick(() => socket.destroy(refusal));
      return socket;
    }
    follow(socket, { host: shown, origin, byName: !stays });
    return connect?.apply(socket, args);
  };
}

interface Followed {
  readonly host: string;
  readonly origin: EgressOrigin;
  /** The name may still turn out to lead to this machine. */
  readonly byName: boolean;
}

/** Records connections when they are made, or given up, and their bytes as they flow. */
function createFollower(book: Book): (socket: Socket, followed: Followed) => void {
  const open = new Map<Socket, () => void>();
  let timer: NodeJS.Timeout | undefined;
  return (socket, { host, origin, byName }) => {
    let counted = false;
    let sent = 0;
    let received = 0;
    let stays = false;
    const begin = (): void => {
      if (counted) return;
      counted = true;
      book.record({ host, origin, sent: 0, received: 0, connections: 1 });
    };
    const more = (): void => {
      const { bytesWritten, bytesRead } = socket;
      if (bytesWritten === sent && bytesRead === received) return;
      book.record({ host, origin, sent: bytesWritten - sent, received: bytesRead - received, connections: 0 });
      sent = bytesWritten;
      received = bytesRead;
    };
    const connected = (): void => {
      stays = byName && socket.remoteAddress !== undefined && isLocalAddress(socket.remoteAddress);
      if (stays) return;
      begin();
      open.set(socket, more);
      timer ??= setInterval(() => {
        for (const look of open.values()) look();
      }, longMs).unref();
    };
    socket.once('connect', connected);
    if (socket.remoteAddress !== undefined) connected();
    socket.once('close', () => {
      if (stays) return;
      begin();
      // What was waiting to be sent by a socket that never connected was not sent.
      if (open.delete(socket)) more();
      if (open.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  };
}

/** Answers to programs on other machines leave too. */
function watchIncoming(book: Book): void {
  const follow = createFollower(book);
  const origin: EgressOrigin = { cause: 'client' };
  diagnostics.subscribe('net.server.socket', (message) => {
    const { socket } = message as { readonly socket: Socket };
    const host = socket.remoteAddress;
    if (!book.watched || host === undefined || isLocalAddress(host)) return;
    if (book.refuse(host, origin) !== undefined) socket.destroy();
    else follow(socket, { host, origin, byName: false });
  });
}

function patchDatagrams(book: Book): void {
  const prototype = dgram.Socket.prototype as unknown as Callable;
  const { send, connect } = prototype;
  const seen = new WeakMap<object, Set<string>>();
  const connectedTo = new WeakMap<object, string>();
  /** 1 for the first that a socket sends to a host. */
  const first = (socket: object, host: string): 0 | 1 => {
    const hosts = seen.get(socket) ?? new Set();
    if (hosts.has(host)) return 0;
    seen.set(socket, hosts.add(host));
    return 1;
  };
  prototype['connect'] = function (this: unknown, ...args: unknown[]) {
    const host = typeof args[1] === 'string' ? args[1] : '';
    connectedTo.set(this as object, host);
    if (!book.watched || isLocalName(host)) return connect?.apply(this, args);
    const origin = egressOrigin();
    const refusal = book.refuse(host, origin);
    if (refusal !== undefined) return fail(this as dgram.Socket, args, refusal);
    book.record({ host, origin, sent: 0, received: 0, connections: first(this as object, host) });
    return connect?.apply(this, args);
  };
  prototype['send'] = function (this: unknown, ...args: unknown[]) {
    const host = connectedTo.get(this as object) ?? datagramHost(args);
    if (!book.watched || isLocalName(host)) return send?.apply(this, args);
    const origin = egressOrigin();
    const refusal = book.refuse(host, origin);
    if (refusal !== undefined) return fail(this as dgram.Socket, args, refusal);
    // A socket that has no port yet keeps the datagram, and calls this again once it has one.
    if (!isBound(this as dgram.Socket)) return send?.apply(this, args);
    book.record({ host, origin, sent: datagramBytes(args), received: 0, connections: first(this as object, host) });
    return send?.apply(this, args);
  };
}

function isBound(socket: dgram.Socket): boolean {
  try {
    return socket.address().port > 0;
  } catch {
    return false;
  }
}

/** `send(msg, port, address)` or `send(msg, offset, length, port, address)`: https://nodejs.org/api/dgram.html#socketsendmsg */
function datagramHost(args: readonly unknown[]): string {
  const address = typeof args[2] === 'number' ? args[4] : args[2];
  return typeof address === 'string' ? address : '';
}

function datagramBytes([message, , length]: readonly unknown[]): number {
  if (typeof length === 'number') return length;
  const parts: readonly unknown[] = Array.isArray(message) ? message : [message];
  return parts.reduce<number>(
    (sum, part) =>
      sum + (typeof part === 'string' ? Buffer.byteLength(part) : ((part as Partial<Uint8Array>).byteLength ?? 0)),
    0,
  );
}

function fail(socket: dgram.Socket, args: readonly unknown[], error: Error): void {
  const callback = args.findLast((arg) => typeof arg === 'function') as ((error: Error) => void) | undefined;
  process.nextTick(() => (callback === undefined ? socket.emit('error', error) : callback(error)));
}

/** Bytes of one question for the address of a name, RFC 1035, 4.1: its header, the name and two numbers. */
const questionBytes = (name: string): number => 12 + Buffer.byteLength(name) + 2 + 4;

function patchLookups(book: Book): void {
  const look = (name: string): Error | undefined => {
    if (!book.watched || isKnownName(name)) return undefined;
    const host = `${name} (look-up)`;
    const origin = egressOrigin();
    const refusal = book.refuse(host, origin);
    if (refusal !== undefined) return refusal;
    // One question for each kind of address. What the resolver of the system makes of it cannot be seen.
    book.record({ host, origin, sent: 2 * questionBytes(name), received: 0, connections: 1 });
    return undefined;
  };
  const withCallback = (place: Callable): void => {
    for (const name of asking(place)) {
      const original = place[name];
      place[name] = dressed(original, function (this: unknown, ...args: unknown[]) {
        const refusal = typeof args[0] === 'string' ? look(args[0]) : undefined;
        if (refusal === undefined) return original?.apply(this, args);
        const callback = args.at(-1);
        if (typeof callback !== 'function') throw refusal;
        process.nextTick(() => (callback as (error: Error) => void)(refusal));
        return undefined;
      });
    }
  };
  const withPromise = (place: Callable): void => {
    for (const name of asking(place)) {
      const original = place[name];
      place[name] = dressed(original, function (this: unknown, ...args: unknown[]) {
        const refusal = typeof args[0] === 'string' ? look(args[0]) : undefined;
        return refusal === undefined ? original?.apply(this, args) : Promise.reject(refusal);
      });
    }
  };
  for (const place of [dns, dns.Resolver.prototype]) withCallback(place as unknown as Callable);
  for (const place of [dns.promises, dns.promises.Resolver.prototype]) withPromise(place as unknown as Callable);
}

/** With the properties of the original: `util.promisify` looks for some of them. */
function dressed(original: Call | undefined, wrapped: Call): Call {
  return original === undefined
    ? wrapped
    : Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
}

/** `lookup`, `lookupService`, `reverse`, `resolve` and its kinds. */
function asking(place: object): string[] {
  const names = [
    ...Object.getOwnPropertyNames(place),
    ...Object.getOwnPropertyNames(Object.getPrototypeOf(place) ?? {}),
  ];
  return [...new Set(names)].filter((name) => /^(?:lookup|reverse|resolve)/u.test(name));
}

import dgram from 'node:dgram';
import dns, { lookup } from 'node:dns';
import { lookup as lookupPromise } from 'node:dns/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { NootropicError } from '@nootropic/contracts';
import { createWatchedFetch } from './watched-fetch.ts';

export interface WayOut {
  /** What it needs to be given: an address, or the name of a host. */
  readonly target: 'address' | 'name';
  /** Tries to leave, and gives what it ended in: the code of our error, else the error itself, or `undefined` where there was none. */
  readonly leave: (target: string) => Promise<unknown>;
}

/** Milliseconds after which a connection that nobody answers is given up. */
const patienceMs = 100;

export function codeOf(error: unknown): unknown {
  return NootropicError.is(error) ? error.code : error;
}

const rejection = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, codeOf);

/** Until the socket ends, by an error or because it takes too long. */
async function endOf(emitter: NodeJS.EventEmitter & { destroy(): unknown }): Promise<unknown> {
  let error: unknown;
  const timer = setTimeout(() => emitter.destroy(), patienceMs);
  emitter.on('error', (cause) => (error ??= cause));
  await new Promise((resolve) => emitter.once('close', resolve));
  clearTimeout(timer);
  return codeOf(error);
}

function byAddress(leave: WayOut['leave']): WayOut {
  return { target: 'address', leave };
}

function byName(leave: WayOut['leave']): WayOut {
  return { target: 'name', leave };
}

/** Every way that Node.js has to reach a network, for tests and the gate of the ledger. */
export const waysOut: Readonly<Record<string, WayOut>> = {
  'net.connect': byAddress((host) => endOf(net.connect(9, host))),
  'net.connect with options': byAddress((host) => endOf(net.connect({ port: 9, host, autoSelectFamily: false }))),
  'net.connect by name': byName((host) => endOf(net.connect({ port: 9, host }))),
  'new Socket': byAddress((host) => endOf(new net.Socket().connect(9, host))),
  'tls.connect': byAddress((host) => endOf(tls.connect(9, host))),
  'http.get': byAddress((host) => endOf(http.get(`http://${host}/`))),
  'http.get with an agent': byAddress((host) => endOf(http.get({ host, agent: new http.Agent({ keepAlive: true }) }))),
  'https.get': byAddress((host) => endOf(https.get(`https://${host}/`))),
  'http2.connect': byAddress((host) => endOf(http2.connect(`http://${host}`))),
  fetch: byAddress((host) =>
    rejection(createWatchedFetch('web-fetch')(`http://${host}/`, { signal: AbortSignal.timeout(patienceMs) })),
  ),
  // Its error says nothing of why.
  WebSocket: byAddress(async (host) => {
    const socket = new WebSocket(`ws://${host}/`);
    const timer = setTimeout(() => socket.close(), patienceMs);
    await new Promise((resolve) => socket.addEventListener('error', resolve));
    clearTimeout(timer);
    return undefined;
  }),
  'a datagram': byAddress((host) => {
    const socket = dgram.createSocket('udp4');
    return new Promise((resolve) => {
      socket.send('hello', 9, host, (error) => {
        socket.close();
        resolve(codeOf(error));
      });
    });
  }),
  'a datagram with an offset': byAddress(async (host) => {
    const socket = dgram.createSocket('udp4');
    const ended = new Promise((resolve) => socket.once('error', resolve));
    socket.send(Buffer.from('hello'), 1, 2, 9, host);
    const timer = setTimeout(() => socket.emit('error', undefined), patienceMs);
    const error = await ended;
    clearTimeout(timer);
    socket.close();
    return codeOf(error);
  }),
  'a connected datagram socket': byAddress(async (host) => {
    const socket = dgram.createSocket('udp4');
    const ended = new Promise<unknown>((resolve) => {
      socket.once('error', resolve);
      socket.once('connect', () => socket.send('hello', () => resolve(undefined)));
    });
    socket.connect(9, host);
    const error = await ended;
    socket.close();
    return codeOf(error);
  }),
  'dns.lookup': byName((name) => new Promise((resolve) => dns.lookup(name, (error) => resolve(codeOf(error))))),
  'a lookup that was imported by name': byName(
    (name) => new Promise((resolve) => lookup(name, { all: true }, (error) => resolve(codeOf(error)))),
  ),
  'a promised lookup': byName((name) => rejection(lookupPromise(name))),
  'a promisified lookup': byName((name) => rejection(promisify(dns.lookup)(name))),
  'dns.resolve4': byName((name) => new Promise((resolve) => dns.resolve4(name, (error) => resolve(codeOf(error))))),
  'a resolver': byName((name) => rejection(new dns.promises.Resolver({ timeout: 100, tries: 1 }).resolveTxt(name))),
  'a resolver with callbacks': byName(
    (name) =>
      new Promise((resolve) =>
        new dns.Resolver({ timeout: 100, tries: 1 }).resolveMx(name, (error) => resolve(codeOf(error))),
      ),
  ),
};

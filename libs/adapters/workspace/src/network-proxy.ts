import { lookup as lookupNode } from 'node:dns/promises';
import { createServer, request as requestNode, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectNode, isIP, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { isPermittedHost, isPublicAddress, plainHost } from './network-address.ts';

/** A connection that a confined program asked for. Told once, when it was refused or has ended. */
export interface NetworkUse {
  readonly host: string;
  readonly port: number;
  /** Why it was refused; absent where it was made. */
  readonly refused?: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Every address of a name. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;

export interface NetworkProxyOptions {
  /** Hosts that may be connected to, on the ports of HTTP and HTTPS; `example.org:8443` permits one more port, `*.example.org` all below. */
  readonly hosts: readonly string[];
  /** A path for a socket, or a port of this machine; port 0: any. */
  readonly listen: { readonly path: string } | { readonly port: number };
  /** Is told of every connection. */
  readonly onUse?: (use: NetworkUse) => void;
  /** Default: the system's resolver. */
  readonly resolve?: ResolveHost;
  /** Whether an address may be connected to. Default `isPublicAddress`. */
  readonly isPermittedAddress?: (address: string) => boolean;
}

export interface NetworkProxy {
  /** The port, where it listens on one. */
  readonly port: number;
  close(): Promise<void>;
}

const usualPorts = [80, 443];
const connectMs = 30_000;

export const resolveBySystem: ResolveHost = async (host) =>
  (await lookupNode(host, { all: true })).map((found) => found.address);

/**
 * A proxy for HTTP and CONNECT that lets through what is permitted by name. A name is resolved once, here, and the address that was checked is the
 * one that is connected to: a name that answers differently the next time (DNS rebinding) gains nothing. Names of TLS are not looked at, so a
 * permitted host that serves others serves those too.
 */
export async function startNetworkProxy(options: NetworkProxyOptions): Promise<NetworkProxy> {
  const { listen, onUse = () => undefined } = options;
  const open = new Set<Socket | Duplex>();
  const server = createServer();
  server.on('connection', (socket: Socket) => track(open, socket));
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy());
    void (async () => {
      const target = authority(request.url ?? '', 443);
      const way = await permit(target, options);
      if (way.refused !== undefined) {
        onUse({ ...target, refused: way.refused, sentBytes: 0, receivedBytes: 0 });
        client.end(refusal(way.refused));
        return;
      }
      const remote = connectNode({ host: way.address, port: target.port, timeout: connectMs });
      track(open, remote);
      let connected = false;
      remote.once('connect', () => {
        connected = true;
        remote.setTimeout(0);
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        if (head.length > 0) remote.write(head);
        client.pipe(remote).pipe(client);
      });
      remote.once('timeout', () => remote.destroy(new Error('it takes too long')));
      // A client that is told nothing tries again, and again.
      remote.on('error', ({ message }) =>
        connected ? client.destroy() : client.end(refusal(message, '502 Bad Gateway')),
      );
      client.once('close', () => remote.destroy());
      remote.once('close', () => {
        if (connected) client.destroy();
        onUse({ ...target, sentBytes: remote.bytesWritten, receivedBytes: remote.bytesRead });
      });
    })();
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    void forward(request, response, options);
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('path' in listen) server.listen(listen.path, resolve);
    else server.listen(listen.port, '127.0.0.1', resolve);
  });
  const address = server.address() as AddressInfo | string | null;
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of open) socket.destroy();
      }),
  };
}

function track(open: Set<Socket | Duplex>, socket: Socket): void {
  open.add(socket);
  socket.once('close', () => open.delete(socket));
}

interface Target {
  readonly host: string;
  readonly port: number;
}

function authority(text: string, usual: number): Target {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/u.exec(text);
  return { host: plainHost(parts?.[1] ?? ''), port: parts?.[2] === undefined ? usual : Number(parts[2]) };
}

/** The address to connect to, or why none. */
export async function permit(
  { host, port }: Target,
  options: Pick<NetworkProxyOptions, 'hosts' | 'resolve' | 'isPermittedAddress'>,
): Promise<{ readonly address: string; readonly refused?: undefined } | { readonly refused: string }> {
  const { hosts, resolve = resolveBySystem, isPermittedAddress = isPublicAddress } = options;
  const entries = hosts.map((entry) => authority(entry, 0));
  const fitting = entries.filter((entry) => isPermittedHost(host, [entry.host]));
  if (host === '' || fitting.length === 0)
    return { refused: `${host || 'this host'} is not among the permitted hosts` };
  if (!fitting.some((entry) => (entry.port === 0 ? usualPorts.includes(port) : entry.port === port)))
    return { refused: `port ${port} of ${host} is not permitted` };
  try {
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    const address = addresses.find((one) => isPermittedAddress(one));
    return address === undefined ? { refused: `${host} does not lie on the internet` } : { address };
  } catch {
    return { refused: `${host} has no address` };
  }
}

function refusal(why: string, status = '403 Forbidden'): string {
  const body = `nootropic: ${why}\n`;
  return `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}

/** Headers that are meant for a proxy, and not for who is behind it. https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 */
const hopHeaders = ['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive', 'te', 'trailer', 'upgrade'];

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  options: NetworkProxyOptions,
): Promise<void> {
  const { onUse = () => undefined } = options;
  const url = URL.canParse(request.url ?? '') ? new URL(request.url ?? '') : undefined;
  const target: Target = { host: plainHost(url?.hostname ?? ''), port: Number(url?.port || 80) };
  const way =
    url?.protocol === 'http:' ? await permit(target, options) : { refused: 'only http and CONNECT are understood' };
  if (way.refused !== undefined || !url) {
    const refused = way.refused ?? 'no address';
    onUse({ ...target, refused, sentBytes: 0, receivedBytes: 0 });
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' }).end(`nootropic: ${refused}\n`);
    return;
  }
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !hopHeaders.includes(name) && name !== 'host'),
  );
  const remote = requestNode({
    ...{ host: way.address, port: target.port, method: request.method ?? 'GET', agent: false, timeout: connectMs },
    ...{ path: `${url.pathname}${url.search}`, headers: { ...headers, host: url.host }, setHost: false },
  });
  let told = false;
  const tell = (): void => {
    if (told) return;
    told = true;
    const { bytesWritten = 0, bytesRead = 0 } = remote.socket ?? {};
    onUse({ ...target, sentBytes: bytesWritten, receivedBytes: bytesRead });
  };
  remote.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.once('close', tell);
  });
  remote.once('timeout', () => remote.destroy(new Error('it takes too long')));
  remote.once('error', (error) => {
    tell();
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`nootropic: ${error.message}\n`);
  });
  response.once('close', () => remote.destroy());
  request.pipe(remote);
}

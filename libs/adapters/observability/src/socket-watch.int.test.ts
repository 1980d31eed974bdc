import dgram from 'node:dgram';
import { lookup as lookupPromise } from 'node:dns/promises';
import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import dns from 'node:dns';
import type { EgressEntry, NootropicError } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withEgressCause } from './egress-cause.ts';
import { watchSockets } from './socket-watch.ts';
import { createWatchedFetch } from './watched-fetch.ts';
import { codeOf, waysOut } from './ways-out.ts';

let entries: EgressEntry[] = [];
const record = (entry: EgressEntry): void => void entries.push(entry);
beforeEach(() => {
  entries = [];
});

/** For documentation only, routed nowhere: https://www.rfc-editor.org/rfc/rfc5737 */
const elsewhere = '192.0.2.1';
/** An address of this machine that is not the loopback: bytes go through the kernel as if they left, and go no further. */
const own = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

const rejection = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'no error', codeOf);

describe('a watch that refuses', () => {
  it.each(Object.entries(waysOut))('ends %s in an error and records it once', async (name, { leave, target }) => {
    using watch = watchSockets({ program: 'host', refuse: 'offline', record, now: () => 5 });
    void watch;
    const to = target === 'name' ? 'nowhere.invalid' : elsewhere;
    expect(await withEgressCause('web-fetch', () => leave(to))).toBe(name === 'WebSocket' ? undefined : 'OFFLINE');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ time: 5, cause: 'web-fetch', program: 'host', refused: true, sent: 0 });
    expect(entries[0]?.host).toMatch(target === 'name' ? /^nowhere\.invalid(?: \(look-up\))?$/u : /^192\.0\.2\.1$/u);
  });

  it('lets what stays on the machine through, and records nothing', async () => {
    using watch = watchSockets({ program: 'host', refuse: 'never', record });
    void watch;
    const server = http.createServer((_request, response) => response.end('here')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    for (const host of ['127.0.0.1', 'localhost', '0.0.0.0'])
      expect(await (await createWatchedFetch('model-server')(`http://${host}:${port}/`)).text()).toBe('here');
    const plain = net.connect(port);
    await once(plain, 'connect');
    plain.destroy();
    expect((await lookupPromise('localhost')).address).toMatch(/^(?:127\.0\.0\.1|::1)$/u);
    const datagrams = dgram.createSocket('udp4').bind(0, '127.0.0.1');
    await once(datagrams, 'listening');
    datagrams.send('hello', datagrams.address().port);
    await once(datagrams, 'message');
    datagrams.close();
    server.closeAllConnections();
    server.close();
    expect(entries).toEqual([]);
  });

  it('says to a process that has no business elsewhere that this is a fault', async () => {
    using watch = watchSockets({ program: 'model', refuse: 'never', record });
    void watch;
    const [error] = (await once(net.connect(9, elsewhere), 'error')) as [NootropicError];
    expect(error.message).toContain('This process may not reach a network');
  });

  it('refuses a request that a proxy on this machine would carry out', async () => {
    const proxy = net.createServer().listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    let reached = 0;
    proxy.on('connection', (socket) => {
      reached += 1;
      socket.destroy();
    });
    const { port } = proxy.address() as net.AddressInfo;
    const throughProxy = createWatchedFetch(
      'cloud-model',
      () =>
        new Promise((resolve, reject) => {
          http
            .get({ host: '127.0.0.1', port, path: 'http://api.example/' }, (answer) => resolve(answer as never))
            .once('error', reject);
        }),
    );
    {
      using watch = watchSockets({ program: 'host', refuse: 'offline', record });
      void watch;
      expect(await rejection(throughProxy('http://api.example/'))).toBe('OFFLINE');
    }
    expect([reached, entries.length]).toEqual([0, 1]);
    {
      using watch = watchSockets({ program: 'host', record });
      void watch;
      await rejection(throughProxy('http://api.example/'));
    }
    proxy.close();
    expect(reached).toBe(1);
    expect(entries[1]).toMatchObject({ host: 'api.example', cause: 'cloud-model', refused: false, connections: 1 });
  });

  it('hears nothing any more once it is disposed', async () => {
    watchSockets({ program: 'host', refuse: 'offline', record })[Symbol.dispose]();
    using watch = watchSockets({ program: 'other', record: () => undefined });
    void watch;
    await rejection(new dns.promises.Resolver({ timeout: 1, tries: 1 }).resolve4('nowhere.invalid'));
    expect(entries).toEqual([]);
  });
});

describe.skipIf(own === undefined)('a watch that counts', () => {
  const answers = (bytes: number) => http.createServer((_request, response) => response.end(Buffer.alloc(bytes, 'x')));
  let server: http.Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  const listen = async (made: http.Server): Promise<number> => {
    server = made.listen(0, own);
    await once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  };

  it('counts the bytes of a connection both ways, with its cause', async () => {
    const port = await listen(answers(100_000));
    using watch = watchSockets({ program: 'host', record });
    void watch;
    await withEgressCause('model-server', async () => {
      const request = http.request({ host: own, port, method: 'POST', agent: false });
      request.end('y'.repeat(50_000));
      const [answer] = (await once(request, 'response')) as [IncomingMessage];
      answer.resume();
      await once(request, 'close');
    });
    await new Promise((resolve) => setImmediate(resolve));
    const mine = entries.filter(({ cause }) => cause === 'model-server');
    const sum = (name: 'sent' | 'received') => mine.reduce((all, entry) => all + entry[name], 0);
    expect(mine.reduce((all, { connections = 1 }) => all + connections, 0)).toBe(1);
    expect(mine.every(({ host, refused }) => host === own && !refused)).toBe(true);
    expect(sum('sent')).toBeGreaterThan(50_000);
    expect(sum('sent')).toBeLessThan(51_000);
    expect(sum('received')).toBeGreaterThan(100_000);
    expect(sum('received')).toBeLessThan(101_000);
  });

  it('counts what is answered to another machine', async () => {
    const port = await listen(answers(10_000));
    using watch = watchSockets({ program: 'host', record });
    void watch;
    const answer = await fetch(`http://${own}:${port}/`);
    await answer.text();
    server.closeAllConnections();
    await new Promise((resolve) => setTimeout(resolve, 20));
    const answered = entries.filter(({ cause }) => cause === 'client');
    expect(answered.reduce((all, { sent }) => all + sent, 0)).toBeGreaterThan(10_000);
  });

  it('counts datagrams, and each place they go to once', async () => {
    await listen(answers(0));
    using watch = watchSockets({ program: 'host', record });
    void watch;
    const socket = dgram.createSocket('udp4');
    for (const text of ['one', 'three']) await promisify((done: () => void) => socket.send(text, 9, own, done))();
    socket.close();
    expect(entries.map(({ sent, connections }) => [sent, connections])).toEqual([
      [3, 1],
      [5, 0],
    ]);
  });

  it('records a connection that was never made, with no bytes', async () => {
    await listen(answers(0));
    using watch = watchSockets({ program: 'host', record });
    void watch;
    const socket = net.connect(1, own as string);
    socket.write('never sent');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'error');
    await closed;
    expect(entries.map(({ sent, connections, cause }) => [sent, connections, cause])).toEqual([[0, 1, 'unknown']]);
  });

  it('tells several watches the same', async () => {
    const port = await listen(answers(1));
    const other: EgressEntry[] = [];
    using one = watchSockets({ program: 'one', record });
    void one;
    using two = watchSockets({ program: 'two', record: (entry) => other.push(entry) });
    void two;
    const socket = net.connect(port, own as string);
    await once(socket, 'connect');
    socket.destroy();
    await once(socket, 'close');
    const seen = (all: readonly EgressEntry[]) => all.filter(({ cause }) => cause === 'unknown').length;
    expect([seen(entries), seen(other)]).toEqual([1, 1]);
    expect(new Set(other.map(({ program }) => program))).toEqual(new Set(['two']));
  });
});

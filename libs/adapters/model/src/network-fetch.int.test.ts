import * as http from 'node:http';
import * as https from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from './network-certificate.fixture.ts';
import { createNetworkFetch } from './network-fetch.ts';

const { key, certificate } = makeCertificate('models.test');
let dir = '';
let plain: http.Server;
let secure: https.Server;
let proxy: http.Server;
let through: string[] = [];
let credentials: (string | undefined)[] = [];
const open = new Set<Socket>();

const listen = (server: http.Server): Promise<void> => new Promise((done) => void server.listen(0, '127.0.0.1', done));
const portOf = (server: http.Server): number => (server.address() as AddressInfo).port;
const proxyUrl = (): string => `http://127.0.0.1:${portOf(proxy)}`;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-network-'));
  await writeFile(join(dir, 'authority.pem'), certificate);
  through = [];
  credentials = [];
  const answer: http.RequestListener = (request, response) => {
    if (request.url === '/silent') return;
    if (request.url === '/slow') {
      response.write('one ');
      for (const [at, word] of ['two ', 'three ', 'four'].entries())
        setTimeout(() => response.write(word), 150 * (at + 1));
      setTimeout(() => response.end(), 600);
      return;
    }
    if (request.url === '/stall') {
      response.write('one ');
      return;
    }
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.end(`${request.method} ${request.url} ${Buffer.concat(parts).toString()}`));
  };
  plain = http.createServer(answer);
  secure = https.createServer({ key, cert: certificate }, answer);
  proxy = http.createServer((request, response) => {
    // A proxy for unencrypted addresses is asked with the whole address.
    through.push(`${request.method} ${request.url}`);
    credentials.push(request.headers['proxy-authorization']);
    response.end('from the proxy');
  });
  proxy.on('connect', (request: http.IncomingMessage, client: Socket) => {
    through.push(`CONNECT ${request.url}`);
    credentials.push(request.headers['proxy-authorization']);
    // Every name is this machine.
    const target = connect(Number(request.url?.split(':')[1]) === 443 ? portOf(secure) : portOf(plain), '127.0.0.1');
    for (const socket of [client, target]) {
      open.add(socket);
      socket.on('error', () => undefined);
    }
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      target.pipe(client).pipe(target);
    });
  });
  await Promise.all([listen(plain), listen(secure), listen(proxy)]);
});
afterEach(async () => {
  for (const socket of open) socket.destroy();
  open.clear();
  await Promise.all(
    [plain, secure, proxy].map((server) => {
      server.closeAllConnections();
      return new Promise((done) => void server.close(done));
    }),
  );
  await rm(dir, { recursive: true, force: true });
});

const authority = (): Record<string, string> => ({ SSL_CERT_FILE: join(dir, 'authority.pem') });

describe('createNetworkFetch', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])(
    'goes through the proxy of %s, and trusts SSL_CERT_FILE',
    async (name) => {
      const fetch = createNetworkFetch({ env: { [name]: proxyUrl(), ...authority() } });
      const response = await fetch('https://models.test/hello', { method: 'POST', body: 'text' });
      expect(await response.text()).toBe('POST /hello text');
      expect(through).toEqual(['CONNECT models.test:443']);
    },
  );

  it('does not trust what no authority vouches for', async () => {
    const fetch = createNetworkFetch({ env: { HTTPS_PROXY: proxyUrl() } });
    const error: unknown = await fetch('https://models.test/hello').catch((thrown: unknown) => thrown);
    expect((error as { cause?: { code?: string } }).cause?.code).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  it('asks a proxy for unencrypted addresses, with its password', async () => {
    const url = new URL(proxyUrl());
    [url.username, url.password] = ['user', 'word'];
    const fetch = createNetworkFetch({ env: { http_proxy: url.href } });
    expect(await (await fetch('http://models.test/x')).text()).toBe('from the proxy');
    expect(through).toEqual(['GET http://models.test/x']);
    expect(credentials).toEqual([`Basic ${Buffer.from('user:word').toString('base64')}`]);
  });

  it('never goes through a proxy to this machine', async () => {
    const fetch = createNetworkFetch({ env: { HTTP_PROXY: proxyUrl(), HTTPS_PROXY: proxyUrl() } });
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await (await fetch(`http://${host}:${portOf(plain)}/x`)).text()).toBe('GET /x ');
    // Nothing listens there, and the proxy is not asked either.
    await expect(fetch(`http://127.9.9.9:${portOf(plain)}/x`)).rejects.toThrow();
    expect(through).toEqual([]);
  });

  it('goes past the proxy where NO_PROXY says so', async () => {
    const fetch = createNetworkFetch({ env: { HTTP_PROXY: proxyUrl(), NO_PROXY: 'other.test, .models.invalid' } });
    await expect(fetch('http://a.models.invalid/')).rejects.toThrow();
    expect(through).toEqual([]);
    await fetch('http://models.test/x');
    expect(through).toHaveLength(1);
  });

  it('heeds only the environment that it is given', async () => {
    const before = process.env['HTTP_PROXY'];
    process.env['HTTP_PROXY'] = proxyUrl();
    try {
      await expect(createNetworkFetch({ env: {} })('http://models.invalid/')).rejects.toThrow();
      expect(through).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['HTTP_PROXY'];
      else process.env['HTTP_PROXY'] = before;
    }
  });

  it('limits silence and not the whole', async () => {
    const fetch = createNetworkFetch({ env: {}, silenceMs: 400 });
    const url = `http://127.0.0.1:${portOf(plain)}`;
    expect(await (await fetch(`${url}/slow`)).text()).toBe('one two three four');
    await expect(fetch(`${url}/silent`)).rejects.toThrow();
    const response = await fetch(`${url}/stall`);
    await expect(response.text()).rejects.toThrow();
  }, 20_000);

  it('ends with its caller, and takes a request as well', async () => {
    const fetch = createNetworkFetch({ env: {} });
    const url = `http://127.0.0.1:${portOf(plain)}`;
    await expect(fetch(`${url}/silent`, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const request = new Request(`${url}/y`, { method: 'PUT', body: 'text' });
    expect(await (await fetch(request)).text()).toBe('PUT /y text');
  });

  it('names a variable that cannot be used, and not what it holds', async () => {
    const fetch = createNetworkFetch({ env: { HTTPS_PROXY: 'ftp://user:secret@proxy' } });
    const error: unknown = await fetch('https://models.test/').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('HTTPS_PROXY') as string });
    expect(String(error)).not.toContain('secret');
    await expect(
      createNetworkFetch({ env: { SSL_CERT_FILE: join(dir, 'absent') } })('https://models.test/'),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPublicFetch } from './network-fetch.ts';

describe('createPublicFetch', () => {
  let server: Server;
  let port: number;
  let asked: { url: string; headers: NodeJS.Dict<string | string[]> }[];
  let answer: (response: ServerResponse) => void;
  beforeEach(async () => {
    asked = [];
    answer = (response) => response.end('a page');
    server = createServer((request, response) => {
      asked.push({ url: request.url ?? '', headers: request.headers });
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const open = () =>
    createPublicFetch({ resolve: async () => ['127.0.0.1'], isPermittedAddress: (address) => address === '127.0.0.1' });

  it('resolves a name once and connects to what was checked', async () => {
    let resolved = 0;
    const fetch = createPublicFetch({
      // A name that leads somewhere else when it is asked again.
      resolve: async () => ((resolved += 1) === 1 ? ['10.0.0.1', '127.0.0.1'] : ['10.0.0.1']),
      isPermittedAddress: (address) => address === '127.0.0.1',
    });
    const response = await fetch(`http://docs.example:${port}/a?b`);
    expect(await response.text()).toBe('a page');
    expect(asked[0]).toMatchObject({ url: '/a?b', headers: { host: `docs.example:${port}` } });
    expect(resolved).toBe(1);
  });

  it.each([
    'localhost',
    '127.0.0.1',
    '2130706433',
    '0x7f.1',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
    '10.0.0.1',
  ])('does not ask %s', async (host) => {
    const fetch = createPublicFetch({ resolve: async () => ['127.0.0.1'] });
    await expect(fetch(`http://${host}:${port}/`)).rejects.toMatchObject({ code: 'DENIED' });
    expect(asked).toEqual([]);
  });

  it('gives a redirect back and follows none', async () => {
    answer = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    const response = await open()(`http://docs.example:${port}/`);
    expect(response.status).toBe(302);
    expect(asked).toHaveLength(1);
  });

  it('sends no cookie and no password, and keeps none', async () => {
    answer = (response) => response.setHeader('set-cookie', 'a=b').end('x');
    const response = await open()(`http://me:word@docs.example:${port}/`);
    expect(response.headers.has('set-cookie')).toBe(false);
    await response.text();
    await (await open()(`http://docs.example:${port}/`)).text();
    for (const { headers } of asked) {
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('authorization');
    }
  });

  it('unpacks what is packed', async () => {
    answer = (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync('packed é'));
    expect(await (await open()(`http://docs.example:${port}/`)).text()).toBe('packed é');
  });

  it('ends when it is cancelled', async () => {
    answer = () => undefined;
    const asking = open()(`http://docs.example:${port}/`, { signal: AbortSignal.timeout(50) });
    await expect(asking).rejects.toThrow();
    server.closeAllConnections();
  });

  it.each(['ftp://example.org/', 'file:///etc/passwd', 'data:,x'])('does not know %s', async (url) => {
    await expect(open()(url)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('gets and sends nothing', async () => {
    await expect(open()(`http://docs.example:${port}/`, { method: 'POST', body: 'x' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});

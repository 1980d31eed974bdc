import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWebPages } from './web-pages.ts';

const hidden = `<p>seen</p><!-- comment-words --><div style="display:none">none-words</div>
<span style="color:red; VISIBILITY : hidden">invisible-words</span><p hidden>attribute-words</p><i style="font-size:0">small-words</i>
<b style="opacity:0;x:y">clear-words</b><div style="position:absolute;left:-9999px">far-words</div><p>zero\u200bwidth \u{e0041}\u{e0042}\u202etext</p>
<p style="opacity:0.9;font-size:0.9em">also seen</p>`;

describe('createWebPages', () => {
  const heard: { url: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((request, response) => {
    heard.push({ url: request.url ?? '', headers: request.headers });
    const leads = (location: string) => response.writeHead(302, { location, 'set-cookie': 'a=b' }).end();
    if (request.url === '/moved') leads('/page');
    else if (request.url === '/away') leads(`http://localhost:${port}/page?stolen`);
    else if (request.url === '/slow') response.writeHead(200, { 'content-type': 'text/plain' }).write('x');
    else response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(hidden);
  });
  const asked: string[] = [];
  const pages = createWebPages({ fetch: globalThis.fetch, onRequest: (host) => asked.push(host), timeoutMs: 500 });
  let port = 0;
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    ({ port } = server.address() as AddressInfo);
    url = `http://127.0.0.1:${port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  beforeEach(() => {
    heard.length = 0;
    asked.length = 0;
  });

  it('gives what a reader would see, and nothing that is hidden', async () => {
    const { text } = await pages.load(`${url}/page`);
    expect(text).toContain('seen');
    expect(text).toContain('zerowidth text');
    expect(text).toContain('also seen');
    expect(text).not.toMatch(/(?:comment|none|invisible|attribute|small|clear|far)-words/u);
    expect(asked).toEqual([`127.0.0.1:${port}`]);
  });

  it('follows on the same host, without a cookie', async () => {
    await pages.load(`${url.replace('//', '//me:word@')}/moved#part`);
    expect(heard.map((request) => request.url)).toEqual(['/moved', '/page']);
    for (const { headers } of heard) {
      expect(headers).not.toHaveProperty('cookie');
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('referer');
    }
  });

  it('does not follow to another host, and says where it leads', async () => {
    await expect(pages.load(`${url}/away`)).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining(`http://localhost:${port}/page?stolen`) as string,
    });
    expect(heard.map((request) => request.url)).toEqual(['/away']);
    expect(asked).toEqual([`127.0.0.1:${port}`]);
  });

  it.each(['/etc/passwd', 'file:///etc/passwd', 'ftp://example.org/', 'data:text/html,x', 'page', ''])(
    'takes %j for no address',
    async (place) => {
      await expect(pages.load(place)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
      expect(asked).toEqual([]);
    },
  );

  it('ends when it takes too long, and when it is cancelled', async () => {
    await expect(pages.load(`${url}/slow`)).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    await expect(pages.load(`${url}/slow`, AbortSignal.timeout(50))).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

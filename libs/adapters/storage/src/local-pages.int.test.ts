import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { NootropicError } from '@nootropic/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalPages } from './local-pages.ts';
import { htmlToText } from './page-html.ts';
import { htmlOfMhtml } from './page-mhtml.ts';

const page = `<!doctype html><html><head><title>The &amp; title</title><style>b { color: red }</style></head>
<body><nav>menu</nav><h1>First</h1><p>Some <b>bold</b> text with <a href="/x">a link</a>.</p>
<pre><code class="language-ts">const a = 1;\nconst b = 2;</code></pre><ul><li>one</li><li>two</li></ul>
<script>alert("no")</script><img src="data:image/png;base64,AAAA" alt="a picture"></body></html>`;

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing thrown',
    (error: unknown) => (NootropicError.is(error) ? error.code : String(error)),
  );
}

describe('htmlToText', () => {
  it('keeps what is text, and its structure', () => {
    const { title, text } = htmlToText(page);
    expect(title).toBe('The & title');
    expect(text).toContain('# First');
    expect(text).toContain('Some **bold** text with [a link](/x).');
    expect(text).toContain('```ts\nconst a = 1;\nconst b = 2;\n```');
    expect(text).toMatch(/- +one\n- +two/u);
    expect(text).toContain('a picture');
    for (const gone of ['menu', 'alert', 'color: red', 'base64']) expect(text).not.toContain(gone);
  });

  it('takes any text without failing', () => {
    const pieces = fc.constantFrom(
      '<div>',
      '</div>',
      '<p',
      '>',
      '<!--',
      '-->',
      '<script>',
      '</script>',
      '<table><tr>',
      '&#0;',
      '&lt;',
      '\0',
      'word ',
      '<svg><foreignObject>',
      '<a href="',
      '"',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 60 }), (parts) => {
        const { text } = htmlToText(parts.join(''));
        expect(text.endsWith('\n')).toBe(true);
        expect(text).not.toContain('\0');
      }),
      { numRuns: 300 },
    );
  });

  it('gives the text of a page that is nested too deeply for a tree', () => {
    expect(htmlToText(`${'<div>'.repeat(50_000)}deep inside${'</div>'.repeat(50_000)}`).text).toBe('deep inside\n');
    expect(htmlToText('<b>'.repeat(100_000)).text).toBe('\n');
  });
});

describe('htmlOfMhtml', () => {
  it('finds the page among the parts', () => {
    const saved = [
      'From: <Saved by Blink>',
      'Content-Type: multipart/related;',
      '\ttype="text/html";',
      '\tboundary="----M--x"',
      '',
      '',
      '------M--x',
      'Content-Type: text/css',
      '',
      'b {}',
      '------M--x',
      'Content-Type: text/html; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      '<p>caf=C3=A9 and a =3D sign, a long =',
      'line</p>',
      '------M--x--',
    ].join('\r\n');
    expect(htmlOfMhtml(saved)?.trim()).toBe('<p>caf\u00e9 and a = sign, a long line</p>');
    expect(htmlOfMhtml('nothing of the kind')).toBeUndefined();
  });
});

describe('createLocalPages', () => {
  let root: string;
  const server = createServer((request, response) => {
    const answer = (status: number, headers: Record<string, string>, body = '') =>
      response.writeHead(status, headers).end(body);
    if (request.url === '/page') answer(200, { 'content-type': 'text/html; charset=iso-8859-1' }, '');
    else if (request.url === '/moved') answer(302, { location: '/doc.md' });
    else if (request.url === '/doc.md') answer(200, { 'content-type': 'text/markdown' }, '# Here\n');
    else if (request.url === '/round') answer(302, { location: '/round' });
    else if (request.url === '/file') answer(302, { location: 'file:///etc/passwd' });
    else if (request.url === '/zip') answer(200, { 'content-type': 'application/zip' }, 'PK');
    else if (request.url === '/large') {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const more = (): void => {
        while (response.write('x'.repeat(100_000)) && !response.destroyed);
        response.once('drain', more);
      };
      more();
    } else answer(request.url === '/broken' ? 500 : 404, {});
  });
  let url: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'nootropic-pages-'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });

  const asked: string[] = [];
  const pages = createLocalPages({ fetch: globalThis.fetch, onRequest: (host) => asked.push(host) });

  it('reads saved pages, and other text as it is', async () => {
    writeFileSync(join(root, 'a.html'), page);
    writeFileSync(join(root, 'b.md'), '# B\n');
    expect((await pages.load(join(root, 'a.html'))).title).toBe('The & title');
    expect(await pages.load(join(root, 'b.md'))).toEqual({ title: '', text: '# B\n' });
    expect(await pages.mark(join(root, 'b.md'))).toMatch(/^4:\d/u);
    expect(await pages.mark(join(root, 'none.md'))).toBeUndefined();
    expect(await codeOf(pages.load(join(root, 'none.md')))).toBe('PATH_NOT_FOUND');
    expect(asked).toEqual([]);
  });

  it('fetches a page once, follows where it leads, and says whom it asks', async () => {
    expect(await pages.load(`${url}/moved`)).toEqual({ title: '', text: '# Here\n' });
    expect(asked).toEqual([new URL(url).host, new URL(url).host]);
  });

  it('refuses what is no page, leads nowhere or elsewhere, is too large, or is not there', async () => {
    expect(await codeOf(pages.load(`${url}/zip`))).toBe('INPUT_INVALID');
    expect(await codeOf(pages.load(`${url}/round`))).toBe('SOURCE_UNREACHABLE');
    expect(await codeOf(pages.load(`${url}/file`))).toBe('SOURCE_UNREACHABLE');
    expect(await codeOf(pages.load(`${url}/large`))).toBe('FILE_TOO_LARGE');
    expect(await codeOf(pages.load(`${url}/nothing`))).toBe('NOT_FOUND');
    expect(await codeOf(pages.load(`${url}/broken`))).toBe('SOURCE_UNREACHABLE');
    const stop = AbortSignal.abort();
    expect(await codeOf(pages.load(`${url}/page`, stop))).toBe('ABORTED');
  });
});

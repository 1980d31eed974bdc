import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serve, type Served } from './serve.ts';

const token = 'a'.repeat(43);
let folder: string;
let served: Served;

/** Only what the requests below may reach; anything else would fail as an internal error. */
const assistant = { sessions: { list: async () => [] } } as unknown as Assistant;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nootropic-serve-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>page');
  await writeFile(join(folder, 'assets/app.js'), 'void 0');
  served = await serve({ assistant, token, page: folder });
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A raw request, since fetch does not let a caller choose the host. */
async function ask(path: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${served.url}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('serve', () => {
  const good = { authorization: `Bearer ${token}` };

  it('answers no route without the token', async () => {
    expect(await ask('/sessions', good)).toBe(200);
    for (const headers of [
      {},
      { authorization: token },
      { authorization: `Bearer ${token}x` },
      { authorization: 'Bearer ' },
    ] as Record<string, string>[]) {
      for (const path of ['/sessions', '/metrics', '/models', '/nowhere', '/index?workspace=/w'])
        expect(await ask(path, headers)).toBe(401);
    }
  });

  it('answers nobody who comes by another name or from another page, token or not', async () => {
    const port = new URL(served.url).port;
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', '127.0.0.1:1', '0.0.0.0'])
      expect(await ask('/', { ...good, host })).toBe(403);
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, 'http://127.0.0.1:1'])
      expect(await ask('/sessions', { ...good, origin })).toBe(403);
    expect(await ask('/sessions', { ...good, origin: `http://localhost:${port}` })).toBe(200);
  });

  it('serves the page and nothing beside it', async () => {
    expect(await ask('/', {})).toBe(200);
    expect(await ask('/assets/app.js?x=1', {})).toBe(200);
    for (const path of ['/assets/', '/..%2fetc/passwd', '//etc/passwd', '/assets/app.js/'])
      expect(await ask(path, {})).toBe(401);
    expect((await fetch(served.url)).headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('says that another program has the port', async () => {
    const port = Number(new URL(served.url).port);
    await expect(serve({ assistant, token, port })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: `Port ${port} cannot be used: another program has it.`,
    });
  });

  it('refuses a short token', async () => {
    await expect(serve({ assistant, token: 'short' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

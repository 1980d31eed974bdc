import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { answerWithFile, readPage, type PageFile } from './http-page.ts';

let folder: string;
const script = 'console.log("a page");\n'.repeat(200);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nootropic-page-files-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'assets/index-t3zhl4hh.js'), script);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function get(address: string, encodings = ''): Promise<Response> {
  const file = (await readPage(folder)).get(address);
  return answerWithFile(
    file as PageFile,
    new Request('http://127.0.0.1/', { headers: { 'accept-encoding': encodings } }),
  );
}

it('lets a browser keep what has a digest in its name, and nothing else', async () => {
  expect((await get('/assets/index-t3zhl4hh.js')).headers.get('cache-control')).toContain('immutable');
  expect((await get('/')).headers.get('cache-control')).toBe('no-store');
});

it('compresses a text for whoever takes it', async () => {
  const packed = await get('/assets/index-t3zhl4hh.js', 'br, gzip');
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(gunzipSync(await packed.bytes()).toString()).toBe(script);
  const plain = await get('/assets/index-t3zhl4hh.js', 'identity');
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await plain.text()).toBe(script);
  expect((await get('/', 'gzip')).headers.get('content-encoding')).toBeNull();
});

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { createStage } from './page.ts';

const page = fileURLToPath(new URL('../dist/page', import.meta.url));
/** Bytes, compressed, of all that is loaded before the chat can be used. */
const most = 350_000;

it('loads less than 350 kB before the chat can be used', async () => {
  const html = await readFile(join(page, 'index.html'), 'utf8');
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/u);
  const files = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/gu)].map(([, file]) => file ?? '');
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(page, file))).length));
  const whole = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`first load: ${String(files.length)} files, ${String(whole)} bytes compressed`);
  expect(files.length).toBeGreaterThan(0);
  expect(whole).toBeLessThan(most);
  expect((await readdir(join(page, 'assets'))).length).toBeGreaterThan(files.length);
});

it('paints, and can be used, from a host that has just started', async () => {
  await using stage = await createStage();
  await using opened = await stage.open();
  await opened.page.locator('#nt-question').waitFor();
  await opened.page.reload();
  await opened.page.locator('#nt-question').waitFor();
  const paint = await opened.page.evaluate(
    () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity,
  );
  console.log(`first paint after ${paint.toFixed(0)} ms`);
  expect(paint).toBeLessThan(Infinity);
  expect(opened.trouble).toEqual([]);
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { startScriptedServer } from '@nootropic/testing';
import { chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHostLink } from '../src/link/host-link.ts';
import { startDesktop, type Desktop } from '../src/main/desktop.ts';
import { createFakeElectron, type FakeElectron } from '../src/testing/fake-electron.ts';

/*
 * The desktop app without Electron: its real main over a fake of Electron's modules, its real link to a real host, its built page and preload script in Chromium.
 * What Electron does between them - the scheme, the bridge, the channels - is done here by a server on the loopback and by Playwright.
 */

const app = fileURLToPath(new URL('..', import.meta.url));
const root = join(app, '../..');
const program = join(root, 'apps/cli/dist/main.js');
const pictures =
  process.env['UPDATE_IMAGES'] === '1' ? join(root, 'docs/images') : join(tmpdir(), 'nootropic-pictures');

let folder = '';
let fake: FakeElectron;
let desktop: Desktop | undefined;
let page: Page;
const cleaning = new AsyncDisposableStack();
const trouble: string[] = [];

beforeAll(async () => {
  const executablePath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (executablePath === undefined)
    throw new Error('These tests need Chromium and found none. Install it, or set CHROMIUM to its path.');
  folder = await mkdtemp(join(tmpdir(), 'nootropic-window-'));
  cleaning.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const code = join(folder, 'code');
  await mkdir(code);
  await writeFile(join(code, 'retry.ts'), 'export const attempts = 3;\n');
  const model = await startScriptedServer({
    http,
    contextLength: 32_768,
    answer: () => ({ text: ['Three times, ', 'in `attempts` (retry.ts:1).'] }),
  });
  cleaning.use(model);
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    NOOTROPIC_HOME: join(folder, 'home'),
    NOOTROPIC_MODELS_CHAT: `openai:tiny@${model.url}/v1`,
  };
  cleaning.defer(() => void execFileSync(process.execPath, [program, 'stop'], { env, stdio: 'ignore' }));
  fake = createFakeElectron({
    userData: join(folder, 'data'),
    answers: { folders: [code] },
    startLink([node = '', entry = '', version = ''], say) {
      const link = createHostLink({ command: [node, entry], version, env, tell: say });
      cleaning.use(link);
      return (message) => void link.order(message);
    },
  });
  desktop = await startDesktop(fake.electron, {
    files: {
      ...{ page: join(app, 'dist/page'), preload: join(app, 'dist/preload.cjs'), link: '', icon: '' },
      ...{ node: process.execPath, commandLine: program },
    },
    ...{ version: '0.1.0', argv: [], platform: 'linux' },
    log: () => undefined,
    updates: { isOn: false, check: async () => ({ state: 'off' }) },
    isFolder: async () => true,
  });
  if (desktop) cleaning.use(desktop);
  const server = http.createServer((request, response) => void pass(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleaning.defer(() => void server.close());
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
  });
  cleaning.defer(() => browser.close());
  page = await browser.newPage({ viewport: { width: 1180, height: 820 }, colorScheme: 'dark' });
  page.on('console', (message) => {
    if (message.type() === 'error') trouble.push(message.text());
  });
  page.on('pageerror', (error) => trouble.push(error.message));
  await page.exposeBinding('__invoke', (_source, name: string, input: unknown) =>
    fake.invoke(name, input ?? undefined),
  );
  fake.windows[0]?.webContents.on('sent', (name: string, value: unknown) => {
    page.evaluate(([to, what]) => Reflect.get(globalThis, '__notice')(to, what), [name, value]).catch(() => undefined);
  });
  await page.addInitScript({ content: await preloadFor() });
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}, 120_000);
afterAll(() => cleaning.disposeAsync());

/** The built preload script, with what Electron gives it. */
async function preloadFor(): Promise<string> {
  const script = await readFile(join(app, 'dist/preload.cjs'), 'utf8');
  const electron = `
    const heard = new Map();
    globalThis.__notice = (name, value) => { for (const listener of heard.get(name) ?? []) listener({}, value); };
    const require = () => ({
      contextBridge: { exposeInMainWorld: (name, value) => { globalThis[name] = value; } },
      ipcRenderer: {
        invoke: (name, input) => globalThis.__invoke(name, input),
        on: (name, listener) => heard.set(name, [...(heard.get(name) ?? []), listener]),
        off: (name, listener) => heard.set(name, (heard.get(name) ?? []).filter((each) => each !== listener)),
      },
    });
    const module = { exports: {} };
    const exports = module.exports;`;
  return `(() => {${electron}\n${script}\n})();`;
}

async function pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  const stop = new AbortController();
  response.on('close', () => stop.abort());
  const body =
    method === 'GET' || method === 'HEAD'
      ? undefined
      : await new Response(Readable.toWeb(request) as ReadableStream).arrayBuffer();
  const answer = await fake.handlers
    .get('app')?.(
      new Request(`app://nootropic${url}`, {
        method,
        headers: Object.entries(headers).flatMap(([name, value]) =>
          typeof value === 'string' && ['accept', 'content-type'].includes(name)
            ? [[name, value] as [string, string]]
            : [],
        ),
        signal: stop.signal,
        ...(body && { body }),
      }),
    )
    .catch(() => undefined);
  if (!answer) return void response.destroy();
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  if (answer.body)
    Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0])
      .on('error', () => response.destroy())
      .pipe(response);
  else response.end();
}

describe('the window', () => {
  it('asks for a folder, and is about it then', async () => {
    await page.getByRole('heading', { name: 'Which code is it about?' }).waitFor();
    await page.getByRole('button', { name: 'Open a folder…' }).click();
    await page.getByRole('textbox').first().waitFor({ timeout: 60_000 });
  });

  it('has an answer of the host streamed through main', async () => {
    await page
      .getByRole('button', { name: /skip/iu })
      .click({ timeout: 5000 })
      .catch(() => undefined);
    await page.getByRole('textbox').last().fill('How often is it tried?');
    await page.keyboard.press('Enter');
    await page.getByText('Three times,').first().waitFor({ timeout: 60_000 });
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, 'desktop.png') });
  });

  it('follows the menus, and keeps what the page keeps', async () => {
    fake
      .menu()
      .flatMap(({ submenu = [] }) => submenu)
      .find(({ label }) => label === 'Settings')
      ?.click?.();
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    expect(await fake.invoke('keep:all', undefined)).toMatchObject({ ok: true });
  });

  it('had no error on the way, and no request to anywhere else', () => {
    expect(trouble).toEqual([]);
  });
});

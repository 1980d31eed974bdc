import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { builderConfiguration } from '../../electron-builder.ts';
import type { ChannelName } from '../shared/channel-names.ts';
import { channels } from '../shared/channels.ts';
import { createFakeElectron, FakeContents, type FakeElectron, type FakeOptions } from '../testing/fake-electron.ts';
import { startDesktop, type Desktop } from './desktop.ts';
import { pagePrivileges } from './page-protocol.ts';

const token = 't'.repeat(43);
let folder = '';
let refused: string[] = [];
const started: Desktop[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nootropic-desktop-'));
  await mkdir(join(folder, 'page'));
  await mkdir(join(folder, 'code'));
  await writeFile(join(folder, 'page/index.html'), '<!doctype html><title>page</title>');
  refused = [];
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((desktop) => desktop[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** What the host would say, and what it was asked. */
function fakeHost(status = { turns: [] as unknown[] }) {
  const asked: { url: string; authorization: string | null }[] = [];
  const answer = async (address: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    const url = String(address);
    asked.push({ url, authorization: new Headers(init?.headers).get('authorization') });
    if (!url.endsWith('/host')) return Response.json({ url });
    return Response.json({
      ...{ pid: 1, version: '1', startedAt: 1, connections: 0, processes: [], offline: false },
      ...{ jobs: { waiting: 0, running: 0, dead: 0 }, ...status },
    });
  };
  return { asked, fetch: answer };
}

async function start(
  options: Partial<FakeOptions> & {
    readonly argv?: readonly string[];
    readonly host?: ReturnType<typeof fakeHost>;
  } = {},
): Promise<{ fake: FakeElectron; desktop: Desktop | undefined }> {
  const { argv = [], host = fakeHost(), ...rest } = options;
  const fake = createFakeElectron({ userData: join(folder, 'data'), ...rest });
  const desktop = await startDesktop(fake.electron, {
    files: {
      ...{ page: join(folder, 'page'), preload: '/app/preload.cjs', link: '/app/link.js', icon: '/app/icon.png' },
      ...{ node: '/app/node', commandLine: '/app/cli.js' },
    },
    ...{ version: '0.1.0', argv, platform: 'linux', fetch: host.fetch },
    log: (message, facts) => refused.push(`${message} ${JSON.stringify(facts)}`),
    updates: { isOn: false, check: async () => ({ state: 'off' }) },
    isFolder: async (path) => (await stat(path).catch(() => undefined))?.isDirectory() ?? false,
  });
  if (desktop) started.push(desktop);
  return { fake, desktop };
}

const ready = { type: 'ready', url: 'http://127.0.0.1:4650', token, version: '0.1.0', isNew: true } as const;

/** https://www.electronjs.org/docs/latest/tutorial/security, by its numbers. */
describe('the security checklist of Electron', () => {
  it('1: loads only what is its own', async () => {
    const { fake } = await start();
    expect(fake.windows.map(({ url }) => url)).toEqual(['app://nootropic/']);
    const cancelled = (url: string): boolean => {
      let cancel = false;
      fake.session.beforeRequest?.({ url }, (how) => (cancel = how.cancel));
      return cancel;
    };
    expect(
      ['https://a.example/x.js', 'http://127.0.0.1:4650/', 'file:///etc/passwd', 'app://nootropic.evil/'].map(
        cancelled,
      ),
    ).toEqual([true, true, true, true]);
    expect(cancelled('app://nootropic/index.html')).toBe(false);
  });

  it.each([
    [
      2,
      'no Node in a page',
      { nodeIntegration: false, nodeIntegrationInWorker: false, nodeIntegrationInSubFrames: false },
    ],
    [3, 'contexts are isolated', { contextIsolation: true }],
    [4, 'processes are sandboxed', { sandbox: true }],
    [6, 'web security is on', { webSecurity: true }],
    [8, 'no insecure content', { allowRunningInsecureContent: false }],
    [9, 'no experimental features', { experimentalFeatures: false }],
  ])('%i: %s', async (_number, _what, wanted) => {
    const { fake } = await start();
    expect(fake.windows[0]?.options.webPreferences).toMatchObject(wanted);
  });

  it('5: gives a page no permission', async () => {
    const { session } = (await start()).fake;
    const given: boolean[] = [];
    for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal'])
      session.permissionRequest?.({}, permission, (allowed) => given.push(allowed));
    expect(given).toEqual([false, false, false, false, false]);
    expect([session.permissionCheck?.(), session.devicePermission?.()]).toEqual([false, false]);
  });

  it('7: has a content security policy', async () => {
    const { fake } = await start();
    const page = await fake.handlers.get('app')?.(new Request('app://nootropic/'));
    const policy = page?.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/u);
  });

  it('10: turns no feature of Blink on', async () => {
    const { fake } = await start();
    expect(fake.windows[0]?.options.webPreferences).not.toHaveProperty('enableBlinkFeatures');
  });

  it('11 and 12: has no webview, and lets none be made', async () => {
    const { fake } = await start();
    expect(fake.windows[0]?.options.webPreferences).toMatchObject({ webviewTag: false });
    expect(prevented(fake.windows[0]?.webContents, 'will-attach-webview', {})).toBe(true);
  });

  it('13: navigates nowhere else, from whatever contents', async () => {
    const { fake } = await start();
    const later = new FakeContents();
    fake.emitApp('web-contents-created', {}, later);
    for (const contents of [fake.windows[0]?.webContents, later])
      for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
        expect(prevented(contents, name, { url: 'https://a.example/' })).toBe(true);
        expect(prevented(contents, name, { url: 'app://nootropic.a.example/' })).toBe(true);
        expect(prevented(contents, name, { url: 'app://nootropic/#chat' })).toBe(false);
      }
  });

  it('14: opens no other window', async () => {
    const { fake } = await start();
    expect(fake.windows[0]?.webContents.openHandler?.({ url: 'app://nootropic/' })).toEqual({ action: 'deny' });
  });

  it('15: opens an address outside only of the web, and only after a person has confirmed it', async () => {
    const { fake } = await start({ answers: { buttons: [1, 0] } });
    for (const bad of [
      'file:///etc/passwd',
      'javascript:alert(1)',
      'smb://a/b',
      'ms-settings:',
      'nootropic://ask?text=a',
    ])
      expect(await fake.invoke('link:open', bad)).toMatchObject({ ok: false });
    expect(fake.questions).toEqual([]);
    expect(await fake.invoke('link:open', 'https://a.example/x')).toEqual({ ok: true, value: false });
    expect(fake.opened).toEqual([]);
    expect(await fake.invoke('link:open', 'https://a.example/x')).toEqual({ ok: true, value: true });
    expect(fake.opened).toEqual(['https://a.example/x']);
    expect(fake.questions[0]).toMatchObject({
      message: 'Open a.example in the browser?',
      detail: 'https://a.example/x',
    });
  });

  it('16: is built with an Electron that is supported', async () => {
    const file = new URL('../../package.json', import.meta.url);
    const { devDependencies } = JSON.parse(await readFile(file, 'utf8')) as { devDependencies: Record<string, string> };
    expect(devDependencies['electron']).toMatch(/^(?:4[5-9]|[5-9]\d)\.\d+\.\d+$/u);
  });

  it('17: answers only the page in its own window', async () => {
    const { fake } = await start();
    const page = fake.windows[0]?.webContents;
    const strangers = [
      { sender: page, senderFrame: { url: 'https://a.example/', parent: null } },
      { sender: page, senderFrame: { url: 'app://nootropic/', parent: {} } },
      { sender: page, senderFrame: null },
      { sender: new FakeContents() },
    ];
    for (const channel of fake.channels)
      for (const stranger of strangers)
        expect(await fake.invoke(channel, undefined, stranger)).toMatchObject({ ok: false, error: { code: 'DENIED' } });
  });

  it('18: has a scheme of its own, which is a secure origin and no exception to any rule', async () => {
    expect(pagePrivileges).toMatchObject({ standard: true, secure: true, bypassCSP: false, corsEnabled: false });
    const { fake } = await start();
    const get = (path: string) => fake.handlers.get('app')?.(new Request(`app://nootropic${path}`));
    expect((await get('/../../etc/passwd'))?.status).toBe(404);
    expect((await get('/%2e%2e/%2e%2e/etc/passwd'))?.status).toBe(404);
    expect((await get('/desktop.json'))?.status).toBe(404);
  });

  it('19: sets the fuses', () => {
    expect(builderConfiguration.electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    });
  });

  it('20: shows a page two functions, and neither a token nor a port', async () => {
    const file = new URL('../preload/preload.ts', import.meta.url);
    const preload = await readFile(file, 'utf8');
    expect(preload.match(/exposeInMainWorld/gu)).toHaveLength(1);
    const { fake } = await start();
    fake.link.say(ready);
    const said = await Promise.all(
      ['state:get', 'host:get', 'keep:all', 'secret:list'].map((channel) => fake.invoke(channel, undefined)),
    );
    const all = JSON.stringify([said, fake.windows[0]?.webContents.sent]);
    expect(all).not.toContain(token);
    expect(all).not.toContain('4650');
  });
});

function prevented(contents: FakeContents | undefined, name: string, more: object): boolean {
  let was = false;
  contents?.emit(name, { ...more, preventDefault: () => (was = true) });
  return was;
}

describe('channels', () => {
  it('each has a schema, and refuses whatever does not meet it', async () => {
    const { fake } = await start();
    expect([...fake.channels].sort()).toEqual(Object.keys(channels).sort());
    const doing = ['folder:pick', 'host:again', 'update:check'];
    for (const name of Object.keys(channels) as ChannelName[]) {
      if (doing.includes(name)) continue;
      await fc.assert(
        fc.asyncProperty(fc.anything(), async (input) => {
          const answer = (await fake.invoke(name, input)) as { ok: boolean };
          if (!channels[name].input.safeParse(input).success) expect(answer.ok).toBe(false);
        }),
        { numRuns: 1000 },
      );
    }
    expect(fake.opened).toEqual([]);
  }, 120_000);

  it('opens only a folder that a person has chosen before', async () => {
    const code = join(folder, 'code');
    const { fake } = await start({ answers: { folders: [code] } });
    await fake.invoke('folder:open', '/etc');
    expect(await fake.invoke('state:get', undefined)).toMatchObject({ value: { recent: [] } });
    expect(await fake.invoke('folder:pick', undefined)).toEqual({ ok: true, value: code });
    expect(await fake.invoke('state:get', undefined)).toMatchObject({ value: { workspace: code, recent: [code] } });
    expect(fake.windows[0]?.webContents.sent).toContainEqual({ name: 'workspace', value: code });
  });

  it('keeps what the page wants kept, for the next start, in a file of this user alone', async () => {
    const { fake, desktop } = await start();
    await fake.invoke('keep:write', { key: 'theme', value: 'dark' });
    await desktop?.[Symbol.asyncDispose]();
    const file = join(folder, 'data/desktop.json');
    await expect.poll(async () => (await stat(file).catch(() => undefined))?.mode).toBeDefined();
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await (await start()).fake.invoke('keep:all', undefined)).toEqual({ ok: true, value: { theme: 'dark' } });
  });

  it('saves a text where the person says, and nowhere else', async () => {
    const file = join(folder, 'chat.md');
    const { fake } = await start({ answers: { files: [file] } });
    expect(await fake.invoke('text:save', { name: '../../.bashrc', text: 'x' })).toMatchObject({ ok: false });
    expect(await fake.invoke('text:save', { name: 'chat.md', text: 'hello' })).toEqual({ ok: true, value: true });
    expect(await readFile(file, 'utf8')).toBe('hello');
    expect(await fake.invoke('text:save', { name: 'chat.md', text: 'hello' })).toEqual({ ok: true, value: false });
  });
});

describe('keys of providers', () => {
  const key = { provider: 'xai', key: 'xai-0123456789abcdef', plainToo: false };

  it('are kept encrypted, handed to a host of the app, and never shown', async () => {
    const { fake } = await start();
    fake.link.say(ready);
    expect(await fake.invoke('secret:keep', key)).toEqual({ ok: true, value: 'kept' });
    expect(await readFile(join(folder, 'data/secrets.json'), 'utf8')).not.toContain(key.key);
    await expect
      .poll(() => fake.link.sent.at(-1))
      .toEqual({ type: 'ensure', anew: true, env: { XAI_API_KEY: key.key } });
    expect(await fake.invoke('secret:list', undefined)).toEqual({ ok: true, value: ['xai'] });
    await fake.invoke('secret:forget', 'xai');
    expect(await fake.invoke('secret:list', undefined)).toEqual({ ok: true, value: [] });
  });

  it('go to the host where it is not one of the app, and wait while it works', async () => {
    const adopted = (await start()).fake;
    adopted.link.say({ ...ready, isNew: false });
    expect(await adopted.invoke('secret:keep', key)).toEqual({ ok: true, value: 'host' });
    const turn = { sessionId: 's', turnId: 't', startedAt: 1, readers: 1 };
    const busy = (await start({ host: fakeHost({ turns: [turn] }) })).fake;
    busy.link.say(ready);
    expect(await busy.invoke('secret:keep', key)).toEqual({ ok: true, value: 'later' });
  });

  it('are not kept readable unless a person said so', async () => {
    const { fake } = await start({ keychain: 'plain' });
    fake.link.say(ready);
    expect(await fake.invoke('state:get', undefined)).toMatchObject({ value: { secrets: 'plain' } });
    if (process.platform === 'linux')
      expect(await fake.invoke('secret:keep', key)).toMatchObject({ ok: false, error: { code: 'DENIED' } });
    expect(await fake.invoke('secret:keep', { ...key, plainToo: true })).toMatchObject({ ok: true });
    const none = (await start({ keychain: 'none' })).fake;
    none.link.say(ready);
    expect(await none.invoke('secret:keep', { ...key, plainToo: true })).toMatchObject({ ok: false });
  });
});

describe('the host', () => {
  it('is shown as it is, and asked with a token that the page never has', async () => {
    const host = fakeHost();
    const { fake } = await start({ host });
    const ask = () => fake.handlers.get('app')?.(new Request('app://nootropic/search', { method: 'POST', body: '{}' }));
    expect((await ask())?.status).toBe(503);
    fake.link.say(ready);
    expect((await ask())?.status).toBe(200);
    expect(host.asked.at(-1)).toEqual({ url: 'http://127.0.0.1:4650/search', authorization: `Bearer ${token}` });
    expect(fake.tray().tip).toBe('nootropic: ready');
    fake.link.say({ type: 'failed', code: 'HOST_RUNNING', message: 'Another version.', hint: 'Stop it.' });
    expect(fake.tray().tip).toBe('nootropic: the host does not run');
    expect((await ask())?.status).toBe(503);
    expect(fake.windows[0]?.webContents.sent.at(-1)).toMatchObject({ name: 'host', value: { state: 'failed' } });
  });

  it('is asked for nothing but what the contract names', async () => {
    const host = fakeHost();
    const { fake } = await start({ host });
    fake.link.say(ready);
    const status = async (method: string, path: string) =>
      (await fake.handlers.get('app')?.(new Request(`app://nootropic${path}`, { method })))?.status;
    expect(await status('GET', '/metrics')).toBe(404);
    expect(await status('POST', '/sign-in')).toBe(404);
    expect(await status('GET', '/search')).toBe(404);
    expect(await status('GET', '/sessions')).toBe(200);
    expect(await status('GET', '/sessions/abc')).toBe(200);
    expect(await status('DELETE', '/sessions/abc')).toBe(200);
  });

  it('is not at an address that a message makes up', async () => {
    const { fake } = await start();
    for (const url of ['http://a.example/', 'https://127.0.0.1:1', 'file:///etc']) fake.link.say({ ...ready, url });
    fake.link.say('ready');
    expect(await fake.invoke('host:get', undefined)).toEqual({ ok: true, value: { state: 'starting' } });
    expect(refused.filter((line) => line.startsWith('A message of the host link'))).toHaveLength(4);
  });

  it('is looked after by a new process where that has ended', async () => {
    const { fake } = await start();
    expect(fake.link.starts).toBe(1);
    fake.link.end(1);
    expect(await fake.invoke('host:get', undefined)).toMatchObject({ value: { state: 'failed' } });
    await fake.invoke('host:again', undefined);
    expect(fake.link.starts).toBe(2);
  });
});

describe('the app', () => {
  it('runs once; a second start shows the first and gives it its address', async () => {
    const second = await start({ isSecond: true });
    expect(second.desktop).toBeUndefined();
    expect(second.fake.quits()).toBe(1);
    const { fake } = await start();
    fake.emitApp('second-instance', {}, ['/opt/nootropic', 'nootropic://ask?text=why']);
    expect(fake.windows[0]).toMatchObject({ shown: true, focused: true });
    expect(fake.windows[0]?.webContents.sent.at(-1)).toEqual({ name: 'command', value: { type: 'ask', text: 'why' } });
  });

  it('opens a folder of an address only when a person agrees', async () => {
    const code = join(folder, 'code');
    const address = `nootropic://open?folder=${encodeURIComponent(code)}`;
    const { fake } = await start({ argv: ['/opt/nootropic', address], answers: { buttons: [1, 0] } });
    await expect.poll(() => fake.questions).toHaveLength(1);
    expect(await fake.invoke('state:get', undefined)).not.toHaveProperty('value.workspace');
    fake.emitApp('open-url', { preventDefault: () => undefined }, address);
    await expect.poll(async () => fake.invoke('state:get', undefined)).toMatchObject({ value: { workspace: code } });
    fake.emitApp('open-url', { preventDefault: () => undefined }, 'nootropic://open?folder=%2Fno%2Fsuch');
    expect(fake.questions).toHaveLength(2);
  });

  it('has menus that the page understands', async () => {
    const { fake } = await start();
    const click = (label: string): void => {
      const items = fake.menu().flatMap(({ submenu = [] }) => submenu);
      items.find((item) => item.label === label)?.click?.();
    };
    click('New Chat');
    click('Models');
    click('Commands…');
    expect(fake.windows[0]?.webContents.sent.slice(-3).map(({ value }) => value)).toEqual([
      { type: 'new-session' },
      { type: 'show', view: 'models' },
      { type: 'palette' },
    ]);
    click('Stop the Host');
    expect(fake.link.sent.at(-1)).toEqual({ type: 'stop-host' });
  });

  it('keeps where its window was, and writes reports of crashes that stay here', async () => {
    const { fake, desktop } = await start();
    expect(fake.crashReports).toEqual([{ uploadToServer: false }]);
    const window = fake.windows[0];
    if (window) window.bounds = { x: 40, y: 30, width: 900, height: 700 };
    window?.emit('moved');
    await desktop?.[Symbol.asyncDispose]();
    await expect
      .poll(async () => (await start()).fake.windows[0]?.options)
      .toMatchObject({ x: 40, y: 30, width: 900, height: 700 });
  });

  it('tells a person who looks elsewhere, and nobody else', async () => {
    const { fake } = await start();
    await fake.invoke('notice:show', { title: 'A question', text: 'waits for you' });
    expect(fake.notices).toEqual([{ title: 'A question', body: 'waits for you' }]);
    fake.windows[0]?.focus();
    await fake.invoke('notice:show', { title: 'A question', text: 'waits for you' });
    expect(fake.notices).toHaveLength(1);
  });
});

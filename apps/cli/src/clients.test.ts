import { describe, expect, it } from 'vitest';
import { clientSetup, setupNames } from './client-setups.ts';
import { run } from './fake-host.test-fixture.ts';
import { fakeClients } from './fake-clients.test-fixture.ts';

const setup = { url: 'http://127.0.0.1:4650', key: 'nk-abcdefgh', contextLength: 8192 };

describe('clients', () => {
  it('shows a new key with the set-up of one program, or of all', async () => {
    const { code, out, err } = await run(['clients', 'add', 'zed', '--for', 'zed'], { host: { running: 'found' } });
    expect(code).toBe(0);
    expect(out).toMatch(/^Key +nk-abcdefgh$/m);
    expect(out).toMatch(/^OpenAI +http:\/\/127\.0\.0\.1:4650\/v1$/m);
    expect(out).toContain('"api_url": "http://127.0.0.1:4650/v1"');
    expect(out).not.toContain('Continue');
    expect(err).toContain('shown only now');
    expect(err).not.toContain('No host');
    const all = await run(['clients', 'add', 'zed']);
    for (const name of setupNames)
      expect(all.out).toContain(clientSetup(name, { ...setup, contextLength: 16_384 }).text);
    expect(all.err).toContain('nootropic serve --detach');
  });

  it('hands limits, class and role on', async () => {
    const asked: unknown[] = [];
    const clients = {
      add: async (input: Parameters<ReturnType<typeof fakeClients>['add']>[0]) => {
        asked.push(input);
        return fakeClients().add(input);
      },
    };
    const limits = ['--requests-per-minute', '60', '--tokens-per-day', '1000'];
    const ran = await run(['clients', 'add', 'ci', '--role', 'user', '--class', 'batch', ...limits, '--json'], {
      host: { clients },
    });
    expect(asked).toEqual([
      { name: 'ci', role: 'user', workClass: 'batch', requestsPerMinute: 60, tokensPerDay: 1000 },
    ]);
    expect(ran.lines()).toMatchObject([
      { key: 'nk-abcdefgh', url: 'http://127.0.0.1:4650', setups: { zed: {}, codex: {} } },
    ]);
  });

  it('refuses a role, a class, a program and a limit that there is not', async () => {
    for (const wrong of [
      ['--role', 'root'],
      ['--class', 'fast'],
      ['--for', 'emacs'],
      ['--requests-per-minute', '0'],
      ['--tokens-per-day', 'x'],
    ])
      expect((await run(['clients', 'add', 'ci', ...wrong])).code).toBe(2);
  });

  it('lists them without their keys', async () => {
    const { out } = await run(['clients', 'list'], { columns: 200, terminal: true });
    expect(out).toMatch(/zed +models +2026-11-21 13:05 +nk-abcd…/);
    expect(out).toMatch(/ci +user +batch +60 requests a minute, 1000 tokens a day +never +nk-efgh…/);
    expect((await run(['clients', 'list', '--json'])).lines()).toMatchObject([{ clients: [{ name: 'zed' }, {}] }]);
    const none = await run(['clients', 'list'], { host: { clients: { list: async () => [] } } });
    expect(none.err).toContain('clients add');
  });

  it('takes a key back', async () => {
    expect((await run(['clients', 'remove', 'zed'])).err).toContain('zed');
    expect((await run(['clients', 'rm', 'zed', '--json'])).lines()).toMatchObject([{ removed: { name: 'zed' } }]);
  });
});

describe('the set-up of a program', () => {
  it.each(setupNames)('names the host and the key: %s', (name) => {
    const { where, text } = clientSetup(name, setup);
    expect(text).toContain(setup.url);
    expect(`${where}\n${text}`).toContain(setup.key);
  });

  it.each(['zed', 'llama.vscode'] as const)('is JSON where the program reads JSON: %s', (name) => {
    expect(() => JSON.parse(clientSetup(name, setup).text) as unknown).not.toThrow();
  });

  it('says how much fits, where the program asks', () => {
    for (const name of ['zed', 'continue', 'codex'] as const) expect(clientSetup(name, setup).text).toContain('8192');
  });
});

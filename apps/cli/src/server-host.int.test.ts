import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { serve, type Served } from '@nootropic/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFakeHost } from './fake-host.test-fixture.ts';
import { modelsStatus } from './fake-models.test-fixture.ts';
import { createServerHost } from './server-host.ts';

const token = 't'.repeat(43);
let home: string;
let served: Served;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'nootropic-host-'));
  await using open = await createFakeHost().open();
  served = await serve({ assistant: open.assistant, token });
});
afterEach(async () => {
  await served[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

const hostWith = (env: Record<string, string>) =>
  createServerHost({ env, version: '1.2.3', stderr: { isTTY: false, write: () => Promise.resolve() } });

describe('the host that the environment names', () => {
  it('is asked instead of one in this process', async () => {
    const host = hostWith({ NOOTROPIC_HOME: home, NOOTROPIC_HOST: served.url, NOOTROPIC_TOKEN: token });
    await using open = await host.open();
    expect(host.remote).toBe(true);
    expect(await open.assistant.models.ps()).toEqual(modelsStatus);
  });

  it.each([
    ['another machine', { NOOTROPIC_HOST: 'http://example.com:80', NOOTROPIC_TOKEN: token }],
    [
      'a name that only begins like this machine',
      { NOOTROPIC_HOST: 'http://127.0.0.1.example.com', NOOTROPIC_TOKEN: token },
    ],
    [
      'an address with another one behind an @',
      { NOOTROPIC_HOST: 'http://127.0.0.1@example.com', NOOTROPIC_TOKEN: token },
    ],
    ['no address', { NOOTROPIC_HOST: 'here', NOOTROPIC_TOKEN: token }],
    ['no token', { NOOTROPIC_HOST: 'http://127.0.0.1:1' }],
  ])('is never given a token where it is %s', (_what, env) => {
    expect(() => hostWith({ NOOTROPIC_HOME: home, ...env })).toThrowError(expect.objectContaining({ code: 'USAGE' }));
  });

  it('is this process where none is named', () => {
    expect(hostWith({ NOOTROPIC_HOME: home }).remote).toBe(false);
  });
});

describe('settings in the user’s file', () => {
  it('are taken out again, also a value that keeps the file from being loaded', async () => {
    const host = hostWith({ NOOTROPIC_HOME: home });
    const { config: file } = host.paths();
    await host.setConfig('answer.maxTokens', '99');
    expect(await host.unsetConfig('answer.maxTokens')).toBe(true);
    expect(await host.unsetConfig('answer.maxTokens')).toBe(false);
    expect((await host.explain('answer.maxTokens')).layer).toBe('default');
    expect(dirname(file).startsWith(home)).toBe(true);
    await writeFile(file, '{ "answer": { "maxTokens": "many" } }');
    expect(await host.unsetConfig('answer.maxTokens')).toBe(true);
    expect(await readFile(file, 'utf8')).not.toContain('many');
    await expect(host.unsetConfig('nope')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

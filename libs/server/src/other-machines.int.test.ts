import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assistant, AuditEntry, HostClient } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gateCertificate } from './access-gate-certificate.ts';
import { gateApi } from './access-gate-api.ts';
import { openOtherMachines } from './other-machines.ts';
import type { Principal } from './principal.ts';
import { serve, type Served } from './serve.ts';

const token = 'o'.repeat(43);
const assistant = { sessions: { list: async () => [] } } as unknown as Assistant;
const key: Principal = { name: 'laptop', role: 'read-only', by: 'key' };
let dir: string;
let served: Served;
let audited: Pick<AuditEntry, 'actor' | 'action' | 'detail'>[];

const someKeys = { list: async () => [{}] as HostClient[] };
const noKeys = { list: async () => [] as HostClient[] };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-other-'));
  await writeFile(join(dir, 'cert.pem'), gateCertificate.cert);
  await writeFile(join(dir, 'key.pem'), gateCertificate.key);
  await writeFile(join(dir, 'short'), 'short');
  await writeFile(join(dir, 'long'), 'x'.repeat(32));
  audited = [];
});

afterEach(async () => {
  await served?.[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const files = () => ({ tlsCert: join(dir, 'cert.pem'), tlsKey: join(dir, 'key.pem') });

async function start(mostWrong?: number): Promise<void> {
  const otherMachines = await openOtherMachines(
    { bind: '127.0.0.1:0', ...files(), allowHost: ['localhost'] },
    someKeys,
  );
  served = await serve({
    ...{ assistant, token, apis: [gateApi] },
    findKey: async (given) => (given === 'laptop-key' ? key : undefined),
    otherMachines: { ...otherMachines, ...(mostWrong !== undefined && { mostWrong }) },
    audit: { append: async ({ actor, action, detail }) => void audited.push({ actor, action, detail }) },
  });
}

async function ask(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${served.otherMachinesUrl}${path}`, { headers, rejectUnauthorized: false, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe('serving other machines', () => {
  it('takes keys, and not the token of this user', async () => {
    await start();
    expect(await ask('/sessions', bearer('laptop-key'))).toBe(200);
    expect(await ask('/sessions', bearer(token))).toBe(401);
    expect(await ask('/sign-in')).toBe(401);
    expect(await ask('/health/live')).toBe(200);
  });

  it('writes a line for each call, with its client and its pattern', async () => {
    await start();
    await ask('/sessions', bearer('laptop-key'));
    await ask('/sessions/secret-id', bearer('wrong'));
    while (audited.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(audited).toEqual([
      { actor: 'laptop', action: 'call', detail: { method: 'GET', route: '/sessions', status: 200 } },
      { actor: 'unknown', action: 'call', detail: { method: 'GET', route: 'none', status: 401 } },
    ]);
  });

  it('does not listen to who tries keys out', async () => {
    await start(3);
    for (let at = 0; at < 3; at += 1) expect(await ask('/sessions', bearer(`try-${at}`))).toBe(401);
    expect(await ask('/sessions', bearer('laptop-key'))).toBe(429);
  });

  it.each([
    { what: 'without a certificate', tls: false, keys: someKeys, message: 'certificate' },
    { what: 'without anybody who may enter', tls: true, keys: noKeys, message: 'who may enter' },
  ])('does not listen $what', async ({ tls, keys, message }) => {
    const otherMachines = await openOtherMachines({ bind: '127.0.0.1:0', ...(tls && files()) }, keys);
    await expect(serve({ assistant, token, otherMachines })).rejects.toThrow(message);
  });

  it('says which file is wrong, and which address', async () => {
    const open = (more: object) => openOtherMachines({ bind: '127.0.0.1', ...files(), ...more }, someKeys);
    await expect(open({ tlsCert: join(dir, 'none.pem') })).rejects.toThrow('none.pem cannot be read');
    await expect(open({ jwtSecretFile: join(dir, 'short') })).rejects.toThrow('32 bytes');
    await expect(open({ jwksFile: join(dir, 'long') })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    for (const bind of ['', 'evil.example', '127.0.0.1:99999', '[::1', '1.2.3'])
      await expect(open({ bind })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect(await open({ bind: '[::1]:4700' })).toMatchObject({ address: '::1', port: 4700 });
    expect(await open({ bind: '0.0.0.0' })).toMatchObject({ address: '0.0.0.0', port: 4651 });
    expect(await open({ jwtSecretFile: join(dir, 'long') })).toHaveProperty('findUser');
  });
});

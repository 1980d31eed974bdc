import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UsageRow } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientKeys, tokensSinceMidnight, type ClientKeys } from './client-keys.ts';

let dir: string;
let time: number;
let keys: ClientKeys;

const open = (): ClientKeys =>
  createClientKeys({
    path: join(dir, 'clients.db'),
    now: () => time,
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nootropic-keys-'));
  time = 1000;
  keys = open();
});

afterEach(async () => {
  await keys[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

describe('keys of clients', () => {
  it('gives a key once, with 256 random bits, and keeps a digest', async () => {
    const { client, key } = await keys.add({ name: 'zed' });
    expect(key).toMatch(/^nk-[\w-]{43}$/u);
    expect(client).toEqual({ name: 'zed', role: 'models', createdAt: 1000, hint: key.slice(0, 7) });
    await keys[Symbol.asyncDispose]();
    const stored = (await readFile(join(dir, 'clients.db'))).toString('latin1');
    expect(stored).toContain('zed');
    expect(stored).not.toContain(key.slice(7));
  });

  it('knows whose key it is, also after it was opened anew, and nobody for another', async () => {
    const asked = { name: 'ci', role: 'user', workClass: 'batch', requestsPerMinute: 5, tokensPerDay: 70 } as const;
    const { key } = await keys.add(asked);
    await keys[Symbol.asyncDispose]();
    keys = open();
    expect(await keys.find(key)).toEqual({ ...asked, by: 'key' });
    for (const other of ['', key.slice(0, -1), `${key}x`, 'nk-'.padEnd(46, 'A'), "' OR 1=1 --"])
      expect(await keys.find(other)).toBeUndefined();
  });

  it('takes a key back at once, for every program that has the file open', async () => {
    const { key } = await keys.add({ name: 'zed' });
    const elsewhere = open();
    expect(await elsewhere.find(key)).toBeDefined();
    await keys.remove({ name: 'zed' });
    expect(await elsewhere.find(key)).toBeUndefined();
    await elsewhere[Symbol.asyncDispose]();
    await expect(keys.remove({ name: 'zed' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('gives no name twice, and none that has a meaning of its own', async () => {
    await keys.add({ name: 'zed' });
    for (const name of ['zed', 'local', 'open-port'])
      await expect(keys.add({ name })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    expect((await keys.list()).map(({ name }) => name)).toEqual(['zed']);
  });

  it('says when a key was last used, to the minute', async () => {
    const { key } = await keys.add({ name: 'zed' });
    const used = async () => (await keys.list())[0]?.usedAt;
    expect(await used()).toBeUndefined();
    time = 100_000;
    await keys.find(key);
    expect(await used()).toBe(100_000);
    time = 159_999;
    await keys.find(key);
    expect(await used()).toBe(100_000);
    time = 160_000;
    await keys.find(key);
    expect(await used()).toBe(160_000);
  });
});

describe('tokensSinceMidnight', () => {
  it('counts what a client had read anew and written since midnight in UTC', async () => {
    const row = { model: 'm', calls: 1, tokensReused: 1000, cost: 0, local: true };
    const asked: (number | undefined)[] = [];
    const usage = {
      sum: async (query?: { since?: number }): Promise<UsageRow[]> => {
        asked.push(query?.since);
        return [
          { ...row, client: 'zed', tokensRead: 10, tokensWritten: 5 },
          { ...row, client: 'zed', model: 'n', tokensRead: 1, tokensWritten: 1 },
          { ...row, client: 'other', tokensRead: 99, tokensWritten: 99 },
        ];
      },
    };
    const now = Date.UTC(2026, 10, 21, 13, 5);
    expect(await tokensSinceMidnight(usage, { client: 'zed', now })).toBe(17);
    expect(asked).toEqual([Date.UTC(2026, 10, 21)]);
  });
});

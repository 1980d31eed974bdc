import { describe, expect, it } from 'vitest';
import { createClientLimits } from './client-limits.ts';
import { createDoor, sameSecret } from './http-door.ts';
import { isRefusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';

const get = (headers: Record<string, string> = {}) => ({ method: 'GET', headers: new Headers(headers) });
const ci: Principal = { name: 'ci', role: 'models', by: 'key' };

describe('the door', () => {
  it('holds a client to its rate, and each to its own', async () => {
    const limited = { ...ci, requestsPerMinute: 3 };
    const door = createDoor({
      limited: createClientLimits({}),
      knows: { key: async (key) => ({ ...limited, name: key }) },
    });
    const ask = async (name: string) => door.admit(get({ authorization: `Bearer ${name}` }), 'models');
    for (let at = 0; at < 3; at += 1) expect(isRefusal(await ask('one'))).toBe(false);
    const refused = await ask('one');
    expect(refused).toMatchObject({ error: { code: 'RATE_LIMITED' } });
    const { headers = {} } = refused as { headers?: Record<string, string> };
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    expect(isRefusal(await ask('other'))).toBe(false);
  });

  it('holds a client to its tokens of the day, and says when the next begins', async () => {
    let spent = 99;
    const door = createDoor({
      knows: { key: async () => ({ ...ci, tokensPerDay: 100 }) },
      limited: createClientLimits({
        tokensToday: async (client) => (client === 'ci' ? spent : 0),
        now: () => Date.UTC(2026, 10, 21, 23, 59),
      }),
    });
    const ask = async () => door.admit(get({ 'x-api-key': 'k' }), 'models');
    expect(isRefusal(await ask())).toBe(false);
    spent = 100;
    expect(await ask()).toMatchObject({ error: { code: 'QUOTA_SPENT' }, headers: { 'retry-after': '60' } });
  });

  it('does not count what the role forbids already', async () => {
    const door = createDoor({
      limited: createClientLimits({}),
      knows: { key: async () => ({ ...ci, requestsPerMinute: 1 }) },
    });
    const headers = { authorization: 'Bearer k' };
    expect(await door.admit(get(headers), 'admin')).toMatchObject({ error: { code: 'DENIED' } });
    expect(isRefusal(await door.admit(get(headers), 'models'))).toBe(false);
  });

  it('lets a wrong key not be made good by a right cookie', async () => {
    const door = createDoor({
      knows: { token: 't'.repeat(40), cookie: () => ({ name: 'local', role: 'admin', by: 'cookie' }) },
    });
    expect(isRefusal(await door.admit(get({ cookie: 'a=b' }), 'admin'))).toBe(false);
    expect(await door.admit(get({ cookie: 'a=b', authorization: 'Bearer x' }), 'models')).toMatchObject({
      error: { code: 'UNAUTHORIZED' },
    });
  });
});

it('compares secrets whole', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  expect(sameSecret('abc', 'abd')).toBe(false);
  expect(sameSecret('abc', 'abcd')).toBe(false);
  expect(sameSecret('', '')).toBe(true);
});

import { describe, expect, it } from 'vitest';
import { enter, leave } from './entry.ts';

function tab() {
  const items = new Map<string, string>();
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  };
}

/** A host that knows one code, and whether this browser has its cookie. */
function host(code: string) {
  const asked: string[] = [];
  let cookie = false;
  const answer = async (address: Parameters<typeof fetch>[0], init?: RequestInit): Promise<Response> => {
    asked.push(`${init?.method ?? 'GET'} ${String(address)}`);
    if (address === '/sign-out') {
      cookie = false;
      return new Response(null, { status: 204 });
    }
    if (init?.method !== 'POST') return Response.json({ signedIn: cookie });
    const given = (JSON.parse(String(init.body)) as { code: string }).code;
    if (given !== code) return new Response(null, { status: 401 });
    cookie = true;
    return new Response(null, { status: 204 });
  };
  return { asked, fetch: answer };
}

const fragment = (fields: Record<string, string>): string => `#${new URLSearchParams(fields).toString()}`;

describe('enter', () => {
  it('spends the code, and enters again after a reload without it', async () => {
    const { asked, fetch } = host('abc');
    const storage = tab();
    const workspace = '/home/a b/ä&c';
    expect(await enter({ hash: fragment({ code: 'abc', workspace }), storage, fetch })).toEqual({ workspace });
    expect(await enter({ hash: '', storage, fetch })).toEqual({ workspace });
    expect(asked).toEqual(['POST /sign-in', 'GET /sign-in']);
  });

  it('keeps nothing of a code, in the address or in the tab', async () => {
    const { fetch } = host('abc');
    const storage = tab();
    const kept: string[] = [];
    const watched = { ...storage, setItem: (key: string, value: string) => void kept.push(key, value) };
    await enter({ hash: fragment({ code: 'abc', workspace: '/w' }), storage: watched, fetch });
    expect(kept.join(' ')).not.toContain('abc');
  });

  it('does not enter with a code that is none, or without a workspace', async () => {
    const { fetch } = host('abc');
    expect(await enter({ hash: fragment({ code: 'x', workspace: '/w' }), storage: tab(), fetch })).toBeUndefined();
    expect(await enter({ hash: fragment({ code: 'abc' }), storage: tab(), fetch })).toBeUndefined();
    expect(await enter({ hash: '', storage: tab(), fetch })).toBeUndefined();
  });

  it('enters with an old address as long as the cookie serves', async () => {
    const { fetch } = host('abc');
    const storage = tab();
    const hash = fragment({ code: 'abc', workspace: '/w' });
    await enter({ hash, storage, fetch });
    expect(await enter({ hash: fragment({ code: 'spent', workspace: '/w' }), storage, fetch })).toEqual({
      workspace: '/w',
    });
  });

  it('is out once it left', async () => {
    const { fetch } = host('abc');
    const storage = tab();
    await enter({ hash: fragment({ code: 'abc', workspace: '/w' }), storage, fetch });
    await leave({ storage, fetch });
    expect(await enter({ hash: fragment({ workspace: '/w' }), storage, fetch })).toBeUndefined();
  });

  it('says that the host does not answer', async () => {
    const fetch = async (): Promise<Response> => Promise.reject(new TypeError('refused'));
    const entering = enter({ hash: fragment({ code: 'a', workspace: '/w' }), storage: tab(), fetch });
    await expect(entering).rejects.toMatchObject({ code: 'HOST_UNREACHABLE' });
  });
});

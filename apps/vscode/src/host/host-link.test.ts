import { NootropicError } from '@nootropic/contracts';
import { describe, expect, it } from 'vitest';
import { assistantOver } from './host-assistant.ts';
import { createHostLink } from './host-link.ts';
import type { HostState } from './host-state.ts';

const refused = () =>
  new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });

/** A machine on which hosts come and go: each search gives the next one, and each has an answer for a request. */
function machine(answers: readonly ((request: Request) => Promise<Response>)[], isTrusted = true) {
  const seen: { readonly url: string; readonly authorization: string | null; readonly body: string }[] = [];
  let found = 0;
  const states: HostState['kind'][] = [];
  const link = createHostLink({
    isTrusted: () => isTrusted,
    find: async () => {
      found += 1;
      if (found > answers.length) throw new NootropicError('NOT_FOUND', 'No program.');
      const name = String(found);
      return { url: `http://127.0.0.1:${found}000`, token: `token-${name}`, version: '0.1.0', program: ['nootropic'] };
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const { url } = request;
      seen.push({ url, authorization: request.headers.get('authorization'), body: await request.clone().text() });
      const answer = answers[Number(new URL(url).port[0]) - 1];
      if (!answer) throw refused();
      return answer(request);
    },
  });
  link.onChange(({ kind }) => states.push(kind));
  return { link, seen, states, found: () => found };
}

const fine = async () => Response.json({ ok: true });

describe('the way to the host', () => {
  it('finds it once, with the first request, whoever asks', async () => {
    const { link, seen, states, found } = machine([fine]);
    expect(link.state).toEqual({ kind: 'idle' });
    await Promise.all([link.fetch('/host'), link.fetch('/turns'), link.endpoint()]);
    expect(found()).toBe(1);
    expect(seen.map(({ url, authorization }) => `${url} ${authorization ?? ''}`)).toEqual([
      'http://127.0.0.1:1000/host Bearer token-1',
      'http://127.0.0.1:1000/turns Bearer token-1',
    ]);
    expect(states).toEqual(['starting', 'ready']);
  });

  it('finds the next one where the last has ended, and asks it the same', async () => {
    let isGone = false;
    const { link, seen } = machine([async () => (isGone ? Promise.reject(refused()) : fine()), fine]);
    await link.fetch('/host');
    isGone = true;
    const response = await link.fetch('/search', { method: 'POST', body: '{"a":1}' });
    expect(await response.json()).toEqual({ ok: true });
    expect(seen.map(({ url, body }) => `${url} ${body}`)).toEqual([
      'http://127.0.0.1:1000/host ',
      'http://127.0.0.1:1000/search {"a":1}',
      'http://127.0.0.1:2000/search {"a":1}',
    ]);
  });

  it('looks for the token again where it is not taken any more, once', async () => {
    const no = async () => new Response(null, { status: 401 });
    expect((await machine([no, fine]).link.fetch('/host')).status).toBe(200);
    const never = machine([no, no, no]);
    expect((await never.link.fetch('/host')).status).toBe(401);
    expect(never.found()).toBe(2);
  });

  it('does not ask twice what the host may have begun', async () => {
    const { link, seen } = machine([async () => Promise.reject(new TypeError('terminated')), fine]);
    await expect(link.fetch('/turns', { method: 'POST', body: '{}' })).rejects.toThrow('terminated');
    expect(seen).toHaveLength(1);
    expect((await link.fetch('/host')).status).toBe(200);
  });

  it('says that there is no program, and tries again when it is asked again', async () => {
    const { link, states, found } = machine([]);
    await expect(link.fetch('/host')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(link.state).toMatchObject({ kind: 'missing', error: { message: 'No program.' } });
    await expect(link.fetch('/host')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(found()).toBe(2);
    expect(states).toEqual(['starting', 'missing', 'starting', 'missing']);
  });

  it('sends nothing to another address, whatever the path says', async () => {
    for (const path of ['//evil.example/x', 'http://evil.example/', '/\\evil.example', '\\\\evil.example\\x']) {
      const { link, seen } = machine([fine]);
      await link.fetch(path).catch(() => undefined);
      for (const { url } of seen) expect(new URL(url).origin).toBe('http://127.0.0.1:1000');
    }
  });

  it('refuses, while the workspace is not trusted, what changes or runs something', async () => {
    const { link, seen } = machine([fine], false);
    await expect(link.fetch('/v1/execute', { method: 'POST', body: '{}' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(seen).toEqual([]);
    await link.fetch('/turns', { method: 'POST', body: '{"text":"x","mode":"auto"}' });
    expect(seen[0]?.body).toBe('{"text":"x","mode":"plan"}');
  });

  it('carries the assistant, whose failures say what they are', async () => {
    const { link } = machine([async () => Response.json([])]);
    expect(await assistantOver(link).doctor({ workspace: '/w' })).toEqual([]);
    const none = machine([]);
    await expect(assistantOver(none.link).doctor({ workspace: '/w' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const gone = machine([async () => Promise.reject(new TypeError('terminated'))]);
    await expect(assistantOver(gone.link).doctor({ workspace: '/w' })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
    });
  });
});

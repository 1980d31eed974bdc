import type { assistantContract, Assistant, NootropicError, TurnEvent } from '@nootropic/contracts';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Principal } from './principal.ts';
import { serve, type Served } from './serve.ts';

const token = 's'.repeat(43);
const keys = new Map<string, Principal>();
let served: Served;
let ended: string[];
const open: WebSocket[] = [];

const assistant = {
  sessions: { list: async () => [] },
  clients: { list: async () => [] },
  async send({ text }: { text: string }, { signal }: { signal?: AbortSignal } = {}) {
    return (async function* (): AsyncGenerator<Partial<TurnEvent>> {
      const base = { seq: 1, time: 1, turnId: 't', sessionId: 's' };
      try {
        yield { ...base, type: 'text-delta', text } as Partial<TurnEvent>;
        if (text !== 'wait') return;
        await new Promise((resolve) => signal?.addEventListener('abort', resolve, { once: true }));
        yield { ...base, seq: 2, type: 'text-delta', text: 'last' } as Partial<TurnEvent>;
      } finally {
        ended.push(text);
      }
    })();
  },
} as unknown as Assistant;

beforeEach(async () => {
  ended = [];
  keys.clear();
  served = await serve({ assistant, token, findKey: async (key) => keys.get(key) });
});

afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await served[Symbol.asyncDispose]();
});

type Client = ContractRouterClient<typeof assistantContract>;

function connect(headers: Record<string, string> = { authorization: `Bearer ${token}` }): {
  socket: WebSocket;
  client: Client;
} {
  const socket = new WebSocket(`${served.url.replace('http', 'ws')}/ws`, { headers });
  open.push(socket);
  socket.on('error', () => undefined);
  return { socket, client: createORPCClient(new RPCLink({ websocket: socket as never })) };
}

async function statusOf(headers: Record<string, string>, path = '/ws'): Promise<number | undefined> {
  const socket = new WebSocket(`${served.url.replace('http', 'ws')}${path}`, { headers });
  open.push(socket);
  return new Promise((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('error', () => undefined);
  });
}

const closed = (socket: WebSocket): Promise<number> => new Promise((resolve) => socket.on('close', resolve));

describe('the assistant over a WebSocket', () => {
  it('answers calls and streams, many at once', async () => {
    const { client } = connect();
    expect(await client.sessions.list()).toEqual([]);
    const texts = await Promise.all(
      ['a', 'b', 'c'].map(async (text) => {
        let got = '';
        for await (const event of await client.send({ workspace: '/w', text }))
          if (event.type === 'text-delta') got += event.text;
        return got;
      }),
    );
    expect(texts).toEqual(['a', 'b', 'c']);
  });

  it('lets in who proves who they are, and nobody else', async () => {
    const { host } = new URL(served.url);
    const cookie = served.signIn.enter(served.signIn.issue().code, host)?.split(';')[0] ?? '';
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ authorization: 'Bearer x' })).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}` })).toBe(101);
    expect(await statusOf({ authorization: `Bearer ${token}`, origin: 'http://evil.example' })).toBe(403);
    expect(await statusOf({ cookie, origin: served.url })).toBe(101);
    expect(await statusOf({ cookie })).toBe(403);
    expect(await statusOf({ cookie, origin: 'null' })).toBe(403);
    expect(await statusOf({ authorization: `Bearer ${token}` }, '/other')).toBe(404);
  });

  it('holds each call to the role, and knows a key no longer once it was taken back', async () => {
    keys.set('key', { name: 'phone', role: 'read-only', by: 'key' });
    const { client } = connect({ authorization: 'Bearer key' });
    expect(await client.sessions.list()).toEqual([]);
    await expect(client.clients.list()).rejects.toMatchObject({ code: 'DENIED' });
    await expect(client.send({ workspace: '/w', text: 'a' })).rejects.toMatchObject({ code: 'DENIED' });
    keys.clear();
    await expect(client.sessions.list()).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('ends the work of a client that went away', async () => {
    const { socket, client } = connect();
    const events = await client.send({ workspace: '/w', text: 'wait' });
    await events.next();
    socket.terminate();
    while (ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    while (served.requests() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  });

  it('gives a stream its last event when the host ends, and says goodbye', async () => {
    const { socket, client } = connect();
    const events = await client.send({ workspace: '/w', text: 'wait' });
    await events.next();
    const gone = closed(socket);
    const drained = served.drain(5000);
    expect((await events.next()).value).toMatchObject({ text: 'last' });
    await drained;
    expect(await gone).toBe(1001);
  });

  it.each([
    ['too deep', '['.repeat(100), 1008],
    ['no JSON', '{', 1008],
    ['with a prototype', '{"__proto__":{}}', 1008],
    ['no text', Buffer.from('{}'), 1003],
    ['too large', 'x'.repeat(30_000_001), 1009],
  ])('hangs up on a message that is %s', async (_what, message, code) => {
    const { socket } = connect();
    await new Promise((resolve) => socket.on('open', resolve));
    const gone = closed(socket);
    socket.send(message);
    expect(await gone).toBe(code);
  });

  it('gives errors their code', async () => {
    keys.set('key', { name: 'busy', role: 'user', by: 'key', requestsPerMinute: 2 });
    const { client } = connect({ authorization: 'Bearer key' });
    // The upgrade was one.
    await client.sessions.list();
    await expect(client.sessions.list()).rejects.toMatchObject({
      code: 'RATE_LIMITED' satisfies NootropicError['code'],
    });
  });
});

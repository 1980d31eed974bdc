import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { NootropicError, type Assistant, type WireRoute } from '@nootropic/contracts';
import { createRecordingTelemetry } from '@nootropic/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gateApi } from './access-gate-api.ts';
import { serve, type Served } from './serve.ts';
import type { WireAnswer, WireApi, WireCall } from './wire-handler.ts';
import { routePattern } from './wire-mount.ts';

const token = 'w'.repeat(43);
const noted: string[] = [];

const route = (name: string, more: Partial<WireRoute> = {}): WireRoute => ({
  ...{ family: 'openai', id: `test.${name}`, method: 'POST', path: `/test/${name}`, summary: '' },
  request: z.object({ n: z.int().default(3) }),
  ...more,
});

/** Counts to `n`; between two it waits until it is let on, or ends. */
async function* count({ body, caller }: WireCall, wait: (signal: AbortSignal) => Promise<void>) {
  const { n } = body as { n: number };
  try {
    for (let at = 1; at <= n; at += 1) {
      yield { event: 'number', data: { at } };
      await wait(caller.signal);
    }
  } finally {
    noted.push('ended');
  }
}

const never = (signal: AbortSignal): Promise<void> =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );

const handlers: Record<string, (call: WireCall) => Promise<WireAnswer>> = {
  'test.events': async (call) => ({
    kind: 'events',
    headers: { 'x-test': 'yes' },
    events: count(call, async () => undefined),
  }),
  'test.lines': async (call) => ({ kind: 'lines', lines: count(call, async () => undefined) }),
  'test.waits': async (call) => ({ kind: 'events', events: count(call, never) }),
  'test.lingers': async (call) => ({
    kind: 'events',
    events: count(call, async (signal) => {
      await never(signal).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 200));
      signal.throwIfAborted();
    }),
  }),
  'test.fails': async () => ({
    kind: 'lines',
    lines: (async function* () {
      yield { at: 1 };
      throw new NootropicError('MODEL_CRASHED');
    })(),
  }),
  'test.early': async () => ({
    kind: 'events',
    events: (async function* () {
      if (Math.random() >= 0) throw new NootropicError('CONTEXT_OVERFLOW', 'Too long.');
      yield { data: '' };
    })(),
  }),
  'test.text': async () => ({
    kind: 'events',
    events: (async function* () {
      yield { data: 'two\nlines' };
      yield { data: '[DONE]' };
    })(),
  }),
  'test.flood': async ({ caller }) => ({
    kind: 'events',
    events: (async function* () {
      const data = 'x'.repeat(10_000);
      for (let at = 0; !caller.signal.aborted; at += 1) {
        noted.push('made');
        yield { data };
      }
    })(),
  }),
  'test.break': async () => Promise.reject(new TypeError('boom')),
  'test.model': async ({ params, query }) => ({ kind: 'json', status: 201, body: { params, q: query.get('q') } }),
  'test.head': async () => ({ kind: 'text', body: 'x', headers: { 'x-head': 'yes' } }),
};

const api: WireApi = {
  ...gateApi,
  routes: [
    ...['events', 'lines', 'waits', 'fails', 'early', 'text', 'flood', 'break', 'lingers'].map((name) => route(name)),
    { family: 'openai', id: 'test.model', method: 'GET', path: '/test/models/{model+}', summary: '' },
    { family: 'ollama', id: 'test.head', method: 'HEAD', path: '/test/head', summary: '' },
  ],
  handlers,
};
const anthropic: WireApi = {
  ...gateApi,
  family: 'anthropic',
  routes: [{ family: 'anthropic', id: 'other.model', method: 'GET', path: '/test/models/{model+}', summary: '' }],
  handlers: { 'other.model': async () => ({ kind: 'text', body: 'anthropic' }) },
};

let served: Served;
const telemetry = createRecordingTelemetry();

beforeEach(async () => {
  noted.length = 0;
  served = await serve({
    assistant: {} as Assistant,
    token,
    apis: [api, anthropic, gateApi],
    telemetry,
    keepAliveMs: 20,
  });
});

afterEach(async () => {
  await served[Symbol.asyncDispose]();
});

function ask(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${served.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('a mounted standard API', () => {
  it('writes events as they are written', async () => {
    const response = await ask('/test/events', { n: 2 });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-test')).toBe('yes');
    expect(await response.text()).toBe('event: number\ndata: {"at":1}\n\nevent: number\ndata: {"at":2}\n\n');
    expect(await (await ask('/test/text')).text()).toBe('data: two\ndata: lines\n\ndata: [DONE]\n\n');
  });

  it('writes lines, and an error as the last of them', async () => {
    const response = await ask('/test/fails');
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const lines = (await response.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([{ at: 1 }, { error: expect.objectContaining({ code: 'MODEL_CRASHED' }) as object }]);
  });

  it('answers a failure before the first item with its status, in the words of the API', async () => {
    const response = await ask('/test/early');
    expect(response.status).toBe(413);
    expect(await response.json()).toEqual({ error: { code: 'CONTEXT_OVERFLOW', message: 'Too long.' } });
    expect((await ask('/test/break')).status).toBe(500);
  });

  it('names the field that is wrong', async () => {
    const response = await ask('/test/events', { n: 'x' });
    expect(response.status).toBe(400);
    expect(JSON.stringify(await response.json())).toContain('n: ');
  });

  it('gives parameters, the rest of a path among them, and queries', async () => {
    const asked = fetch(`${served.url}/test/models/a/b%20c?q=1`, { headers: { authorization: `Bearer ${token}` } });
    const response = await asked;
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ params: { model: 'a/b c' }, q: '1' });
  });

  it('lets the version header choose between two APIs at one address', async () => {
    const headers = { authorization: `Bearer ${token}`, 'anthropic-version': '2023-06-01' };
    expect(await (await fetch(`${served.url}/test/models/a`, { headers })).text()).toBe('anthropic');
  });

  it('answers a HEAD that is a route of its own', async () => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${served.url}/test/head`, { method: 'HEAD', headers });
    expect(response.headers.get('x-head')).toBe('yes');
    expect((await fetch(`${served.url}/test/head`, { headers })).status).toBe(404);
  });

  it('tells the caller by key and headers', async () => {
    const headers = { 'x-nootropic-class': 'agent', 'x-nootropic-session': 's1' };
    const said = await (await ask('/gate/generate', { text: 'x' }, headers)).json();
    expect(said).toEqual({ body: { text: 'x' }, client: 'local', workClass: 'agent', session: 's1' });
    expect((await ask('/gate/generate', { text: 'x' }, { 'x-nootropic-class': 'fast' })).status).toBe(400);
  });

  it('shows that a silent stream lives', async () => {
    const abort = new AbortController();
    const asked = await fetch(`${served.url}/test/waits`, {
      ...{ method: 'POST', body: '{}', signal: abort.signal },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
    let text = '';
    for await (const chunk of asked.body ?? []) {
      text += new TextDecoder().decode(chunk as Uint8Array);
      if (text.includes(': keep-alive\n\n: keep-alive\n\n')) break;
    }
    expect(text).toMatch(/^event: number\ndata: \{"at":1\}\n\n(?:: keep-alive\n\n)+$/u);
  });

  it('ends the work when the client goes away', async () => {
    const abort = new AbortController();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${served.url}/test/waits`, {
      method: 'POST',
      body: '{}',
      headers,
      signal: abort.signal,
    });
    await response.body?.getReader().read();
    expect(served.requests()).toBe(1);
    abort.abort();
    await until(() => served.requests() === 0 && noted.includes('ended'));
  });

  it('makes no more than the client reads', async () => {
    const { port } = new URL(served.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    const body = '{}';
    socket.write(
      `POST /test/flood HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => noted.length > 10);
    let before = -1;
    while (before !== noted.length) {
      before = noted.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What the sockets of the system hold: some megabytes of 10 kB each.
    expect(noted.length).toBeLessThan(2000);
    socket.destroy();
    await until(() => served.requests() === 0);
  });

  it('counts requests by the pattern of their route', async () => {
    await (await ask('/test/events')).text();
    await fetch(`${served.url}/test/models/secret-name`, { headers: { authorization: `Bearer ${token}` } });
    await fetch(`${served.url}/somewhere/else`, { headers: { authorization: `Bearer ${token}` } });
    await until(() => served.requests() === 0);
    const text = JSON.stringify(telemetry.measured);
    expect(text).toContain('POST /test/events');
    expect(text).toContain('GET /test/models/{model+}');
    expect(text).not.toContain('secret-name');
    expect(text).not.toContain('somewhere');
  });
});

describe('draining', () => {
  it('gives every stream its last event, refuses what is new, and closes', async () => {
    const streams = await Promise.all([ask('/test/waits'), ask('/test/lingers')]);
    const texts = streams.map((response) => response.text());
    const drained = served.drain(5000);
    await expect(ask('/test/events').then(({ status }) => status)).resolves.toBe(503);
    await drained;
    for (const text of await Promise.all(texts)) {
      expect(text).toContain('"at":1');
      expect(text).toMatch(/event: error\ndata: \{"error":\{"code":"HOST_STOPPING".*\n\n$/u);
    }
    await expect(ask('/test/events')).rejects.toThrow();
    await until(() => served.connections() === 0);
  });

  it('does not wait for a connection that nobody uses', async () => {
    await (await ask('/test/events')).text();
    await served.drain(60_000);
    await until(() => served.connections() === 0);
  });
});

describe('limits', () => {
  it('makes nothing any more for a client that does not read on', async () => {
    const strict = await serve({ assistant: {} as Assistant, token, apis: [api], limits: { stallMs: 100 } });
    const { port } = new URL(strict.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(
      `POST /test/flood HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
    );
    await until(() => strict.requests() === 1);
    await until(() => strict.requests() === 0);
    socket.destroy();
    await strict[Symbol.asyncDispose]();
  });

  it('takes no headers without end, no body that is too large, and waits for neither', async () => {
    const slow = await serve({
      ...{ assistant: {} as Assistant, token, apis: [api] },
      limits: { headersMs: 200, requestMs: 300, headerBytes: 4096 },
    });
    const { port } = new URL(slow.url);
    const send = async (text: string): Promise<string> => {
      const socket = connect(Number(port), '127.0.0.1');
      let got = '';
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()));
      socket.write(text);
      await once(socket, 'close');
      return got;
    };
    const begin = `POST /test/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    expect(await send(begin)).toContain('408');
    expect(await send(`${begin}Content-Length: 100\r\n\r\n{`)).toContain('408');
    expect(await send(`${begin}X-Long: ${'x'.repeat(5000)}\r\n\r\n`)).toContain('431');
    await slow[Symbol.asyncDispose]();
    const large = await new Promise<IncomingMessage>((resolve, reject) => {
      const asked = httpRequest(`${served.url}/test/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': 64_000_000 },
      });
      asked.on('response', resolve);
      asked.on('error', reject);
      asked.flushHeaders();
    });
    expect(large.statusCode).toBe(413);
    large.destroy();
  });
});

it('writes patterns for the framework', () => {
  expect(routePattern('/v1/models/{model}')).toBe('/v1/models/:model');
  expect(routePattern('/v1/models/{model+}')).toBe('/v1/models/:model{.+}');
});

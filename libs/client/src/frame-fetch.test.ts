import { NootropicError } from '@nootropic/contracts';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from './connect.ts';
import { createFrameFetch, serveFrameFetch, type AskHost, type FramePort } from './frame-fetch.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function portOf(port: InstanceType<typeof MessageChannel>['port1'], seen?: unknown[]): FramePort {
  return {
    post: (message) => port.postMessage(message),
    onMessage(listener) {
      const receive = (event: Event): void => {
        const { data } = event as Event & { readonly data: unknown };
        seen?.push(data);
        listener(data);
      };
      port.addEventListener('message', receive);
      port.start();
      return () => port.removeEventListener('message', receive);
    },
  };
}

/** A page and what is around it, over a real channel. */
function frame(ask: AskHost) {
  const { port1, port2 } = new MessageChannel();
  /** What came to the program, and what came to the page. */
  const asked: unknown[] = [];
  const answered: unknown[] = [];
  const served = serveFrameFetch(portOf(port2, asked), ask);
  const page = createFrameFetch(portOf(port1, answered));
  ends.push(() => {
    page[Symbol.dispose]();
    served[Symbol.dispose]();
    port1.close();
    port2.close();
  });
  return { ...page, page, served, asked, answered, raw: (message: unknown) => port1.postMessage(message) };
}

const host = 'http://host.invalid';
const encode = (text: string) => new TextEncoder().encode(text);

/** Lets everything that is on its way arrive. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setTimeout(resolve));
}

describe('a fetch out of a frame', () => {
  it('carries method, path, query, body and the headers that say what it is', async () => {
    const seen: unknown[] = [];
    const { fetch } = frame(async (path, init) => {
      seen.push(path, init.method, new Headers(init.headers).get('content-type'), await new Response(init.body).text());
      return Response.json({ ok: true }, { status: 201, headers: { 'x-a': 'b', 'set-cookie': 'c=d' } });
    });
    const response = await fetch(`${host}/turns?a=b%20c`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer forged', cookie: 'a=b' },
      body: '{"ü":1}',
    });
    expect(seen).toEqual(['/turns?a=b%20c', 'POST', 'application/json', '{"ü":1}']);
    expect([response.status, response.headers.get('x-a'), response.headers.get('set-cookie')]).toEqual([
      201,
      'b',
      null,
    ]);
    expect(await response.json()).toEqual({ ok: true });
  });

  it('lets no header of the page through that could speak for it', async () => {
    const { fetch } = frame(async (_path, init) => Response.json([...new Headers(init.headers).keys()]));
    const given = { authorization: 'x', cookie: 'x', host: 'evil', origin: 'x', accept: 'a/b', 'x-forwarded-for': 'x' };
    expect(await (await fetch(`${host}/`, { headers: given })).json()).toEqual(['accept']);
  });

  it('gives every byte of a body, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200_000 }), { maxLength: 12 }), async (pieces) => {
        const { fetch } = frame(
          async () =>
            new Response(
              new ReadableStream({
                start(controller) {
                  for (const piece of pieces) if (piece.byteLength > 0) controller.enqueue(piece.slice());
                  controller.close();
                },
              }),
            ),
        );
        const all = Buffer.concat(pieces);
        expect(Buffer.from(await (await fetch(`${host}/x`)).arrayBuffer()).equals(all)).toBe(true);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it('stops the sender while nobody reads, and goes on when somebody does', async () => {
    let made = 0;
    const body = () =>
      new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            made += 1;
            if (made > 200) controller.close();
            else controller.enqueue(encode('x'));
          },
        },
        { highWaterMark: 0 },
      );
    const { fetch } = frame(async () => new Response(body()));
    const reader = (await fetch(`${host}/stream`)).body?.getReader();
    await settled();
    expect(made).toBeLessThanOrEqual(18);
    for (let count = 0; count < 10; count += 1) await reader?.read();
    await settled();
    expect(made).toBeGreaterThan(18);
    expect(made).toBeLessThanOrEqual(28);
    let rest = 10;
    while ((await reader?.read())?.done === false) rest += 1;
    expect(rest).toBe(200);
  });

  it('ends the request at the host when the page aborts before the answer, while it comes, or leaves it', async () => {
    for (const how of ['before', 'while', 'cancel', 'dispose'] as const) {
      let signal: AbortSignal | undefined;
      const { fetch, page, asked } = frame((_path, init) => {
        signal = init.signal ?? undefined;
        if (how === 'before') return new Promise<Response>(() => undefined);
        return Promise.resolve(
          new Response(new ReadableStream({ start: (controller) => controller.enqueue(encode('x')) })),
        );
      });
      const abort = new AbortController();
      const answer = fetch(`${host}/x`, { signal: abort.signal });
      const outcome = answer.then(
        () => 'answered',
        (cause: unknown) => (cause as Error).name,
      );
      await settled();
      const reader = how === 'before' ? undefined : (await answer).body?.getReader();
      if (how !== 'before') await reader?.read();
      const next =
        how === 'cancel' ? undefined : reader?.read().then(String, (cause: unknown) => (cause as Error).name);
      if (how === 'cancel') await reader?.cancel();
      else if (how === 'dispose') page[Symbol.dispose]();
      else abort.abort();
      await settled();
      expect(signal?.aborted, how).toBe(true);
      expect(await outcome).toBe(how === 'before' ? 'AbortError' : 'answered');
      if (how === 'while') expect(await next).toBe('AbortError');
      if (how === 'dispose') expect(await next).toBe('TypeError');
      expect(asked.filter((message) => (message as { type: string }).type === 'abort')).toHaveLength(1);
    }
  });

  it('says a refusal of the program as it is, and everything else as a connection that failed', async () => {
    const { fetch } = frame(async (path) => {
      if (path === '/denied') throw new NootropicError('DENIED', 'Not here.', { hint: 'Elsewhere.' });
      throw new Error('ECONNREFUSED 127.0.0.1');
    });
    await expect(fetch(`${host}/denied`)).rejects.toMatchObject({
      code: 'DENIED',
      message: 'Not here.',
      hint: 'Elsewhere.',
    });
    await expect(fetch(`${host}/else`)).rejects.toBeInstanceOf(TypeError);
    await expect(connect({ url: host, fetch, keepSeconds: 0 }).doctor({ workspace: '/w' })).rejects.toMatchObject({
      code: 'HOST_UNREACHABLE',
    });
  });

  it('breaks the body where the host breaks it', async () => {
    const { fetch } = frame(
      async () =>
        new Response(
          new ReadableStream({
            start(controller) {
              controller.enqueue(encode('half'));
              setTimeout(() => controller.error(new Error('gone')));
            },
          }),
        ),
    );
    await expect((await fetch(`${host}/x`)).text()).rejects.toBeInstanceOf(TypeError);
  });

  it('answers without a body', async () => {
    const { fetch } = frame(async () => new Response(null, { status: 204 }));
    const response = await fetch(`${host}/x`, { method: 'POST' });
    expect([response.status, await response.text()]).toEqual([204, '']);
  });

  it('carries the client', async () => {
    const { fetch } = frame(async (path) => Response.json(path === '/doctor?workspace=%2Fw' ? [] : { path }));
    expect(await connect({ url: host, fetch }).doctor({ workspace: '/w' })).toEqual([]);
  });
});

describe('the other end', () => {
  const ask = { channel: 'nootropic-fetch', type: 'ask', method: 'GET', headers: [] };

  it.each(['http://evil.example/', '//evil.example/x', '/\\evil.example/x', 'turns', '', '/a b', '/a\\b', '/a#b'])(
    'asks for no path such as %j',
    async (path) => {
      const asked: string[] = [];
      const { raw } = frame(async (at) => {
        asked.push(at);
        return new Response('x');
      });
      raw({ ...ask, id: 1, path });
      raw({ ...ask, id: 2, path: `/${'a'.repeat(9000)}` });
      raw({ ...ask, id: 3, path: '/fine' });
      await settled();
      expect(asked).toEqual(['/fine']);
    },
  );

  it('gives only paths that stay on the host, whatever a page sends, 2,000 times', async () => {
    const asked: string[] = [];
    const { raw } = frame(async (path) => {
      asked.push(path);
      return new Response(null, { status: 204 });
    });
    const path = fc.oneof(
      fc.webPath(),
      fc.webUrl(),
      fc.string(),
      fc.string({ unit: fc.constantFrom('/', '\\', '.', 'a', '@', ':', '?', '#', '%2f', '\t') }),
    );
    const wild = fc.oneof(
      fc.record({
        ...{ channel: fc.constant('nootropic-fetch'), type: fc.constant('ask'), id: fc.integer({ min: 1 }) },
        ...{ method: fc.constantFrom('GET', 'POST'), path, headers: fc.array(fc.tuple(fc.string(), fc.string())) },
      }),
      fc.record(
        {
          channel: fc.constantFrom('nootropic-fetch', 'other', 1),
          type: fc.constantFrom('ask', 'more', 'abort', 'head', 'constructor'),
          id: fc.oneof(fc.integer(), fc.string(), fc.double()),
          method: fc.oneof(fc.constantFrom('GET', 'POST', 'TRACE', 'get'), fc.string()),
          path,
          headers: fc.anything(),
          body: fc.oneof(fc.uint8Array(), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(wild, async (message) => {
        // What cannot be posted cannot come.
        try {
          raw(message);
        } catch {
          return;
        }
        await new Promise((resolve) => setTimeout(resolve));
      }),
      { numRuns: 2000, seed: 7 },
    );
    await settled();
    expect(asked.length).toBeGreaterThan(100);
    for (const path of asked) expect(new URL(path, 'http://127.0.0.1:4650').origin, path).toBe('http://127.0.0.1:4650');
  });

  it('ends what runs when it is disposed', async () => {
    let signal: AbortSignal | undefined;
    const { served, raw } = frame((_path, init) => {
      signal = init.signal ?? undefined;
      return new Promise<Response>(() => undefined);
    });
    raw({ ...ask, id: 1, path: '/x' });
    await settled();
    served[Symbol.dispose]();
    expect(signal?.aborted).toBe(true);
  });

  it('runs 256 requests at once and refuses the next', async () => {
    const { raw, answered } = frame(() => new Promise<Response>(() => undefined));
    for (let id = 1; id <= 257; id += 1) raw({ ...ask, id, path: '/x' });
    await settled();
    expect(answered).toMatchObject([{ type: 'fail', id: 257 }]);
  });
});

import { NootropicError, workClasses, type WireRoute, type WorkClass } from '@nootropic/contracts';
import type { Hono } from 'hono';
import { roleOfWireRoute } from './access.ts';
import { streamHeaders, type HttpContext, type HttpEnv } from './http-app.ts';
import { parseJson, readJsonText } from './http-body.ts';
import type { Door } from './http-door.ts';
import { isRefusal, refusalHeaders, type Refusal } from './http-refusal.ts';
import { redactError } from './redact-error.ts';
import type { WireAnswer, WireApi, WireCall, WireEvent } from './wire-handler.ts';
import type { Principal } from './principal.ts';
import { bodyError } from './wire-issue.ts';

export interface WireMountOptions {
  readonly apis: readonly WireApi[];
  readonly door: Door;
  /** Default 15 000: how long a stream of events may be silent, in milliseconds, before a comment shows that it lives. */
  readonly keepAliveMs?: number;
}

interface Mounted {
  readonly api: WireApi;
  readonly route: WireRoute;
}

/**
 * Puts the standard APIs onto an app: bodies are parsed by the schemas of their routes, answers and errors written in the words of their API. Where two APIs
 * have the same address, that of Anthropic takes the requests with its version header.
 */
export function mountWire(app: Hono<HttpEnv>, options: WireMountOptions): void {
  const byAddress = new Map<string, Mounted[]>();
  for (const api of options.apis)
    for (const route of api.routes) {
      const address = `${route.method} ${route.path}`;
      byAddress.set(address, [...(byAddress.get(address) ?? []), { api, route }]);
    }
  for (const mounted of byAddress.values()) {
    const [first] = mounted;
    if (!first) continue;
    const { method, path } = first.route;
    // The framework looks for a HEAD among the GETs.
    app.on(method === 'HEAD' ? 'GET' : method, routePattern(path), (context, next) => {
      if (method === 'HEAD' && context.req.method !== 'HEAD') return next();
      const anthropic = context.req.header('anthropic-version') !== undefined;
      const chosen = mounted.find(({ route }) => (route.family === 'anthropic') === anthropic) ?? first;
      return answer(context, chosen, options);
    });
  }
}

/** `/v1/models/{model}` as the framework writes it; `{model+}` takes the rest of the path. */
export function routePattern(path: string): string {
  return path.replaceAll(/\{(?<name>[^}+]+)(?<rest>\+?)\}/gu, (_all, name: string, rest: string) =>
    rest === '' ? `:${name}` : `:${name}{.+}`,
  );
}

async function answer(context: HttpContext, { api, route }: Mounted, options: WireMountOptions): Promise<Response> {
  const { flight, seen } = context.env;
  const request = context.req.raw;
  seen.route = route.path;
  try {
    const admission = await options.door.admit(request, roleOfWireRoute(route));
    if (isRefusal(admission)) return failure(api, admission);
    seen.client = admission.principal.name;
    const call: WireCall = {
      body: route.request && parseBody(route.request, await readJsonText(request)),
      params: context.req.param(),
      query: new URL(request.url).searchParams,
      headers: request.headers,
      caller: { ...callerOf(admission.principal, request.headers), signal: flight.signal },
    };
    const handler = api.handlers[route.id];
    if (!handler) throw new NootropicError('INTERNAL', `Nothing answers ${route.id}.`);
    return await toResponse(await handler(call), { context, api, keepAliveMs: options.keepAliveMs ?? 15_000 });
  } catch (cause) {
    return failure(api, { error: NootropicError.from(cause) });
  }
}

function failure(api: WireApi, refusal: Refusal): Response {
  const { status, body } = api.error(redactError(refusal.error));
  return Response.json(body, { status, headers: refusalHeaders({ ...refusal, status }) });
}

function parseBody(schema: NonNullable<WireRoute['request']>, text: string): unknown {
  const parsed = schema.safeParse(text === '' ? {} : parseJson(text));
  if (parsed.success) return parsed.data;
  throw bodyError(parsed.error);
}

function callerOf(principal: Principal, headers: Headers): Omit<WireCall['caller'], 'signal'> {
  const asked = headers.get('x-nootropic-class');
  if (asked !== null && !isWorkClass(asked))
    throw new NootropicError('INPUT_INVALID', `x-nootropic-class is one of ${workClasses.join(', ')}.`);
  const workClass = principal.by === 'open-port' ? 'batch' : (asked ?? principal.workClass);
  const session = headers.get('x-nootropic-session');
  return {
    client: principal.name,
    ...(workClass && { workClass }),
    // Who has no key must not decide where things are sent.
    ...(principal.by === 'open-port' && { listedOnly: true }),
    ...(session !== null && session !== '' && { session: session.slice(0, 200) }),
  };
}

function isWorkClass(text: string): text is WorkClass {
  return (workClasses as readonly string[]).includes(text);
}

interface Answering {
  readonly context: HttpContext;
  readonly api: WireApi;
  readonly keepAliveMs: number;
}

async function toResponse(given: WireAnswer, { context, api, keepAliveMs }: Answering): Promise<Response> {
  const headers = { ...given.headers };
  if (given.kind === 'json') return Response.json(given.body, { status: given.status ?? 200, headers });
  if (given.kind === 'text')
    return new Response(given.body, {
      status: given.status ?? 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
    });
  context.env.flight.streams();
  const chunks = given.kind === 'events' ? eventChunks(given.events, api) : lineChunks(given.lines, api);
  // Until the first item is there, a failure can still be an answer of its own.
  const first = await chunks.next();
  const type = given.kind === 'events' ? 'text/event-stream; charset=utf-8' : 'application/x-ndjson';
  return new Response(streamOf(first, chunks, given.kind === 'events' ? keepAliveMs : undefined), {
    headers: { 'content-type': type, 'cache-control': 'no-store', ...streamHeaders, ...headers },
  });
}

async function* eventChunks(events: AsyncIterable<WireEvent>, api: WireApi): AsyncGenerator<string, void> {
  let begun = false;
  try {
    for await (const event of events) {
      begun = true;
      yield eventText(event);
    }
  } catch (cause) {
    if (!begun) throw cause;
    yield eventText(api.errorEvent(redactError(NootropicError.from(cause))));
  }
}

async function* lineChunks(lines: AsyncIterable<unknown>, api: WireApi): AsyncGenerator<string, void> {
  let begun = false;
  try {
    for await (const line of lines) {
      begun = true;
      yield `${JSON.stringify(line)}\n`;
    }
  } catch (cause) {
    if (!begun) throw cause;
    yield `${JSON.stringify(api.errorEvent(redactError(NootropicError.from(cause))).data)}\n`;
  }
}

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html writes an event. */
function eventText({ event, data }: WireEvent): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  const name = event === undefined ? '' : `event: ${event}\n`;
  return `${name}${text
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('')}\n`;
}

/** Chunks as fast as they are read and no faster; leaving the stream ends what makes them. */
function streamOf(
  first: IteratorResult<string, void>,
  chunks: AsyncGenerator<string, void>,
  keepAliveMs: number | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let next: IteratorResult<string, void> | undefined = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const alive =
          keepAliveMs === undefined
            ? undefined
            : setInterval(() => controller.enqueue(encoder.encode(': keep-alive\n\n')), keepAliveMs);
        try {
          const item = next ?? (await chunks.next());
          next = undefined;
          if (item.done === true) controller.close();
          else controller.enqueue(encoder.encode(item.value));
        } finally {
          clearInterval(alive);
        }
      },
      async cancel() {
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

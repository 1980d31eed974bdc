import { NootropicError, type Telemetry } from '@nootropic/contracts';
import { Hono } from 'hono';
import type { Needs } from './access.ts';
import { mountApiDocs } from './api-docs.ts';
import { refuse, type HttpContext, type HttpEnv } from './http-app.ts';
import { createAssistantFetch, type AssistantRouter } from './http-assistant.ts';
import { parseJson, readJsonText } from './http-body.ts';
import type { Door } from './http-door.ts';
import type { Flights } from './http-flights.ts';
import { answerWithFile, type PageFile } from './http-page.ts';
import { isRefusal, type Refusal } from './http-refusal.ts';
import type { Principal } from './principal.ts';
import { redactText } from './redact-error.ts';
import type { SignIn } from './sign-in.ts';
import type { WireApi } from './wire-handler.ts';
import { mountWire } from './wire-mount.ts';

/** A part of the server that answers requests below one path by itself, as the Model Context Protocol does. */
export interface HttpMount {
  /** `/mcp` */
  readonly path: string;
  readonly methods: readonly string[];
  readonly role: Needs;
  /** Aborting `signal` means that the client has gone or that the host ends. */
  fetch(request: Request, asked: { readonly principal: Principal; readonly signal: AbortSignal }): Promise<Response>;
}

export interface HostRoutesOptions {
  readonly door: Door;
  readonly flights: Flights;
  readonly apis: readonly WireApi[];
  readonly keepAliveMs?: number;
  readonly router?: AssistantRouter;
  readonly page?: ReadonlyMap<string, PageFile>;
  /** Of the program: with it the OpenAPI document and its page are served. */
  readonly version?: string;
  readonly signIn?: SignIn;
  readonly telemetry?: Telemetry;
  readonly mounts?: readonly HttpMount[];
}

/** Every route of one port. */
export function hostRoutes(options: HostRoutesOptions): Hono<HttpEnv> {
  const { door, flights, page, telemetry, router, signIn } = options;
  const app = new Hono<HttpEnv>();
  app.onError((cause) => refuse({ error: NootropicError.from(cause) }));
  mountHealth(app, options);
  app.use((_context, next) =>
    flights.stopping.aborted
      ? Promise.resolve(refuse({ error: new NootropicError('HOST_STOPPING'), headers: { connection: 'close' } }))
      : next(),
  );
  if (page) mountPage(app, page);
  if (options.version !== undefined) mountApiDocs(app, options.version);
  if (signIn) mountSignIn(app, signIn);
  mountWire(app, options);
  for (const mount of options.mounts ?? [])
    app.on([...mount.methods], mount.path, async (context) => {
      const { flight, seen } = context.env;
      seen.route = mount.path;
      const admission = await door.admit(context.req.raw, mount.role);
      if (isRefusal(admission)) return refuse(admission);
      seen.client = admission.principal.name;
      return mount.fetch(context.req.raw, { principal: admission.principal, signal: flight.signal });
    });
  if (telemetry)
    app.get('/metrics', async (context) => {
      context.env.seen.route = '/metrics';
      const admission = await door.admit(context.req.raw, 'read-only');
      if (isRefusal(admission)) return refuse(admission);
      return new Response(await telemetry.metrics(), {
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      });
    });
  const assistant = router && createAssistantFetch(router);
  app.all('*', async (context) => {
    const { flight, seen } = context.env;
    const proven = await door.prove(context.req.raw);
    if (isRefusal(proven)) return refuse(proven);
    const { principal } = proven;
    const answered = await assistant?.(context.req.raw, {
      admit: async (needs) => (await door.permit(principal, needs)) ?? proven,
      // The request itself is a flight already, which ends when the answer is out.
      begin: () => ({ ...flight, end: () => undefined }),
      signal: flight.signal,
      seen,
    });
    return answered ?? refuse(noRoute(context));
  });
  return app;
}

function readablePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function noRoute(context: HttpContext): Refusal {
  // A secret that is cut, or written as a part of an address, would not be known as one.
  const path = redactText(readablePath(context.req.path)).slice(0, 200);
  return {
    error: new NootropicError('NOT_FOUND', `There is no route ${context.req.method} ${path}.`, {
      hint: 'See docs/reference/openapi.json.',
    }),
  };
}

/** For whoever watches over the host: it lives, it has started (or nothing would listen), it takes new work. */
function mountHealth(app: Hono<HttpEnv>, { flights }: HostRoutesOptions): void {
  const checks: Readonly<Record<string, () => boolean>> = {
    live: () => true,
    startup: () => true,
    ready: () => !flights.stopping.aborted,
  };
  for (const [name, check] of Object.entries(checks))
    app.get(`/health/${name}`, (context) => {
      context.env.seen.route = `/health/${name}`;
      const ok = check();
      return Response.json({ status: ok ? 'ok' : 'ending' }, { status: ok ? 200 : 503 });
    });
}

function mountPage(app: Hono<HttpEnv>, page: ReadonlyMap<string, PageFile>): void {
  for (const [address, file] of page)
    app.get(address, (context) => {
      context.env.seen.route = '/';
      return answerWithFile(file, context.req.raw);
    });
}

function mountSignIn(app: Hono<HttpEnv>, signIn: SignIn): void {
  const hostOf = (context: HttpContext): string => context.req.header('host') ?? '';
  const cookiesOf = (context: HttpContext): string => context.req.header('cookie') ?? '';
  app.get('/sign-in', (context) => {
    context.env.seen.route = '/sign-in';
    return Response.json({ signedIn: signIn.who(cookiesOf(context), hostOf(context)) !== undefined });
  });
  app.post('/sign-in', async (context) => {
    context.env.seen.route = '/sign-in';
    const given = parseJson(await readJsonText(context.req.raw, { bytes: 1000, depth: 1, keys: 1 }));
    const code = typeof given === 'object' && given !== null && 'code' in given ? given.code : undefined;
    const cookie = typeof code === 'string' ? signIn.enter(code, hostOf(context)) : undefined;
    if (cookie === undefined)
      return refuse({
        error: new NootropicError('UNAUTHORIZED', 'This code is not valid, or not any more.', {
          hint: 'Open the page anew with `nootropic serve` or `nootropic status`.',
        }),
      });
    return new Response(null, { status: 204, headers: { 'set-cookie': cookie, 'cache-control': 'no-store' } });
  });
  app.post('/sign-out', (context) => {
    context.env.seen.route = '/sign-out';
    const cookie = signIn.leave(cookiesOf(context), hostOf(context));
    return new Response(null, { status: 204, headers: { 'set-cookie': cookie, 'cache-control': 'no-store' } });
  });
}

import { assistantContract } from '@nootropic/contracts';
import { pageHeaders, type PageFile } from '@nootropic/server/page';

/** The page's own scheme: no file of the disk has an address in it. */
export const pageScheme = 'app';
export const pageOrigin = `${pageScheme}://nootropic`;

/** What the scheme may, for `protocol.registerSchemesAsPrivileged`: it is a secure origin like any other, and no exception to any rule. */
export const pagePrivileges = {
  standard: true,
  secure: true,
  supportFetchAPI: true,
  stream: true,
  corsEnabled: false,
  bypassCSP: false,
  allowServiceWorkers: false,
} as const;

export interface PageProtocolOptions {
  /** The files of the page by their address, see `readPage`. */
  readonly files: ReadonlyMap<string, PageFile>;
  /** The host that runs now. */
  readonly host: () => { readonly url: string; readonly token: string } | undefined;
  readonly fetch: typeof fetch;
}

/** Headers that a page may send on. */
const passedHeaders = ['accept', 'content-type', 'last-event-id'] as const;

/**
 * Answers every request of the page: its own files from memory, and what the contract of the assistant names from the host. The token is put on here, so that
 * the page never has it; the body goes both ways as a stream, and a request that the page gives up is given up at the host.
 */
export function createPageProtocol({
  files,
  host,
  fetch,
}: PageProtocolOptions): (request: Request) => Promise<Response> {
  const isAsked = contractPaths();
  return async (request) => {
    const url = new URL(request.url);
    if (url.protocol !== `${pageScheme}:` || url.host !== 'nootropic') return refusal(404);
    const file = files.get(url.pathname);
    if (file && (request.method === 'GET' || request.method === 'HEAD'))
      return new Response(request.method === 'HEAD' ? null : Uint8Array.from(file.bytes), {
        headers: { ...pageHeaders, 'content-type': file.type },
      });
    if (!isAsked(request.method, url.pathname)) return refusal(404);
    const at = host();
    if (!at) return refusal(503);
    const headers = new Headers({ authorization: `Bearer ${at.token}` });
    for (const name of passedHeaders) {
      const value = request.headers.get(name);
      if (value !== null) headers.set(name, value);
    }
    try {
      const answer = await fetch(`${at.url}${url.pathname}${url.search}`, {
        method: request.method,
        headers,
        signal: request.signal,
        redirect: 'error',
        ...(request.body && { body: request.body, duplex: 'half' }),
      });
      return new Response(answer.body, {
        status: answer.status,
        headers: {
          'content-type': answer.headers.get('content-type') ?? 'application/json',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        },
      });
    } catch (cause) {
      if (request.signal.aborted) throw cause;
      return refusal(502);
    }
  };
}

function refusal(status: number): Response {
  return new Response(null, { status, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } });
}

/** Whether a route of the contract answers here. */
function contractPaths(): (method: string, path: string) => boolean {
  const routes = new Map<string, RegExp[]>();
  const walk = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const route = (part as { '~orpc'?: { route?: { method?: string; path?: string } } })['~orpc']?.route;
    if (route === undefined) {
      for (const child of Object.values(part)) walk(child);
      return;
    }
    const { method = 'POST', path = '/' } = route;
    const pattern = new RegExp(
      `^${path
        .split(/\{[^}]+\}/u)
        .map((piece) => piece.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`))
        .join('[^/]+')}$`,
      'u',
    );
    routes.set(method, [...(routes.get(method) ?? []), pattern]);
  };
  walk(assistantContract);
  return (method, path) => (routes.get(method) ?? []).some((pattern) => pattern.test(path));
}

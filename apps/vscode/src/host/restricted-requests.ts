/** What may be asked of the host while the workspace is not trusted: to look, and to talk. */
const allowedPosts: readonly RegExp[] = [
  /^\/turns$/u,
  /^\/turns\/(resume|stop|steer)$/u,
  /^\/(search|gather|graph|map|index|index\/status|index\/pause)$/u,
  /^\/sessions\/(search|[^/]+\/(rename|fork|export))$/u,
  /^\/files\/(read|find)$/u,
  /^\/changes\/(diff|file)$/u,
  /^\/completions(\/state|\/report)?$/u,
  /^\/(v1\/chat\/completions|tokenize)$/u,
  /^\/models\/(search|plan|load|unload|pull)$/u,
];

export interface HostRequest {
  readonly method: string;
  /** From the root of the host, with its query. */
  readonly path: string;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/**
 * The same request as it may be made while the workspace is not trusted; `undefined` where it may not. A task becomes one in plan mode, in which an agent
 * reads and nothing else is offered to it. The host asks for the trust of a folder as well; this holds also where the person trusts the folder there
 * and not here.
 */
export function asRestricted(request: HostRequest): HostRequest | undefined {
  const { method, path, body } = request;
  if (method === 'GET' || method === 'HEAD') return request;
  const [route = ''] = path.split('?');
  if (method !== 'POST' || !allowedPosts.some((allowed) => allowed.test(route))) return undefined;
  if (route !== '/turns') return request;
  try {
    const input: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof input !== 'object' || input === null || Array.isArray(input)) return undefined;
    const isTask = 'mode' in input || 'agent' in input;
    const restricted = { ...input, ...(isTask && { mode: 'plan' }) };
    return { ...request, body: new TextEncoder().encode(JSON.stringify(restricted)) };
  } catch {
    return undefined;
  }
}

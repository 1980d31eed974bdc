import type { Assistant } from '@nootropic/contracts';
import { asActor } from './audit.ts';
import type { HttpMount } from './http-routes.ts';
import { createMcpEndpoint, type McpEndpoint } from './mcp-http.ts';
import { createMcpServerFactory } from './mcp-server.ts';

/** `/mcp` of the host: behind the same guard as everything else, each client with what its role permits. */
export function createMcpMount(options: {
  readonly assistant: Assistant;
  readonly version: string;
}): HttpMount & AsyncDisposable {
  return mountOf(createMcpEndpoint({ factory: createMcpServerFactory(options) }));
}

export function mountOf(endpoint: McpEndpoint): HttpMount & AsyncDisposable {
  return {
    path: '/mcp',
    methods: ['GET', 'POST', 'DELETE'],
    role: 'models',
    fetch: (request, { principal }) => asActor(principal.name, () => endpoint.fetch(request, principal)),
    [Symbol.asyncDispose]: () => endpoint[Symbol.asyncDispose](),
  };
}

import type { Principal } from './principal.ts';
import type { WireApi } from './wire-handler.ts';

/** Who asks on the port for clients that cannot send a key: everybody on this machine, as one client. */
export const openPortPrincipal: Principal = { name: 'open-port', role: 'models', by: 'open-port' };

/** What is served there: generate, embed and list. */
export function openApis(apis: readonly WireApi[]): WireApi[] {
  return apis
    .map((api) => ({ ...api, routes: api.routes.filter(({ open }) => open === true) }))
    .filter(({ routes }) => routes.length > 0);
}

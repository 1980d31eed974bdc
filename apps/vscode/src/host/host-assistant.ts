import { connect } from '@nootropic/client';
import type { Assistant } from '@nootropic/contracts';
import type { HostLink } from './host-link.ts';

/** The assistant of whatever host runs: each request goes to the one that the link knows. */
export function assistantOver(link: Pick<HostLink, 'fetch'>): Assistant {
  return connect({
    // Stands for the host, whose address is known only when a request is sent; the name cannot exist (RFC 6761).
    url: 'http://host.invalid',
    fetch: async (request, init) => {
      const whole = new Request(request, init);
      const { pathname, search } = new URL(whole.url);
      return link.fetch(`${pathname}${search}`, {
        method: whole.method,
        headers: whole.headers,
        signal: whole.signal,
        ...(whole.body && { body: await whole.arrayBuffer() }),
      });
    },
  });
}

import { NootropicError } from '@nootropic/contracts';
import { isLoopback } from './model-ref.ts';

export interface HuggingfaceFetchOptions {
  readonly fetch: typeof globalThis.fetch;
  /** Default `https://huggingface.co`. */
  readonly endpoint?: string;
  /** Sent to the endpoint's origin and nowhere else. */
  readonly token?: string | undefined;
}

export const huggingfaceUrl = 'https://huggingface.co';

const mostRedirects = 5;

/**
 * A `fetch` that adds the token to requests to the endpoint's own origin. Redirects are followed here, so that the token does not go with
 * one to a server of files, and not over a connection that others can read. Other requests pass unchanged: a store can download through it.
 */
export function createHuggingfaceFetch(options: HuggingfaceFetchOptions): typeof globalThis.fetch {
  const { fetch, token } = options;
  const endpoint = readEndpoint(options.endpoint);
  const { origin, protocol } = new URL(endpoint);
  const mayCarry = token !== undefined && token !== '' && (protocol === 'https:' || isLoopback(endpoint));
  return async (input, init = {}) => {
    let url = new URL(input instanceof Request ? input.url : String(input));
    if (url.origin !== origin || init.redirect === 'manual') return fetch(input, init);
    for (let hop = 0; hop <= mostRedirects; hop += 1) {
      const headers = new Headers(init.headers);
      headers.delete('authorization');
      if (mayCarry && url.origin === origin) headers.set('authorization', `Bearer ${token}`);
      const response = await fetch(url, { ...init, headers: Object.fromEntries(headers), redirect: 'manual' });
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return response;
      await response.body?.cancel();
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && url.protocol === 'https:')
        throw new NootropicError(
          'SOURCE_UNREACHABLE',
          `${url.host} redirects to ${next.origin}, which is not encrypted; this is not followed.`,
        );
      url = next;
    }
    throw new NootropicError('SOURCE_UNREACHABLE', `${origin} redirects more than ${mostRedirects} times.`);
  };
}

/** An endpoint in one form, without a slash at its end. */
export function readEndpoint(endpoint: string | undefined): string {
  if (endpoint === undefined || endpoint.trim() === '') return huggingfaceUrl;
  const url = URL.parse(endpoint.trim());
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new NootropicError('CONFIG_INVALID', `HF_ENDPOINT is not an address of the form https://HOST: ${endpoint}`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

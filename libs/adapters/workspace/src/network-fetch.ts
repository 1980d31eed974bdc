import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { NootropicError } from '@nootropic/contracts';
import { isPublicAddress, plainHost } from './network-address.ts';
import { resolveBySystem, type ResolveHost } from './network-proxy.ts';

export interface PublicFetchOptions {
  /** Default: the system's resolver. */
  readonly resolve?: ResolveHost;
  /** Whether an address may be connected to. Default: those of the internet. */
  readonly isPermittedAddress?: (address: string) => boolean;
}

const decoders = { gzip: createGunzip, 'x-gzip': createGunzip, br: createBrotliDecompress, deflate: createInflate };
/** Statuses whose answers have no body. https://fetch.spec.whatwg.org/#null-body-status */
const withoutBody = [101, 103, 204, 205, 304];

/**
 * A `fetch` that reaches the internet and nothing else: no loopback, no private network, no metadata of a cloud. A name is resolved once, and the
 * address that was checked is the one that is connected to. It gets and does nothing else; a redirect is given back, never followed; there are no
 * cookies, and a proxy of the environment is not used.
 *
 * @throws `INPUT_INVALID` for another scheme or method, `DENIED` for an address that does not lie on the internet.
 */
export function createPublicFetch(options: PublicFetchOptions = {}): typeof globalThis.fetch {
  const { resolve = resolveBySystem, isPermittedAddress = isPublicAddress } = options;
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!/^https?:$/u.test(url.protocol) || (init.method ?? 'GET').toUpperCase() !== 'GET')
      throw new NootropicError(
        'INPUT_INVALID',
        `${url.protocol}//${url.host} is not asked: only pages of the web are.`,
      );
    const host = plainHost(url.hostname);
    const addresses = isIP(host) === 0 ? await resolve(host) : [host];
    const address = addresses.find((one) => isPermittedAddress(one));
    if (address === undefined)
      throw new NootropicError('DENIED', `${host} does not lie on the internet, and is not asked.`, {
        hint: 'Only addresses of the internet are fetched: not those of this machine or of its network.',
      });
    return ask(url, address, init);
  };
}

function ask(url: URL, address: string, { headers, signal }: RequestInit): Promise<Response> {
  const family = isIP(address);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const plain = new URL(url);
  plain.username = '';
  plain.password = '';
  return new Promise((give, reject) => {
    const sent = request(plain, {
      agent: false,
      headers: {
        'user-agent': 'nootropic',
        ...Object.fromEntries(new Headers(headers)),
        'accept-encoding': 'gzip, br',
      },
      ...(signal && { signal }),
      // An address is never looked up: it is what was checked.
      lookup: (_host, { all }, found) => {
        if (all) found(null, [{ address, family }]);
        else found(null, address, family);
      },
    });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      try {
        give(responseOf(answer));
      } catch (error) {
        answer.destroy();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    sent.end();
  });
}

function responseOf(answer: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headersDistinct)) {
    if (name !== 'set-cookie') for (const one of value ?? []) headers.append(name, one);
  }
  const status = answer.statusCode ?? 502;
  const encoding = (headers.get('content-encoding') ?? '').trim().toLowerCase();
  const decoder = Object.hasOwn(decoders, encoding) ? decoders[encoding as keyof typeof decoders] : undefined;
  const body = decoder ? answer.pipe(decoder()) : answer;
  // What breaks off is an error of the body, and what is not read any more is not received either.
  if (body !== answer) {
    answer.once('error', (error) => body.destroy(error));
    body.once('close', () => answer.destroy());
  }
  if (withoutBody.includes(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(body) as ReadableStream<Uint8Array>, { status, headers });
}

import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { NootropicError } from '@nootropic/contracts';
import { isLoopback } from './model-ref.ts';

export interface NetworkFetchOptions {
  /** The environment: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY` (or in small letters, which win), `SSL_CERT_FILE`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Milliseconds without a byte, before the answer or within it, after which a request fails. Default 15 minutes: the longest silence that
   * any caller allows a server that thinks; those who know better watch closer. How long an answer takes as a whole is not limited.
   */
  readonly silenceMs?: number;
  /** Milliseconds to connect. Default 30000. */
  readonly connectMs?: number;
}

/**
 * The `fetch` for everything that leaves this machine: through the proxy that the environment names, trusting the system's authorities,
 * those of `NODE_EXTRA_CA_CERTS` (which Node.js reads at its start) and those in the file `SSL_CERT_FILE`. Loopback addresses never
 * go through a proxy. Nothing is read or loaded before the first request.
 *
 * Rejects with `CONFIG_INVALID` where a variable holds something that cannot be used.
 */
export function createNetworkFetch(options: NetworkFetchOptions): typeof globalThis.fetch {
  let ready: ReturnType<typeof prepare> | undefined;
  return async (input, init) => {
    ready ??= prepare(options);
    const { send, direct, proxied } = await ready;
    const url = input instanceof Request ? input.url : String(input);
    const dispatcher = isLoopback(url) ? direct : proxied;
    // The package has classes of its own with the names of the global ones: a request is taken apart for it.
    const parts = input instanceof Request ? { ...requestParts(input), ...init } : init;
    return (await send(url, { ...parts, dispatcher } as Parameters<typeof send>[1])) as unknown as Response;
  };
}

async function prepare({ env, silenceMs = 900_000, connectMs = 30_000 }: NetworkFetchOptions) {
  const { Agent, EnvHttpProxyAgent, buildConnector, fetch } = await import('undici');
  const ca = await authorities(env['SSL_CERT_FILE']);
  let context: SecureContext | undefined;
  // Reading the certificates takes tens of milliseconds in which this thread does nothing else: once, and not for each connection.
  const secureContext = (): SecureContext => (context ??= createSecureContext(ca === undefined ? {} : { ca }));
  const plain = buildConnector({ timeout: connectMs });
  let secure: typeof plain | undefined;
  const connect: typeof plain = (options, callback) => {
    if (options.protocol !== 'https:') return plain(options, callback);
    secure ??= buildConnector({ timeout: connectMs, secureContext: secureContext() });
    return secure(options, callback);
  };
  const limits = { headersTimeout: silenceMs, bodyTimeout: silenceMs, connect };
  const all = variable(env, 'all_proxy');
  const addresses = {
    // Empty texts, since the package would look into the process's own environment for what is not given.
    httpProxy: proxyAddress('HTTP_PROXY', variable(env, 'http_proxy') || all),
    httpsProxy: proxyAddress('HTTPS_PROXY', variable(env, 'https_proxy') || all),
    noProxy: variable(env, 'no_proxy'),
  };
  const isProxied = addresses.httpProxy !== '' || addresses.httpsProxy !== '';
  return {
    send: fetch,
    direct: new Agent(limits),
    proxied: new EnvHttpProxyAgent({
      ...{ ...limits, ...addresses },
      ...(isProxied && {
        requestTls: { secureContext: secureContext() },
        proxyTls: { secureContext: secureContext() },
      }),
    }),
  };
}

function variable(env: NetworkFetchOptions['env'], name: string): string {
  return (env[name] ?? env[name.toUpperCase()] ?? '').trim();
}

function proxyAddress(name: string, value: string): string {
  if (value === '') return '';
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.parse(address);
  // The value is not shown: it may hold a password.
  if (url === null || !/^(https?|socks5):$/.test(url.protocol))
    throw new NootropicError('CONFIG_INVALID', `${name} in the environment is not the address of a proxy.`, {
      hint: `Set it to http://HOST:PORT, or remove it.`,
    });
  return address;
}

async function authorities(file: string | undefined): Promise<string[] | undefined> {
  if (file === undefined || file === '') return undefined;
  try {
    return [...getCACertificates('default'), await readFile(file, 'utf8')];
  } catch (cause) {
    throw new NootropicError('CONFIG_INVALID', `The file that SSL_CERT_FILE names cannot be read: ${file}`, {
      cause,
      hint: 'Set SSL_CERT_FILE to a file of certificates in PEM form, or remove it.',
    });
  }
}

function requestParts(request: Request): RequestInit {
  const { method, headers, body, signal, redirect } = request;
  return {
    method,
    headers: Object.fromEntries(headers),
    signal,
    redirect,
    ...(body !== null && { body, duplex: 'half' }),
  };
}

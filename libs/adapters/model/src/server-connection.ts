import { NootropicError } from '@nootropic/contracts';
import { refusal, unreachable, waitOf } from './server-errors.ts';

export type Fetch = typeof globalThis.fetch;

/** A connection to one model server. Every request of a runtime goes through it. */
export interface ServerConnection {
  /** The address as in the reference, without a trailing slash. */
  readonly url: string;
  /** `fetch` for this server only: a request elsewhere, a redirect or an error status rejects with a `NootropicError`. */
  fetchWith(options: {
    readonly signal: AbortSignal;
    readonly onBytes: (text: string) => void;
    /** Sees the headers of an answer before its body. */
    readonly onAnswer?: ((headers: Headers) => void) | undefined;
  }): Fetch;
  /** Sends JSON (or asks, without a body) and gives the parsed answer. */
  json(
    url: string,
    options: {
      readonly signal: AbortSignal;
      readonly body?: unknown;
      readonly onBytes?: (() => void) | undefined;
      readonly onAnswer?: ((headers: Headers) => void) | undefined;
    },
  ): Promise<unknown>;
}

export interface ServerConnectionOptions {
  readonly url: string;
  readonly fetch: Fetch;
  /** Sent with every request to this server's origin, and nowhere else. */
  readonly apiKey?: string | undefined;
  /** The header that the key is sent in. Default `authorization`, as a bearer token. */
  readonly keyHeader?: string | undefined;
  /** Further headers that the protocol needs. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Names of headers that a vendor's package may add. */
  readonly passHeaders?: readonly string[] | undefined;
  /** What to do about the key, where a missing or wrong one is to be `KEY_MISSING`. */
  readonly keyAdvice?: string | undefined;
  /** What to advise when nothing listens. */
  readonly advice: string;
}

const notAServer = 'Check that the address is that of a model server; many end in /v1.';
const noBytes = (): void => undefined;

/**
 * Connects nothing yet: it binds address, key and rules together.
 *
 * - The key is sent to the origin of the address only. Redirects are refused, since following one would carry the prompt to another host.
 * - Only the headers that the protocols need are sent: what a vendor's package adds (machine, version, headers from the environment) is dropped.
 * - Every failure becomes a `NootropicError` that holds the server's own words.
 */
export function createServerConnection(options: ServerConnectionOptions): ServerConnection {
  const origin = new URL(options.url).origin;

  const fetchWith: ServerConnection['fetchWith'] =
    ({ signal, onBytes, onAnswer }) =>
    async (input, init = {}) => {
      const target = input instanceof Request ? input.url : String(input);
      if (new URL(target).origin !== origin) {
        throw new NootropicError(
          'INTERNAL',
          `A request to ${new URL(target).origin} was stopped: this model is served by ${origin}.`,
        );
      }
      const headers: Record<string, string> = {
        accept: 'application/json, text/event-stream, application/x-ndjson',
        'user-agent': 'nootropic',
      };
      if (init.body !== undefined && init.body !== null) headers['content-type'] = 'application/json';
      Object.assign(headers, options.headers);
      const given = new Headers(init.headers);
      for (const name of options.passHeaders ?? []) {
        const value = given.get(name);
        if (value !== null) headers[name] = value;
      }
      if (options.apiKey !== undefined) {
        if (options.keyHeader === undefined) headers['authorization'] = `Bearer ${options.apiKey}`;
        else headers[options.keyHeader] = options.apiKey;
      }
      const signals = init.signal ? AbortSignal.any([signal, init.signal]) : signal;
      let response: Response;
      try {
        response = await options.fetch(target, {
          method: init.method ?? 'GET',
          headers,
          redirect: 'manual',
          signal: signals,
          ...(init.body === undefined ? {} : { body: init.body }),
        });
      } catch (error) {
        if (signals.aborted) throw error;
        throw unreachable(options.url, options.advice, error);
      }
      onBytes('');
      onAnswer?.(response.headers);
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        const to = response.headers.get('location') ?? 'another address';
        throw new NootropicError('MODEL_REFUSED', `${options.url} redirects to ${to}; redirects are not followed.`, {
          hint: 'Use the address that it redirects to, if you trust it.',
        });
      }
      if (!response.ok) {
        const body = await readLimited(response);
        throw refusal({
          url: options.url,
          status: response.status,
          body: options.apiKey === undefined ? body : body.replaceAll(options.apiKey, '…'),
          waitMs: waitOf(response.headers, Date.now()),
          keyAdvice: options.keyAdvice,
        });
      }
      if (/^text\/html/i.test(response.headers.get('content-type') ?? '')) {
        const page = excerpt((await readLimited(response)).replace(/<[^>]*>/g, ' '));
        throw new NootropicError('MODEL_REFUSED', `${new URL(target).href} answered with a web page: ${page}`, {
          hint: notAServer,
        });
      }
      return tapped(response, onBytes);
    };

  return {
    url: options.url,
    fetchWith,
    async json(url, { signal, body, onBytes, onAnswer }) {
      const send = fetchWith({ signal, onBytes: onBytes ?? noBytes, onAnswer });
      const response = await send(url, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
      const text = await response.text();
      try {
        return JSON.parse(text) as unknown;
      } catch (error) {
        throw new NootropicError(
          'MODEL_REFUSED',
          `${new URL(url).href} answered with something that is not JSON: ${excerpt(text)}`,
          {
            cause: error,
            hint: notAServer,
          },
        );
      }
    },
  };
}

/** The first words of a text, on one line. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

async function readLimited(response: Response): Promise<string> {
  let text = '';
  if (response.body === null) return text;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 65_536) break;
    }
  } catch {
    // The status is known already; a body cut short only makes the message shorter.
  }
  return text;
}

/** The same response, with each piece of its body shown to `onBytes` on the way. */
function tapped(response: Response, onBytes: (text: string) => void): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder();
  const tap = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      onBytes(decoder.decode(chunk, { stream: true }));
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(tap), { status: response.status, headers: response.headers });
}

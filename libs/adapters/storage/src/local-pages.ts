import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { NootropicError, type PageText, type Pages } from '@nootropic/contracts';
import { htmlOfMhtml } from './page-mhtml.ts';

export interface LocalPagesOptions {
  /** What goes to the network for an address that the user typed. */
  readonly fetch: typeof globalThis.fetch;
  /** Called before anything is sent, with the host that is asked. */
  readonly onRequest: (host: string) => void;
  /** Milliseconds for a whole page. Default 60000. */
  readonly timeoutMs?: number;
}

/** A larger page is no document. */
const maxBytes = 20_000_000;
const mostRedirects = 5;
const textTypes = /^(?:text\/(?:html|plain|markdown|x-markdown)|application\/xhtml\+xml)\b/iu;

/**
 * Pages from the disk, and from the network for an address. One request is sent for a page, with no cookie, no referrer and nothing that
 * tells who asks but the network itself; redirects are followed five times, and never from `https` to `http`.
 */
export function createLocalPages({ fetch, onRequest, timeoutMs = 60_000 }: LocalPagesOptions): Pages {
  return {
    async load(place, signal) {
      if (/^https?:\/\//iu.test(place)) return fetchPage(place, { fetch, onRequest, timeoutMs }, signal);
      const bytes = await readPageFile(place);
      const page = await textOfPage(place, bytes);
      if (page !== undefined) return page;
      if (bytes.includes(0)) throw new NootropicError('INPUT_INVALID', `${place} is not a text file.`);
      return { title: '', text: new TextDecoder().decode(bytes) };
    },
    async mark(place) {
      const found = await stat(place).catch(() => undefined);
      return found?.isFile() === true ? `${found.size}:${found.mtimeMs}` : undefined;
    },
    text: textOfPage,
  };
}

async function textOfPage(name: string, bytes: Uint8Array): Promise<PageText | undefined> {
  const kind = extname(name).toLowerCase();
  if (!['.html', '.htm', '.xhtml', '.mhtml', '.mht'].includes(kind)) return undefined;
  const { htmlToText } = await import('./page-html.ts');
  if (kind !== '.mhtml' && kind !== '.mht') return htmlToText(decodeHtml(bytes, undefined));
  const html = htmlOfMhtml(Buffer.from(bytes).toString('latin1'));
  return html === undefined ? undefined : htmlToText(html);
}

/** By the charset of the answer, else by that of the page, else as UTF-8. */
function decodeHtml(bytes: Uint8Array, contentType: string | undefined): string {
  const start = Buffer.from(bytes.subarray(0, 2048)).toString('latin1');
  const named = /charset=["']?([\w-]+)/iu;
  const charset = named.exec(contentType ?? '')?.[1] ?? named.exec(start)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

async function readPageFile(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new NootropicError('FILE_TOO_LARGE', `${path} is larger than ${maxBytes / 1e6} MB.`);
    return await readFile(path);
  } catch (cause) {
    const error = NootropicError.from(cause);
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw isMissing ? new NootropicError('PATH_NOT_FOUND', `There is no file ${path}.`, { cause }) : error;
  }
}

export interface PageRequest extends Required<LocalPagesOptions> {
  /** A page that leads to another host is not followed there, and rejects with `DENIED`. Default false. */
  readonly stayOnHost?: boolean;
}

/** One page of the network as text. Rejects with `SOURCE_UNREACHABLE`, `NOT_FOUND`, `INPUT_INVALID`, `FILE_TOO_LARGE`, `DENIED` or `ABORTED`. */
export async function fetchPage(
  address: string,
  { fetch, onRequest, timeoutMs, stayOnHost = false }: PageRequest,
  signal: AbortSignal | undefined,
): Promise<PageText> {
  const limit = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const { host } = new URL(address);
    const response = await follow(address, async (url) => {
      if (stayOnHost && url.host !== host)
        throw new NootropicError('DENIED', `${address} leads to ${url.href}, on another host, and was not followed.`, {
          hint: 'Fetch that address itself.',
        });
      onRequest(url.host);
      return fetch(url.href, {
        redirect: 'manual',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        headers: { accept: 'text/html, text/markdown, text/plain;q=0.9' },
        signal: stop,
      });
    });
    const type = response.headers.get('content-type') ?? 'text/html';
    if (!textTypes.test(type)) {
      await response.body?.cancel();
      throw new NootropicError('INPUT_INVALID', `${address} is ${type.split(';')[0] ?? type}, and not a page of text.`);
    }
    const bytes = await readBody(response, address);
    const text = decodeHtml(bytes, type);
    if (!/html/iu.test(type)) return { title: '', text: text.replaceAll('\0', '\ufffd') };
    const { htmlToText } = await import('./page-html.ts');
    return htmlToText(text);
  } catch (cause) {
    if (NootropicError.is(cause)) throw cause;
    if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause });
    const why = limit.aborted ? `it took longer than ${timeoutMs / 1000} s` : describe(cause);
    throw new NootropicError('SOURCE_UNREACHABLE', `${address} cannot be reached: ${why}.`, {
      cause,
      hint: 'Check the address and the network; what was read before is kept.',
    });
  }
}

async function follow(address: string, ask: (url: URL) => Promise<Response>): Promise<Response> {
  let url = new URL(address);
  for (let step = 0; step <= mostRedirects; step += 1) {
    const response = await ask(url);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) {
      if (response.ok) return response;
      await response.body?.cancel();
      if (response.status === 404 || response.status === 410)
        throw new NootropicError('NOT_FOUND', `There is no page at ${url.href} (${response.status}).`, {
          hint: 'Check the address.',
        });
      throw new Error(`the server answered ${response.status}`);
    }
    await response.body?.cancel();
    const next = new URL(location, url);
    if (!/^https?:$/u.test(next.protocol) || (url.protocol === 'https:' && next.protocol !== 'https:'))
      throw new Error(`it leads to ${next.protocol}//${next.host}, which is not followed`);
    url = next;
  }
  throw new Error(`it leads on more than ${mostRedirects} times`);
}

async function readBody(response: Response, address: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > maxBytes) throw new NootropicError('FILE_TOO_LARGE', `${address} is larger than ${maxBytes / 1e6} MB.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}

import { NootropicError, type PageText } from '@nootropic/contracts';
import { fetchPage } from './local-pages.ts';

export interface WebPagesOptions {
  /** What goes to the network: one that reaches the internet only, and follows no redirect. */
  readonly fetch: typeof globalThis.fetch;
  /** Called before anything is sent, with the host that is asked. */
  readonly onRequest: (host: string) => void;
  /** Milliseconds for a whole page. Default 30 000. */
  readonly timeoutMs?: number;
}

/** Pages of the web. */
export interface WebPages {
  /**
   * A page as text: Markdown of HTML, other text as it is; without what is hidden in it. Rejects with `INPUT_INVALID` for what is no address of the
   * web or no text, with `DENIED` where it leads to another host, whose name the message says, and with `NOT_FOUND`, `FILE_TOO_LARGE` (above 20 MB),
   * `SOURCE_UNREACHABLE` or `ABORTED`.
   */
  load(url: string, signal?: AbortSignal): Promise<PageText>;
}

/**
 * Pages that somebody other than the user named, a model above all: unlike `createLocalPages` it reads no file, and stays with the host that was
 * permitted. Neither cookies nor a referrer are sent, nor the name and password of an address.
 */
export function createWebPages({ fetch, onRequest, timeoutMs = 30_000 }: WebPagesOptions): WebPages {
  return {
    async load(url, signal) {
      const address = URL.parse(url);
      if (!address || !['http:', 'https:'].includes(address.protocol))
        throw new NootropicError('INPUT_INVALID', `${JSON.stringify(url)} is no address of the web.`, {
          hint: 'Give an address that begins with https:// or http://.',
        });
      address.username = '';
      address.password = '';
      address.hash = '';
      return fetchPage(address.href, { fetch, onRequest, timeoutMs, stayOnHost: true }, signal);
    },
  };
}

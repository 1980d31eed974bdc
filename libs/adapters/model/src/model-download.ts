import { NootropicError, type DownloadFile } from '@nootropic/contracts';
import { hostOf, placeUnreachable, reasonOf, refusedBy } from './model-download-faults.ts';
import type { DownloadPart } from './model-download-part.ts';
import { withRetries } from './model-download-retry.ts';

export interface DownloadOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly silenceMs: number;
  /** Milliseconds before the first retry. */
  readonly retryMs: number;
  /** Called with the bytes that are there. */
  readonly onBytes: (done: number) => void;
}

/** Failures in a row, without one new byte between them, that end a download. */
const failuresInARow = 6;

/**
 * Brings the rest of a file to its part, and proves its hash.
 *
 * A broken connection is gone on with by range, under the condition that the place still holds the same version (`If-Range`, RFC 9110
 * section 13.1.5); a place that sends the whole instead, or another version, is heard from the beginning. Silence ends a connection,
 * slowness does not. A wrong hash throws everything away; one fresh download is tried.
 *
 * Rejects with `SOURCE_UNREACHABLE`, `DENIED`, `MODEL_NOT_FOUND`, `DOWNLOAD_CORRUPT`, `DISK_FULL` or `ABORTED`.
 * The part keeps what has arrived, but after `DOWNLOAD_CORRUPT`.
 */
export async function downloadFile(file: DownloadFile, part: DownloadPart, options: DownloadOptions): Promise<void> {
  for (let round = 1; ; round += 1) {
    let most = part.done;
    const note = (): void => {
      most = Math.max(most, part.done);
      options.onBytes(part.done);
    };
    await withRetries(() => receive(file, part, { ...options, note }), {
      signal: options.signal,
      limit: failuresInARow,
      firstMs: options.retryMs,
      progress: () => most,
    });
    if (part.digest() === file.sha256) return;
    await part.restart();
    if (round === 2)
      throw new NootropicError(
        'DOWNLOAD_CORRUPT',
        `${hostOf(file.url)} twice gave bytes for ${file.name} that do not have the promised SHA-256 ${file.sha256}. They were thrown away.`,
        { hint: 'Try again later, or from another network: something on the way may change what is downloaded.' },
      );
  }
}

type Receive = DownloadOptions & { readonly note: () => void };

async function receive(file: DownloadFile, part: DownloadPart, options: Receive): Promise<void> {
  if (part.done === file.bytes) return;
  const { signal, silenceMs, note } = options;
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceMs);
  };
  alive();
  const stop = signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]);
  try {
    const response = await ask(file, part, { ...options, stop });
    if (response.body === null) throw new Error('its answer is empty');
    for await (const bytes of response.body) {
      alive();
      if (part.done + bytes.length > file.bytes) throw changed(file, 'more than');
      // What the disk refuses is no fault of the place.
      await part.append(bytes).catch((error: unknown) => Promise.reject(diskFault(file, part, error)));
      clearTimeout(timer);
      note();
      alive();
    }
    if (part.done < file.bytes) throw new Error(`it ended after ${part.done} of ${file.bytes} bytes`);
  } catch (error) {
    if (signal?.aborted === true) throw new NootropicError('ABORTED', undefined, { cause: error });
    if (NootropicError.is(error)) throw error;
    const why = silence.signal.aborted ? `it sent nothing for ${Math.ceil(silenceMs / 1000)} s` : reasonOf(error);
    throw placeUnreachable(file.url, why, error);
  } finally {
    clearTimeout(timer);
    // An answer that was not read to its end would keep its connection.
    silence.abort();
  }
}

/** Asks for what is missing; the part is where the answer's first byte belongs when this resolves. */
async function ask(
  file: DownloadFile,
  part: DownloadPart,
  options: Receive & { readonly stop: AbortSignal },
): Promise<Response> {
  const request = (headers: Record<string, string>): Promise<Response> =>
    options.fetch(file.url, {
      // A compressed answer could not be gone on with.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'nootropic', ...headers },
      signal: options.stop,
    });
  if (part.done > 0) {
    const strong = part.etag !== undefined && !part.etag.startsWith('W/');
    const response = await request({
      range: `bytes=${part.done}-`,
      ...(strong && part.etag !== undefined && { 'if-range': part.etag }),
    });
    if (response.status === 200) return begin(file, part, { response, note: options.note });
    if (response.status === 206 && continues(response, file, part)) return response;
    await response.body?.cancel();
    if (response.status !== 206 && response.status !== 416) throw refusedBy(response, file.url, Date.now());
    // It holds something else under this address now.
    await part.restart();
    options.note();
  }
  const response = await request({});
  if (response.status !== 200) {
    await response.body?.cancel();
    throw refusedBy(response, file.url, Date.now());
  }
  return begin(file, part, { response, note: options.note });
}

async function begin(
  file: DownloadFile,
  part: DownloadPart,
  of: { readonly response: Response; readonly note: () => void },
): Promise<Response> {
  const { headers } = of.response;
  const length = headers.get('content-encoding') === null ? headers.get('content-length') : null;
  if (length !== null && Number(length) !== file.bytes) {
    await of.response.body?.cancel();
    await part.restart();
    throw changed(file, `${length} bytes instead of`);
  }
  await part.restart(headers.get('etag') ?? undefined);
  of.note();
  return of.response;
}

function continues(response: Response, file: DownloadFile, part: DownloadPart): boolean {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  const etag = response.headers.get('etag');
  return (
    range !== null &&
    Number(range[1]) === part.done &&
    (range[3] === '*' || Number(range[3]) === file.bytes) &&
    (etag === null || part.etag === undefined || etag === part.etag)
  );
}

function changed(file: DownloadFile, what: string): NootropicError {
  return new NootropicError(
    'DOWNLOAD_CORRUPT',
    `${hostOf(file.url)} gives ${what} the promised ${file.bytes} bytes of ${file.name}: it has changed there.`,
    { hint: 'Run the command again: it asks anew what there is.' },
  );
}

function diskFault(file: DownloadFile, part: DownloadPart, error: unknown): NootropicError {
  const fault = NootropicError.from(error);
  if (fault.code !== 'DISK_FULL') return fault;
  return new NootropicError(
    'DISK_FULL',
    `The disk is full: ${part.done} of ${file.bytes} bytes of ${file.name} are there and are kept, ${file.bytes - part.done} are missing.`,
    { cause: error, hint: 'Free that space, then run the command again: it goes on where it stopped.' },
  );
}

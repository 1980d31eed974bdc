/** The part of `node:http` that the server needs; pass the module itself. */
export interface DownloadHttp {
  createServer(handler: (request: Incoming, response: Outgoing) => void): {
    listen(port: number, host: string, ready: () => void): unknown;
    address(): unknown;
    close(done: () => void): unknown;
    closeAllConnections(): void;
  };
}

interface Incoming {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Outgoing {
  readonly destroyed: boolean;
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders(): unknown;
  write(bytes: Uint8Array): unknown;
  end(text?: string): unknown;
  destroy(): unknown;
  once(event: 'close' | 'drain', listener: () => void): unknown;
}

export interface DownloadRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Where the range that is asked for begins; 0 without one. */
  readonly from: number;
}

/** What one answer does in place of what a good server would. */
export interface DownloadAnswer {
  /** An answer of its own instead of a file: status, headers and text. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Breaks the connection after so many bytes of the answer. */
  readonly cutAfter?: number;
  /** Sends nothing more after so many bytes of the answer. */
  readonly stallAfter?: number;
  /** Sends the whole file with status 200, whatever range is asked for. */
  readonly wholeFile?: boolean;
  /** Flips a bit of the byte at this place of the file. */
  readonly wrongByteAt?: number;
  /** Leaves out the `ETag`. */
  readonly withoutEtag?: boolean;
}

export interface DownloadServerOptions {
  /** By path. May be changed while the server runs: the version of a file is named by its bytes. */
  readonly files?: Map<string, Uint8Array>;
  /** Asked for each request; `undefined` is a good server's answer. */
  readonly answer?: (request: DownloadRequest, server: DownloadServer) => DownloadAnswer | undefined;
  /** Default 16384. */
  readonly pieceBytes?: number;
  /** Milliseconds between two pieces. Default 0. */
  readonly pieceMs?: number;
  /** Told after each piece up to which byte of the file was sent. */
  readonly onSent?: (to: number) => void;
}

export interface DownloadServer {
  readonly url: string;
  readonly requests: readonly DownloadRequest[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server of files on a free port of 127.0.0.1, with ranges, `If-Range` and all the ways in which a download goes wrong. */
export async function startDownloadServer(
  http: DownloadHttp,
  options: DownloadServerOptions = {},
): Promise<DownloadServer> {
  const requests: DownloadRequest[] = [];
  const state = { url: '' };
  const server: DownloadServer = {
    get url() {
      return state.url;
    },
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        listener.close(() => done());
        listener.closeAllConnections();
      }),
  };
  const listener = http.createServer((incoming, response) => {
    const request = readRequest(incoming);
    requests.push(request);
    const answer = options.answer?.(request, server) ?? {};
    if (answer.status !== undefined) {
      response.writeHead(answer.status, { ...answer.headers });
      response.end(request.method === 'HEAD' ? '' : answer.body);
      return;
    }
    const file = options.files?.get(request.path.replace(/\?.*$/, ''));
    if (file === undefined) {
      response.writeHead(404, {});
      response.end('not found');
      return;
    }
    void sendFile(file, response, { ...options, request, answer });
  });
  await new Promise<void>((ready) => void listener.listen(0, '127.0.0.1', ready));
  state.url = `http://127.0.0.1:${(listener.address() as { port: number }).port}`;
  return server;
}

function readRequest({ method = 'GET', url = '/', headers }: Incoming): DownloadRequest {
  const plain = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  return { method, path: url, headers: plain, from: Number(/^bytes=(\d+)-/.exec(plain['range'] ?? '')?.[1] ?? 0) };
}

async function sendFile(
  file: Uint8Array,
  response: Outgoing,
  options: Omit<DownloadServerOptions, 'answer'> & {
    readonly request: DownloadRequest;
    readonly answer: DownloadAnswer;
  },
): Promise<void> {
  const { request, answer, pieceBytes = 16_384, pieceMs = 0, onSent = () => undefined } = options;
  const etag = `"${checksum(file)}"`;
  const condition = request.headers['if-range'];
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers['range'] ?? '');
  const partial = range !== null && answer.wholeFile !== true && (condition === undefined || condition === etag);
  const tags = answer.withoutEtag === true ? undefined : { etag };
  if (partial && request.from >= file.length) {
    response.writeHead(416, { 'content-range': `bytes */${file.length}` });
    response.end();
    return;
  }
  const start = partial ? request.from : 0;
  const end = partial && range[2] !== '' ? Math.min(file.length, Number(range[2]) + 1) : file.length;
  response.writeHead(partial ? 206 : 200, {
    'content-length': String(end - start),
    'accept-ranges': 'bytes',
    ...tags,
    ...(partial && { 'content-range': `bytes ${start}-${end - 1}/${file.length}` }),
    ...answer.headers,
  });
  response.flushHeaders();
  const closed = new Promise<void>((done) => void response.once('close', done));
  const stop = start + Math.min(answer.cutAfter ?? Infinity, answer.stallAfter ?? Infinity, end - start);
  for (let at = start; at < stop && request.method !== 'HEAD' && !response.destroyed; at += pieceBytes) {
    const piece = file.slice(at, Math.min(at + pieceBytes, stop));
    const wrong = (answer.wrongByteAt ?? -1) - at;
    if (wrong >= 0 && wrong < piece.length) piece[wrong] = (piece[wrong] ?? 0) ^ 1;
    if (response.write(piece) === false)
      await Promise.race([closed, new Promise<void>((done) => void response.once('drain', done))]);
    onSent(at + piece.length);
    if (pieceMs > 0) await pause(pieceMs);
  }
  if (answer.stallAfter !== undefined) return;
  if (answer.cutAfter === undefined) response.end();
  else {
    // What was written reaches the other side first.
    await pause(20);
    response.destroy();
  }
}

declare const setTimeout: (done: () => void, ms: number) => unknown;

function pause(ms: number): Promise<void> {
  return new Promise((done) => void setTimeout(done, ms));
}

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function checksum(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `${bytes.length.toString(16)}-${hash.toString(16)}`;
}

import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { FuzzRequest } from './fuzz-requests.ts';

/** What came of a request. */
export interface FuzzOutcome {
  /** Of the answer; unset where none came. */
  readonly status?: number;
  /** The beginning of the answer. */
  readonly text: string;
  /** Nothing came within the time, and the connection stayed open. */
  readonly hung: boolean;
  /** Milliseconds until the answer began, or the connection ended. */
  readonly ms: number;
}

export interface FuzzSender {
  send(request: FuzzRequest): Promise<FuzzOutcome>;
  close(): void;
}

export interface FuzzSenderOptions {
  readonly port: number;
  /** Milliseconds in which an answer must begin. */
  readonly patienceMs: number;
  /** Milliseconds after which an answer that goes on is left. */
  readonly readMs: number;
}

const kept = 4000;

/** Sends requests over real sockets, those that are no HTTP too. */
export function createFuzzSender(options: FuzzSenderOptions): FuzzSender {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return {
    async send(request) {
      if (['truncated', 'half-open', 'slow', 'no-http'].includes(request.kind)) return sendRaw(request, options);
      const first = await sendHttp(request, agent, options);
      // A connection that the server was about to close when it was taken again.
      return first.stale ? sendHttp(request, agent, options) : first;
    },
    close: () => agent.destroy(),
  };
}

function sendHttp(
  { method, path, headers, body }: FuzzRequest,
  agent: Agent,
  { port, patienceMs, readMs }: FuzzSenderOptions,
): Promise<FuzzOutcome & { readonly stale: boolean }> {
  return new Promise((resolve) => {
    let text = '';
    let status: number | undefined;
    let hung = false;
    let answered = false;
    const begun = performance.now();
    let ms: number | undefined;
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const sent = httpRequest({
      ...{ host: '127.0.0.1', port, agent, method, path },
      headers: { ...headers, ...(bytes && { 'content-length': bytes.length }) },
    });
    const done = (stale = false): void => {
      clearTimeout(patience);
      clearTimeout(reading);
      resolve({ ...(status !== undefined && { status }), text, hung, stale, ms: ms ?? performance.now() - begun });
    };
    const patience = setTimeout(() => {
      hung = true;
      sent.destroy();
    }, patienceMs);
    let reading: NodeJS.Timeout | undefined;
    sent.on('response', (response) => {
      answered = true;
      ms = performance.now() - begun;
      clearTimeout(patience);
      status = response.statusCode;
      // A stream that goes on is left in its middle, as clients do.
      reading = setTimeout(() => sent.destroy(), readMs);
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        if (text.length < kept) text += piece.slice(0, kept);
      });
      response.on('close', () => done());
      response.on('error', () => done());
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (!answered) done(sent.reusedSocket && !hung && error.code === 'ECONNRESET');
    });
    if (bytes) sent.write(bytes);
    sent.end();
  });
}

/** A request that is broken off, or sent drop by drop, or none. */
function sendRaw(request: FuzzRequest, { port, patienceMs, readMs }: FuzzSenderOptions): Promise<FuzzOutcome> {
  const { kind, method, path, headers, body = '' } = request;
  const bytes = Buffer.from(body);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}content-length: ${bytes.length + (kind === 'slow' ? 0 : 10)}\r\n\r\n`;
  return new Promise((resolve) => {
    let text = '';
    let hung = false;
    const begun = performance.now();
    let ms: number | undefined;
    const socket = connect(port, '127.0.0.1');
    const timers = new Set<NodeJS.Timeout>();
    const after = (ms: number, act: () => void): void => void timers.add(setTimeout(act, ms));
    socket.setEncoding('latin1');
    socket.on('data', (piece) => {
      ms ??= performance.now() - begun;
      if (text.length < kept) text += String(piece);
      after(readMs, () => socket.destroy());
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const timer of timers) clearTimeout(timer);
      const status = Number(/^HTTP\/1\.1 (\d+)/u.exec(text)?.[1] ?? Number.NaN);
      resolve({ ...(Number.isFinite(status) && { status }), text, hung, ms: ms ?? performance.now() - begun });
    });
    socket.on('connect', () => {
      if (kind === 'no-http') {
        socket.end(`${'\u0016\u0003\u0001'}${path}\r\n\r\n${method}\u0000\r\n\r\n`);
      } else if (kind === 'truncated') {
        socket.end(Buffer.concat([Buffer.from(head), bytes]));
      } else if (kind === 'half-open') {
        socket.write(head.slice(0, Math.ceil(head.length / 2)));
        after(200, () => socket.destroy());
      } else {
        socket.write(head);
        const piece = Math.max(1, Math.ceil(bytes.length / 10));
        for (let at = 0; at * piece < bytes.length; at += 1)
          after(20 * (at + 1), () => void socket.write(bytes.subarray(at * piece, (at + 1) * piece)));
        after(patienceMs, () => {
          hung = true;
          socket.destroy();
        });
      }
      if (kind === 'truncated' || kind === 'no-http')
        after(patienceMs, () => {
          hung = true;
          socket.destroy();
        });
    });
  });
}

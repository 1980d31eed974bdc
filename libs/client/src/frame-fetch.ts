import { errorTable, NootropicError, type ErrorCode } from '@nootropic/contracts';
import { z } from 'zod';

/** One end of a channel between a page in a frame and the program around it, such as a webview's or a `MessagePort`. What is posted arrives in order. */
export interface FramePort {
  readonly post: (message: unknown) => void;
  /** Calls `listener` with each message of the other end. Gives what ends it. */
  readonly onMessage: (listener: (message: unknown) => void) => () => void;
}

/** Marks what belongs to this exchange; other messages on the same channel are left alone. */
const channel = 'nootropic-fetch';
/** Pieces that are on their way at once; each that is read lets one more come. */
const piecesAhead = 16;
const pieceBytes = 65_536;
const mostBodyBytes = 64 * 1024 * 1024;
const mostRunning = 256;
/** Everything else that a page could set is either the program's to say or would be about another host. */
const sentHeaders: ReadonlySet<string> = new Set(['accept', 'content-type', 'last-event-id', 'x-nootropic-request']);

const id = z.int().positive();
const headers = z.array(z.tuple([z.string().max(200), z.string().max(20_000)])).max(100);
/** An editor carries bytes as typed arrays of its own realm, so the class is not compared. */
const bytes = z.custom<Uint8Array<ArrayBuffer>>(
  (value) => ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]',
);

/** A path of the host: it begins with one slash, and no reading of it leads to another host. */
const path = z
  .string()
  .max(8000)
  .regex(/^\/(?![/\\])[^\\\s#]*$/u);

const requestSchema = z.discriminatedUnion('type', [
  z.object({
    channel: z.literal(channel),
    type: z.literal('ask'),
    id,
    method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
    path,
    headers,
    body: bytes.refine((body) => body.byteLength <= mostBodyBytes).optional(),
  }),
  z.object({ channel: z.literal(channel), type: z.literal('more'), id }),
  z.object({ channel: z.literal(channel), type: z.literal('abort'), id }),
]);

const answerSchema = z.discriminatedUnion('type', [
  z.object({
    channel: z.literal(channel),
    type: z.literal('head'),
    id,
    status: z.int().min(200).max(599),
    headers,
    hasBody: z.boolean(),
  }),
  z.object({ channel: z.literal(channel), type: z.literal('piece'), id, bytes }),
  z.object({ channel: z.literal(channel), type: z.literal('end'), id }),
  z.object({
    channel: z.literal(channel),
    type: z.literal('fail'),
    id,
    /** Unset: the connection failed. */
    error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).optional(),
    message: z.string(),
  }),
]);
type FrameRequest = z.infer<typeof requestSchema>;
type FrameAnswer = z.infer<typeof answerSchema>;

interface Running {
  readonly resolve: (response: Response) => void;
  readonly reject: (cause: unknown) => void;
  /** The end of an answer's body, once it has begun. */
  body?: { readonly give: (piece: Uint8Array<ArrayBuffer> | 'end') => void; readonly fail: (cause: unknown) => void };
  readonly over: () => void;
}

export interface FrameFetch {
  /** Asks the program around the page: a `fetch` for paths of the host, whatever origin they are written with. */
  readonly fetch: typeof fetch;
  /** Ends everything that runs, as if the connection had broken. */
  [Symbol.dispose](): void;
}

/**
 * A `fetch` for a page that cannot, or must not, reach the host itself: every request goes over the channel to `serveFrameFetch` at its other end, which has
 * the token. Bodies of answers stream; a body that is not read stops the sender after 16 pieces of at most 64 KiB. Bodies of requests go whole.
 */
export function createFrameFetch(port: FramePort): FrameFetch {
  const running = new Map<number, Running>();
  let last = 0;
  const post = (message: FrameRequest): void => port.post(message);

  const take = (answer: FrameAnswer): void => {
    const one = running.get(answer.id);
    if (!one) return;
    switch (answer.type) {
      case 'head': {
        if (one.body) return;
        const { status, headers: given } = answer;
        const init = { status, headers: new Headers(given.map(([name, value]) => [name, value])) };
        if (!answer.hasBody) {
          one.over();
          return one.resolve(new Response(null, init));
        }
        return one.resolve(new Response(bodyOf(answer.id, one), init));
      }
      case 'piece':
        return one.body?.give(answer.bytes);
      case 'end':
        one.over();
        return one.body?.give('end');
      case 'fail': {
        const { error, message } = answer;
        // What the program refused is told as it said it; all else is a connection that failed, as `fetch` says it.
        const cause = error ? refusal(error) : new TypeError(message);
        one.over();
        return one.body ? one.body.fail(cause) : one.reject(cause);
      }
    }
  };

  const bodyOf = (of: number, one: Running): ReadableStream<Uint8Array<ArrayBuffer>> => {
    const waiting: (Uint8Array<ArrayBuffer> | 'end')[] = [];
    let failure: { readonly cause: unknown } | undefined;
    let wake: (() => void) | undefined;
    one.body = {
      give: (piece) => {
        waiting.push(piece);
        wake?.();
      },
      fail: (cause) => {
        failure = { cause };
        wake?.();
      },
    };
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        async pull(controller) {
          while (waiting.length === 0 && !failure) await new Promise<void>((resolve) => (wake = resolve));
          const piece = waiting.shift();
          if (piece === undefined) return controller.error(failure?.cause);
          if (piece === 'end') return controller.close();
          controller.enqueue(piece);
          if (running.has(of)) post({ channel, type: 'more', id: of });
        },
        cancel() {
          if (!running.has(of)) return;
          post({ channel, type: 'abort', id: of });
          one.over();
        },
      },
      { highWaterMark: 0 },
    );
  };

  const stop = port.onMessage((message) => {
    const parsed = answerSchema.safeParse(message);
    if (parsed.success) take(parsed.data);
  });

  return {
    async fetch(input, init) {
      const request = new Request(input, init);
      const { signal, method } = request;
      signal.throwIfAborted();
      const { pathname, search } = new URL(request.url);
      const body = request.body ? new Uint8Array(await request.arrayBuffer()) : undefined;
      const kept = [...request.headers].filter(([name]) => sentHeaders.has(name));
      const own = (last += 1);
      signal.throwIfAborted();
      return new Promise<Response>((resolve, reject) => {
        const abort = (): void => {
          const one = running.get(own);
          if (!one) return;
          post({ channel, type: 'abort', id: own });
          one.over();
          const { reason } = signal as { reason: unknown };
          if (one.body) one.body.fail(reason);
          else reject(reason as Error);
        };
        const over = (): void => {
          running.delete(own);
          signal.removeEventListener('abort', abort);
        };
        running.set(own, { resolve, reject, over });
        signal.addEventListener('abort', abort, { once: true });
        post({
          channel,
          type: 'ask',
          id: own,
          method: method as 'GET',
          path: `${pathname}${search}`,
          headers: kept,
          ...(body && { body }),
        });
      });
    },
    [Symbol.dispose]() {
      stop();
      for (const [of, one] of [...running]) {
        post({ channel, type: 'abort', id: of });
        one.over();
        const cause = new TypeError('The page was closed.');
        if (one.body) one.body.fail(cause);
        else one.reject(cause);
      }
    },
  };
}

function refusal({ code, message, hint }: { readonly code: string; readonly message: string; readonly hint: string }) {
  return new NootropicError(Object.hasOwn(errorTable, code) ? (code as ErrorCode) : 'INTERNAL', message, { hint });
}

/** Asks the host for a path of it; adds its address and the token. */
export type AskHost = (path: string, init: RequestInit) => Promise<Response>;

/**
 * The other end of `createFrameFetch`, in the program around the page. Only paths of the host are asked for: `ask` gets a path, never an address, and of the
 * headers only those that say what a body is. A message that is not of the right form is ignored; one that asks under a number in use ends that request.
 * At most 256 requests run at once. Gives what ends all of them.
 */
export function serveFrameFetch(port: FramePort, ask: AskHost): Disposable {
  const running = new Map<number, { readonly abort: AbortController; credit: number; wake?: () => void }>();
  const post = (message: FrameAnswer): void => port.post(message);

  const answer = async (request: Extract<FrameRequest, { type: 'ask' }>): Promise<void> => {
    const { id: of, method, path: asked, body } = request;
    const abort = new AbortController();
    const one: { abort: AbortController; credit: number; wake?: () => void } = { abort, credit: piecesAhead };
    running.set(of, one);
    try {
      const response = await ask(asked, {
        method,
        headers: request.headers.filter(([name]) => sentHeaders.has(name.toLowerCase())) as [string, string][],
        signal: abort.signal,
        ...(body && { body }),
      });
      const given = [...response.headers].filter(([name]) => name !== 'set-cookie');
      const { body: stream } = response;
      if (abort.signal.aborted) return void (await stream?.cancel());
      post({ channel, type: 'head', id: of, status: response.status, headers: given, hasBody: stream !== null });
      if (!stream) return;
      for await (const piece of stream) {
        for (let at = 0; at < piece.byteLength; at += pieceBytes) {
          while (one.credit === 0 && !abort.signal.aborted) await new Promise<void>((resolve) => (one.wake = resolve));
          if (abort.signal.aborted) return;
          one.credit -= 1;
          // A copy: what is posted must not carry the whole buffer that it lies in.
          post({ channel, type: 'piece', id: of, bytes: piece.slice(at, at + pieceBytes) });
        }
      }
      if (!abort.signal.aborted) post({ channel, type: 'end', id: of });
    } catch (cause) {
      if (abort.signal.aborted) return;
      const error = NootropicError.is(cause) ? cause.toJSON() : undefined;
      const message = cause instanceof Error ? cause.message : 'The connection failed.';
      post({ channel, type: 'fail', id: of, message, ...(error && { error }) });
    } finally {
      if (running.get(of) === one) running.delete(of);
    }
  };

  const end = (of: number): void => {
    const one = running.get(of);
    running.delete(of);
    one?.abort.abort();
    one?.wake?.();
  };

  const stop = port.onMessage((message) => {
    const parsed = requestSchema.safeParse(message);
    if (!parsed.success) return;
    const { data } = parsed;
    const one = running.get(data.id);
    if (data.type === 'more') {
      if (!one) return;
      one.credit = Math.min(piecesAhead, one.credit + 1);
      one.wake?.();
    } else if (data.type === 'abort') end(data.id);
    else if (one) end(data.id);
    else if (running.size >= mostRunning)
      post({ channel, type: 'fail', id: data.id, message: 'Too many requests are running.' });
    else void answer(data);
  });

  return {
    [Symbol.dispose]() {
      stop();
      for (const of of [...running.keys()]) end(of);
    },
  };
}

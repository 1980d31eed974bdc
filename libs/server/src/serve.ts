import { createHash, timingSafeEqual } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, relative, sep } from 'node:path';
import { assistantContract, errorTable, NootropicError, type Assistant, type ErrorCode } from '@nootropic/contracts';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { isContractProcedure, type AnyContractProcedure, type AnyContractRouter } from '@orpc/contract';
import { implement, ORPCError, type AnyRouter } from '@orpc/server';

export interface ServeOptions {
  readonly assistant: Assistant;
  /** What a request must carry as `Authorization: Bearer …`. At least 32 characters. */
  readonly token: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** A folder with a built page, which is served without a token: it holds no secret, and what it asks needs the token. */
  readonly page?: string;
}

export interface Served {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Puts the assistant on the loopback. Every route comes from the contract. A request is answered only if it carries the token,
 * names this address as its host (so that no web page can reach it through a name of its own), and comes from no web page of another origin.
 */
export async function serve({ assistant, token, port = 0, page }: ServeOptions): Promise<Served> {
  if (token.length < 32) throw new NootropicError('INPUT_INVALID', 'A token needs at least 32 characters.');
  const handler = new OpenAPIHandler(routes(assistantContract, assistant));
  const files = page === undefined ? new Map<string, PageFile>() : await readPage(page);
  const server = createServer((request, response) => {
    const stranger = refuseStranger(request, (server.address() as AddressInfo).port);
    if (stranger) return fail(response, stranger);
    const file = request.method === 'GET' ? files.get(request.url?.split(/[?#]/u)[0] ?? '') : undefined;
    if (file) return void response.writeHead(200, { ...pageHeaders, 'content-type': file.type }).end(file.bytes);
    if (!carriesToken(request, token)) return fail(response, new NootropicError('UNAUTHORIZED'));
    handler.handle(request, response, { context: {} }).then(
      ({ matched }) =>
        matched
          ? undefined
          : fail(
              response,
              new NootropicError('NOT_FOUND', `There is no route ${request.url}.`, {
                hint: 'See docs/reference/openapi.json.',
              }),
            ),
      (cause: unknown) => fail(response, NootropicError.from(cause)),
    );
  });
  await listen(server, port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE' || cause.code === 'EACCES'
          ? new NootropicError(
              'INPUT_INVALID',
              `Port ${port} cannot be used: ${cause.code === 'EACCES' ? 'not permitted' : 'another program has it'}.`,
              {
                cause,
                hint: 'Choose another one with `--port`, or leave it out.',
              },
            )
          : cause,
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
}

function refuseStranger(request: IncomingMessage, port: number): NootropicError | undefined {
  const { host, origin } = request.headers;
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!host || !own.includes(host)) return new NootropicError('DENIED', `The host "${host ?? ''}" is not this one.`);
  if (origin !== undefined && !own.some((name) => origin === `http://${name}`))
    return new NootropicError('DENIED', `The origin "${origin}" may not ask.`);
  return undefined;
}

function carriesToken(request: IncomingMessage, token: string): boolean {
  // Digests have one length, so that the comparison takes the same time whatever was sent.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(request.headers.authorization ?? ''), digest(`Bearer ${token}`));
}

interface PageFile {
  readonly bytes: Uint8Array;
  readonly type: string;
}

const pageTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** All files of a page by their address. They are read once, so that no request can name a path on the disk. */
async function readPage(folder: string): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = { bytes: await readFile(path), type: pageTypes[extname(path)] ?? 'application/octet-stream' };
    const address = `/${relative(folder, path).split(sep).join('/')}`;
    files.set(address, file);
    if (address === '/index.html') files.set('/', file);
  }
  return files;
}

function fail(response: ServerResponse, error: NootropicError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(errorTable[error.code].status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ ...error.toJSON(), status: errorTable[error.code].status, data: { hint: error.hint } }),
  );
}

type Implementation = (input: unknown, options: { signal?: AbortSignal | undefined }) => Promise<unknown>;

/** The routes of a contract, each answered by the function of the same name: no route is written by hand. */
function routes(contract: AnyContractRouter, implementation: object): AnyRouter {
  if (isContractProcedure(contract)) return route(contract, implementation as Implementation);
  return Object.fromEntries(
    Object.entries(contract).map(([name, part]) => [
      name,
      routes(part, (implementation as Record<string, object>)[name] ?? {}),
    ]),
  );
}

function route(contract: AnyContractProcedure, call: Implementation): AnyRouter {
  return implement(contract).handler(async ({ input, signal }) => {
    try {
      const output = await call(input, { signal });
      return isStream(output) ? withWireErrors(output) : output;
    } catch (cause) {
      throw toOrpcError(cause);
    }
  });
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

/** The same stream; what it throws while it runs carries its code too. */
async function* withWireErrors(stream: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  try {
    yield* stream;
  } catch (cause) {
    throw toOrpcError(cause);
  }
}

function toOrpcError(cause: unknown): ORPCError<ErrorCode, { hint: string }> {
  const error = NootropicError.from(cause);
  return new ORPCError(error.code, {
    status: errorTable[error.code].status,
    message: error.message,
    data: { hint: error.hint },
    cause,
  });
}

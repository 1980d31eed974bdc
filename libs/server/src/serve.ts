import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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
export async function serve({ assistant, token, port = 0 }: ServeOptions): Promise<Served> {
  if (token.length < 32) throw new NootropicError('INPUT_INVALID', 'A token needs at least 32 characters.');
  const handler = new OpenAPIHandler(routes(assistantContract, assistant));
  const server = createServer((request, response) => {
    const refusal = refuse(request, token, (server.address() as AddressInfo).port);
    if (refusal) return fail(response, refusal);
    handler.handle(request, response, { context: {} }).then(
      ({ matched }) => (matched ? undefined : fail(response, new NootropicError('NOT_FOUND', `There is no route ${request.url}.`, { hint: 'See docs/reference/openapi.json.' }))),
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
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function refuse(request: IncomingMessage, token: string, port: number): NootropicError | undefined {
  const { host, origin, authorization = '' } = request.headers;
  const own = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!host || !own.includes(host)) return new NootropicError('DENIED', `The host "${host ?? ''}" is not this one.`);
  if (origin !== undefined && !own.includes(origin.replace(/^http:\/\//u, ''))) return new NootropicError('DENIED', `The origin "${origin}" may not ask.`);
  const given = Buffer.from(authorization.replace(/^Bearer /u, ''));
  const wanted = Buffer.from(token);
  return given.length === wanted.length && timingSafeEqual(given, wanted) ? undefined : new NootropicError('UNAUTHORIZED');
}

function fail(response: ServerResponse, error: NootropicError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(errorTable[error.code].status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ ...error.toJSON(), status: errorTable[error.code].status, data: { hint: error.hint } }));
}

type Implementation = (input: unknown, options: { signal?: AbortSignal | undefined }) => Promise<unknown>;

/** The routes of a contract, each answered by the function of the same name: no route is written by hand. */
function routes(contract: AnyContractRouter, implementation: object): AnyRouter {
  if (isContractProcedure(contract)) return route(contract, implementation as Implementation);
  return Object.fromEntries(Object.entries(contract).map(([name, part]) => [name, routes(part, (implementation as Record<string, object>)[name] ?? {})]));
}

function route(contract: AnyContractProcedure, call: Implementation): AnyRouter {
  return implement(contract).handler(async ({ input, signal }) => {
    try {
      return await call(input, { signal });
    } catch (cause) {
      throw toOrpcError(cause);
    }
  });
}

function toOrpcError(cause: unknown): ORPCError<ErrorCode, { hint: string }> {
  const error = NootropicError.from(cause);
  return new ORPCError(error.code, { status: errorTable[error.code].status, message: error.message, data: { hint: error.hint }, cause });
}

import { assistantContract, NootropicError, type Assistant, type ErrorCode } from '@nootropic/contracts';
import { isContractProcedure, type AnyContractProcedure, type AnyContractRouter } from '@orpc/contract';
import { OpenAPIHandler } from '@orpc/openapi/fetch';
import { implement, ORPCError, type AnyRouter } from '@orpc/server';
import { asActor } from './audit.ts';
import { roleOfProcedure, type Needs } from './access.ts';
import { streamHeaders, type Seen } from './http-app.ts';
import { parseJson, readJsonText } from './http-body.ts';
import type { Admission } from './http-door.ts';
import type { Flight } from './http-flights.ts';
import { isRefusal, refusalHeaders, statusOf, type Refusal } from './http-refusal.ts';

/** What every procedure is called with. */
export interface CallContext {
  readonly admit: (needs: Needs) => Promise<Admission>;
  /** Of a call: when it is to end, and that it has ended. */
  readonly begin: () => Flight;
  readonly seen: Seen;
  /** Headers of an answer that refuses. */
  readonly refused?: (headers: Readonly<Record<string, string>>) => void;
}

export type AssistantRouter = AnyRouter;

/** The assistant's contract, each procedure answered by the function of the same name: no route is written by hand. */
export function assistantRouter(assistant: Assistant): AssistantRouter {
  return routes(assistantContract, assistant, []);
}

/** Answers a request of the assistant's contract; `undefined` where it has no such route. Whether the client may is asked for each procedure. */
export function createAssistantFetch(
  router: AssistantRouter,
): (request: Request, context: CallContext & { readonly signal: AbortSignal }) => Promise<Response | undefined> {
  const handler = new OpenAPIHandler<CallContext>(router);
  return async (request, context) => {
    const bodiless = request.method === 'GET' || request.method === 'HEAD';
    const text = bodiless ? '' : await readJsonText(request);
    if (text !== '') parseJson(text);
    const parsed = new Request(request.url, {
      method: request.method,
      headers: request.headers,
      signal: context.signal,
      ...(text !== '' && { body: text }),
    });
    let extra: Readonly<Record<string, string>> = {};
    const { response } = await handler.handle(parsed, {
      context: { ...context, refused: (headers) => (extra = headers) },
    });
    const streams = response?.headers.get('content-type') === 'text/event-stream';
    for (const [name, value] of Object.entries({ ...extra, ...(streams && streamHeaders) }))
      response?.headers.set(name, value);
    return response;
  };
}

type Implementation = (input: unknown, options: { signal?: AbortSignal | undefined }) => Promise<unknown>;

function routes(contract: AnyContractRouter, implementation: object, path: readonly string[]): AnyRouter {
  if (isContractProcedure(contract)) return route(contract, implementation as Implementation, path.join('.'));
  return Object.fromEntries(
    Object.entries(contract).map(([name, part]) => [
      name,
      routes(part, (implementation as Record<string, object>)[name] ?? {}, [...path, name]),
    ]),
  );
}

function route(contract: AnyContractProcedure, call: Implementation, path: string): AnyRouter {
  return implement(contract)
    .$context<CallContext>()
    .use(async ({ context, next }) => {
      context.seen.route = contract['~orpc'].route.path ?? path;
      const needs = roleOfProcedure(path);
      const admission = needs
        ? await context.admit(needs)
        : { error: new NootropicError('DENIED', 'Nobody may ask this.') };
      if (isRefusal(admission)) {
        context.refused?.(refusalHeaders(admission));
        throw toOrpcError(admission);
      }
      context.seen.client = admission.principal.name;
      return next();
    })
    .handler(async ({ input, signal, context }) => {
      const flight = context.begin();
      const { client } = context.seen;
      const signals = signal ? AbortSignal.any([signal, flight.signal]) : flight.signal;
      try {
        const output = await asActor(client, () => call(input, { signal: signals }));
        if (isStream(output)) {
          flight.streams();
          return followed(output, { flight, client });
        }
        flight.end(false);
        return output;
      } catch (cause) {
        flight.end(false);
        throw toOrpcError({ error: NootropicError.from(cause) }, cause);
      }
    });
}

function isStream(output: unknown): output is AsyncIterable<unknown> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output;
}

/** The same stream, in the name of its client throughout; what it throws while it runs carries its code too. */
async function* followed(
  stream: AsyncIterable<unknown>,
  { flight, client }: { readonly flight: Flight; readonly client: string },
): AsyncGenerator<unknown> {
  const iterator = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      // What runs in a generator runs in the name of whoever asks for its next item.
      const item = await asActor(client, () => iterator.next());
      if (item.done === true) return;
      yield item.value;
    }
  } catch (cause) {
    throw toOrpcError({ error: NootropicError.from(cause) }, cause);
  } finally {
    await asActor(client, async () => iterator.return?.());
    flight.end(false);
  }
}

function toOrpcError(refusal: Refusal, cause: unknown = refusal.error): ORPCError<ErrorCode, { hint: string }> {
  const { error } = refusal;
  return new ORPCError(error.code, {
    status: statusOf(refusal),
    message: error.message,
    data: { hint: error.hint },
    cause,
  });
}

import {
  createMcpHandler,
  isLegacyRequest,
  WebStandardStreamableHTTPServerTransport,
  type EventStore,
  type JSONRPCMessage,
  type McpServer,
  type McpServerFactory,
  type Server,
} from '@modelcontextprotocol/server';
import type { ClientRole } from '@nootropic/contracts';

export interface McpEndpointOptions {
  readonly factory: McpServerFactory;
  /** Sessions of the older era that may be open at once; the one that was silent longest makes way. Default 64. */
  readonly maxSessions?: number;
  /** Milliseconds after which a silent session is forgotten. Default half an hour. */
  readonly idleMs?: number;
  /** Milliseconds after which a client that lost its stream is told to come back. Default 1 000. */
  readonly retryMs?: number;
  readonly now?: () => number;
  readonly newId?: () => string;
}

/** Who asks, as it was proven before. */
export interface McpCaller {
  readonly name: string;
  readonly role: ClientRole;
}

/** MCP over HTTP. Host, origin and key are judged before: it only answers. */
export interface McpEndpoint extends AsyncDisposable {
  fetch(request: Request, caller: McpCaller): Promise<Response>;
}

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: McpServer | Server;
  /** Another caller who learnt the id does not get in. */
  readonly caller: string;
  usedAt: number;
}

const maxBodyBytes = 4 * 2 ** 20;

/**
 * Serves both eras of the protocol on one address: that of 2026-07-28 request by request, that of 2025 with sessions, whose streams can be gone on with. A
 * session belongs to the caller who opened it.
 */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const { factory, maxSessions = 64, idleMs = 1_800_000, retryMs = 1_000 } = options;
  const { now = Date.now, newId = () => crypto.randomUUID() } = options;
  const modern = createMcpHandler(factory, { legacy: 'reject', maxRequestBodySize: maxBodyBytes });
  const sessions = new Map<string, Session>();

  const end = async (id: string): Promise<void> => {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.server.close();
  };
  const makeRoom = async (): Promise<void> => {
    for (const [id, { usedAt }] of sessions) if (now() - usedAt > idleMs) await end(id);
    while (sessions.size >= maxSessions) {
      const [oldest] = [...sessions].toSorted(([, one], [, other]) => one.usedAt - other.usedAt);
      if (!oldest) return;
      await end(oldest[0]);
    }
  };

  async function begin(request: Request, caller: McpCaller): Promise<Response> {
    await makeRoom();
    const authInfo = authOf(caller);
    const server = await factory({ era: 'legacy', authInfo, requestInfo: request });
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: newId,
      eventStore: createEventStore(newId),
      retryInterval: retryMs,
      maxRequestBodySize: maxBodyBytes,
      onsessioninitialized: (id) => {
        sessions.set(id, { transport, server, caller: caller.name, usedAt: now() });
      },
      onsessionclosed: (id) => end(id),
    });
    await server.connect(transport);
    const response = await transport.handleRequest(request, { authInfo });
    if (transport.sessionId === undefined) await server.close();
    return response;
  }

  return {
    async fetch(request, caller) {
      if (!(await isLegacyRequest(request, undefined, { maxRequestBodySize: maxBodyBytes })))
        return modern.fetch(request, { authInfo: authOf(caller) });
      const id = request.headers.get('mcp-session-id');
      if (id === null) return begin(request, caller);
      const session = sessions.get(id);
      if (!session || session.caller !== caller.name) return unknownSession();
      session.usedAt = now();
      return session.transport.handleRequest(request, { authInfo: authOf(caller) });
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled([...sessions.keys()].map((id) => end(id)));
      await modern.close();
    },
  };
}

/** The key itself is not given on: nothing behind this needs it. */
function authOf({ name, role }: McpCaller) {
  return { token: '', clientId: name, scopes: [role] };
}

function unknownSession(): Response {
  return Response.json(
    { jsonrpc: '2.0', error: { code: -32_001, message: 'Session not found' }, id: null },
    { status: 404 },
  );
}

/** Events of one session that a stream can be gone on with after; the newest only. */
const keptEvents = 1000;

function createEventStore(newId: () => string): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  return {
    async storeEvent(stream, message) {
      const id = newId();
      events.push({ id, stream, message });
      if (events.length > keptEvents) events.shift();
      return Promise.resolve(id);
    },
    async getStreamIdForEventId(id) {
      return Promise.resolve(events.find((event) => event.id === id)?.stream);
    },
    async replayEventsAfter(lastId, { send }) {
      const at = events.findIndex(({ id }) => id === lastId);
      const stream = events[at]?.stream ?? '';
      for (const event of events.slice(at + 1)) if (event.stream === stream) await send(event.id, event.message);
      return stream;
    },
  };
}

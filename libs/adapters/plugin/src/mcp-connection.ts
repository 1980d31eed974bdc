import { Client, StreamableHTTPClientTransport, type Tool, type Transport } from '@modelcontextprotocol/client';
import { NootropicError, type Config, type HostProcess } from '@nootropic/contracts';
import { cappedFetch } from './capped-fetch.ts';
import { shownOnOneLine } from './hidden-text.ts';
import { createMcpProcessTransport, type McpProcess } from './mcp-process-transport.ts';

export type McpServerConfig = Config['mcp']['servers'][string];

export interface McpLimits {
  /** Milliseconds for starting and greeting a server. */
  readonly connectMs: number;
  /** Milliseconds that a call may be silent; progress begins them anew, up to five times as long. */
  readonly callMs: number;
  /** Bytes of one message, or one answer over HTTP. */
  readonly messageBytes: number;
  readonly tools: number;
}

export interface McpConnectionOptions {
  readonly name: string;
  readonly server: McpServerConfig;
  /** Of this program, told to the server. */
  readonly version: string;
  readonly fetch: typeof fetch;
  /** Starts a server of this machine, confined where that can be done. */
  readonly start: (server: { readonly name: string } & McpServerConfig) => Promise<McpProcess>;
  readonly limits: McpLimits;
  readonly now: () => number;
  /** Hears what became of the server, and what it says on its error output. */
  readonly onNote: (text: string) => void;
}

/** One server. It is connected to when it is first needed, and again after it ended. */
export interface McpConnection extends AsyncDisposable {
  /** Its tools as it describes them now. */
  listTools(signal?: AbortSignal): Promise<Tool[]>;
  callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<ToolResult>;
  process(): HostProcess | undefined;
}

export type ToolResult = Awaited<ReturnType<Client['callTool']>>;

/** A server that ended is started again after a second, then two, four, up to a minute; one that lived for as long begins anew. */
const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

export function createMcpConnection(options: McpConnectionOptions): McpConnection {
  const { name, server, version, limits, now, onNote } = options;
  let opening: Promise<Client> | undefined;
  let pid: () => number | undefined = () => undefined;
  let failures = 0;
  let restarts = -1;
  let retryAt = 0;
  let isOver = false;

  const failed = (cause: unknown): NootropicError => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new NootropicError('MCP_FAILED', `The MCP server ${name} failed: ${shownOnOneLine(why, 300)}`, { cause });
  };
  const rest = (): void => {
    failures += 1;
    retryAt = now() + Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  };

  function transportOf(): Transport {
    if (server.command !== undefined) {
      const transport = createMcpProcessTransport({
        start: () => options.start({ name, ...server }),
        maxMessageBytes: limits.messageBytes,
        onWords: (text) => onNote(shownOnOneLine(text, 1000)),
      });
      pid = () => transport.pid();
      return transport;
    }
    if (server.url === undefined)
      throw new NootropicError('CONFIG_INVALID', `The MCP server ${name} has neither a command nor an address.`);
    return new StreamableHTTPClientTransport(new URL(server.url), {
      fetch: cappedFetch(options.fetch, limits.messageBytes),
    });
  }

  async function open(): Promise<Client> {
    const client = new Client(
      { name: 'nootropic', version },
      // It may ask nothing of us: no words of a model, no answers of the user, no folders.
      {
        capabilities: {},
        versionNegotiation: { mode: 'auto', probe: { timeoutMs: Math.min(5_000, limits.connectMs) } },
      },
    );
    client.onerror = (error) => onNote(shownOnOneLine(error.message, 300));
    restarts += 1;
    const startedAt = now();
    try {
      await client.connect(transportOf(), { timeout: limits.connectMs });
    } catch (cause) {
      rest();
      await client.close().catch(() => undefined);
      throw NootropicError.is(cause) ? cause : failed(cause);
    }
    client.onclose = () => {
      opening = undefined;
      pid = () => undefined;
      if (isOver) return;
      if (now() - startedAt > longestWaitMs) failures = 0;
      rest();
      onNote('The connection has ended.');
    };
    return client;
  }

  async function connected(): Promise<Client> {
    if (isOver) throw new NootropicError('MCP_FAILED', `The MCP server ${name} is not used any more.`);
    if (opening) return opening;
    const wait = retryAt - now();
    if (wait > 0)
      throw new NootropicError(
        'MCP_FAILED',
        `The MCP server ${name} has ended and is started again in ${Math.ceil(wait / 1000)} s.`,
      );
    opening = open();
    opening.catch(() => (opening = undefined));
    return opening;
  }

  const asked = async <T>(work: (client: Client) => Promise<T>, signal?: AbortSignal): Promise<T> => {
    if (signal?.aborted) throw new NootropicError('ABORTED', undefined, { cause: signal.reason });
    const client = await connected();
    try {
      return await work(client);
    } catch (cause) {
      if (signal?.aborted) throw new NootropicError('ABORTED', undefined, { cause });
      throw failed(cause);
    }
  };

  return {
    listTools: (signal) =>
      asked(async (client) => {
        const { tools } = await client.listTools(undefined, {
          cacheMode: 'refresh',
          timeout: limits.callMs,
          ...(signal && { signal }),
        });
        if (tools.length > limits.tools) throw new Error(`it has ${tools.length} tools`);
        return tools;
      }, signal),
    callTool: (tool, args, signal) =>
      asked(
        (client) =>
          client.callTool(
            { name: tool, arguments: args },
            {
              ...{ signal, timeout: limits.callMs, resetTimeoutOnProgress: true, maxTotalTimeout: 5 * limits.callMs },
              // Without a listener nobody asks for progress, and a long call would count as silent.
              onprogress: () => undefined,
            },
          ),
        signal,
      ),
    process() {
      if (server.command === undefined || restarts < 0) return undefined;
      const running = pid();
      return {
        name: `mcp ${name}`,
        ...(running !== undefined && { pid: running }),
        state: running !== undefined ? 'ready' : now() < retryAt ? 'restarting' : 'stopped',
        restarts: Math.max(0, restarts),
        detail: server.command.join(' '),
      };
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

import type { Readable, Writable } from 'node:stream';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { createMcpServerFactory, type McpServerOptions } from './mcp-server.ts';

export interface McpStdioOptions extends McpServerOptions {
  /** Default those of this process. */
  readonly input?: Readable;
  readonly output?: Writable;
  readonly signal?: AbortSignal;
  /** Hears what went wrong on the connection; it may not be written to the output. */
  readonly onError?: (error: Error) => void;
}

/** Serves one program over standard input and output until it hangs up, or the signal aborts. Both eras of the protocol are spoken. */
export async function serveMcpOnStdio(options: McpStdioOptions): Promise<void> {
  const { input = process.stdin, output = process.stdout, signal, onError } = options;
  const closed = Promise.withResolvers<void>();
  const transport = new StdioServerTransport(input, output);
  const handle = serveStdio(createMcpServerFactory(options), { transport, ...(onError && { onerror: onError }) });
  input.once('end', closed.resolve).once('close', closed.resolve);
  signal?.addEventListener('abort', () => closed.resolve(), { once: true });
  if (signal?.aborted) closed.resolve();
  await closed.promise;
  await handle.close();
}

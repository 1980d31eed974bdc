import type { Readable, Writable } from 'node:stream';
import { ReadBuffer, serializeMessage, type JSONRPCMessage, type Transport } from '@modelcontextprotocol/client';

/** A server that runs on this machine. */
export interface McpProcess {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable | null;
  /** Resolves when it has ended, with a few words about how. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends it with all that it started, and waits for that. */
  end(): Promise<void>;
}

export interface McpProcessTransportOptions {
  readonly start: () => Promise<McpProcess>;
  /** Bytes of one message at most; a longer one ends the connection. */
  readonly maxMessageBytes: number;
  /** Hears what it writes to its error output. */
  readonly onWords: (text: string) => void;
}

/** How long a server may take to end by itself once nobody speaks to it, in milliseconds. */
const patienceMs = 1_000;

/** A connection over the input and output of a process that somebody else starts, so that it can be confined. */
export function createMcpProcessTransport(options: McpProcessTransportOptions): Transport & {
  /** Of the process; unset before it runs. */
  pid(): number | undefined;
} {
  const { start, maxMessageBytes, onWords } = options;
  const buffer = new ReadBuffer({ maxBufferSize: maxMessageBytes });
  let server: McpProcess | undefined;
  let isClosed = false;

  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    if (server) {
      server.stdin.end();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
      await Promise.race([server.ended, late]);
      clearTimeout(timer);
      await server.end();
    }
    transport.onclose?.();
  };
  const transport: ReturnType<typeof createMcpProcessTransport> = {
    pid: () => server?.pid,
    async start() {
      server = await start();
      server.stderr?.on('data', (chunk: Uint8Array) => onWords(new TextDecoder().decode(chunk)));
      server.stdin.on('error', () => undefined);
      server.stdout.on('error', () => undefined);
      server.stdout.on('data', (chunk: Buffer) => {
        try {
          buffer.append(chunk);
          for (let message = buffer.readMessage(); message !== null; message = buffer.readMessage())
            transport.onmessage?.(message);
        } catch (cause) {
          transport.onerror?.(cause instanceof Error ? cause : new Error(String(cause)));
          void close();
        }
      });
      void server.ended.then((how) => {
        if (!isClosed) transport.onerror?.(new Error(how));
        return close();
      });
    },
    send(message: JSONRPCMessage) {
      return new Promise((resolve, reject) => {
        if (!server || isClosed) reject(new Error('The server has ended.'));
        else if (server.stdin.write(serializeMessage(message))) resolve();
        else {
          server.stdin.once('drain', resolve);
          void server.ended.then(() => reject(new Error('The server has ended.')));
        }
      });
    },
    close,
  };
  return transport;
}

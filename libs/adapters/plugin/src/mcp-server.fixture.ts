import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createMcpHandler, Server, type CallToolResult, type Tool } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

/** What a server of a test says and does; what it holds may change while it runs. */
export interface FixtureState {
  tools: Tool[];
  /** How each call is answered. Default: with its arguments. */
  answer?: (name: string, args: Record<string, unknown>) => CallToolResult | Promise<CallToolResult>;
  /** Calls that came. */
  calls: string[];
}

export const echoTool: Tool = {
  name: 'echo',
  description: 'Gives back what it is given.',
  inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
};

export function makeServer(state: FixtureState): Server {
  const server = new Server({ name: 'fixture', version: '1.0.0' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({ tools: state.tools }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    state.calls.push(params.name);
    if (state.answer) return state.answer(params.name, params.arguments ?? {});
    return { content: [{ type: 'text', text: JSON.stringify(params.arguments) }] };
  });
  return server;
}

/** A `fetch` that reaches this server and nothing else. */
export function fetchOf(state: FixtureState): typeof fetch {
  const handler = createMcpHandler(() => makeServer(state));
  return (input, init) => handler.fetch(new Request(input, init));
}

/** Run as a program: its tools are read from the file that is named, anew for each list; a call of `crash` ends it, one of `look` reads a file. */
if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = process.argv[2] ?? '';
  const state: FixtureState = {
    calls: [],
    get tools() {
      return JSON.parse(readFileSync(file, 'utf8')) as Tool[];
    },
    answer(name, args) {
      if (name === 'crash') process.exit(7);
      if (name === 'hang') return new Promise<never>(() => undefined);
      if (name === 'flood') return { content: [{ type: 'text', text: 'x'.repeat(Number(args['length'])) }] };
      if (name !== 'look') return { content: [{ type: 'text', text: JSON.stringify(args) }] };
      try {
        return { content: [{ type: 'text', text: readFileSync(String(args['path']), 'utf8') }] };
      } catch (cause) {
        return { isError: true, content: [{ type: 'text', text: (cause as NodeJS.ErrnoException).code ?? '' }] };
      }
    },
  };
  serveStdio(() => makeServer(state));
}

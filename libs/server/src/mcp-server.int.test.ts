import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import {
  Client,
  ReadBuffer,
  serializeMessage,
  StreamableHTTPClientTransport,
  type ClientOptions,
  type Transport,
} from '@modelcontextprotocol/client';
import { NootropicError, type Assistant, type ClientRole } from '@nootropic/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compose, type Composition } from './compose.ts';
import { createMcpEndpoint } from './mcp-http.ts';
import { createMcpMount } from './mcp-mount.ts';
import { createMcpServerFactory, mcpToolNames } from './mcp-server.ts';
import { serveMcpOnStdio } from './mcp-stdio.ts';
import { serve } from './serve.ts';

const eras: readonly [string, NonNullable<ClientOptions['versionNegotiation']>][] = [
  ['2025-11-25', { mode: 'legacy' }],
  ['2026-07-28', { mode: { pin: '2026-07-28' } }],
];

const everyTool = [
  ...['search', 'symbol', 'graph', 'map', 'gather', 'recall', 'remember'],
  ...['changes_list', 'changes_diff', 'changes_undo', 'changes_redo'],
];

/** The other end of a standard input and output. */
function pipeTransport(input: PassThrough, output: PassThrough): Transport {
  const buffer = new ReadBuffer();
  const transport: Transport = {
    async start() {
      output.on('data', (chunk: Buffer) => {
        buffer.append(chunk);
        for (let message = buffer.readMessage(); message !== null; message = buffer.readMessage())
          transport.onmessage?.(message);
      });
      return Promise.resolve();
    },
    async send(message) {
      input.write(serializeMessage(message));
      return Promise.resolve();
    },
    async close() {
      input.end();
      transport.onclose?.();
      return Promise.resolve();
    },
  };
  return transport;
}

describe('the MCP server', () => {
  let home: string;
  let workspace: string;
  let composed: Composition;
  let closers: (() => PromiseLike<unknown>)[];
  beforeEach(async () => {
    home = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-mcp-server-')));
    workspace = await realpath(await mkdtemp(join(tmpdir(), 'nootropic-mcp-ws-')));
    await writeFile(
      join(workspace, 'a.ts'),
      'export function alpha() {\n  return beta();\n}\nfunction beta() {\n  return 1;\n}\n',
    );
    composed = await compose({ env: { PATH: process.env['PATH'], NOOTROPIC_HOME: home } });
    closers = [];
  });
  afterEach(async () => {
    for (const close of closers.toReversed()) await close();
    await composed[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
    await rm(workspace, { recursive: true, force: true });
  });

  const client = (options: ClientOptions = {}): Client => {
    const made = new Client({ name: 'test', version: '1' }, options);
    closers.push(() => made.close());
    return made;
  };
  const overStdio = async (options: ClientOptions, role: ClientRole = 'user', cwd = true): Promise<Client> => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const served = serveMcpOnStdio({
      ...{ assistant: composed.assistant, version: '1', role, input, output },
      ...(cwd && { workspace }),
    });
    closers.push(() => served);
    const made = client(options);
    await made.connect(pipeTransport(input, output));
    return made;
  };
  const text = (result: { content: readonly { type: string; text?: string }[] }): string =>
    result.content.map((part) => part.text ?? '').join('');

  describe.each(eras)('in the era of %s', (_era, versionNegotiation) => {
    it('offers what it has, with schemas and what each tool does to the world', async () => {
      const made = await overStdio({ versionNegotiation });
      const { tools } = await made.listTools();
      expect(tools.map(({ name }) => name)).toEqual(everyTool);
      for (const { description, inputSchema, outputSchema, annotations } of tools) {
        expect(description).not.toBe('');
        expect(inputSchema.properties).toHaveProperty('workspace');
        expect(outputSchema?.type).toBe('object');
        expect(annotations?.openWorldHint).toBe(false);
      }
      const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
      expect(changing).toEqual(['remember', 'changes_undo', 'changes_redo']);
      const { resources } = await made.listResources();
      expect(resources.map(({ uri }) => uri)).toEqual(['nootropic://map']);
    });

    it('searches, tells how far it is, and finds who calls what', async () => {
      const made = await overStdio({ versionNegotiation });
      const progress: number[] = [];
      const found = await made.callTool(
        { name: 'search', arguments: { query: 'alpha', limit: 1 } },
        { onprogress: ({ progress: done }) => void progress.push(done) },
      );
      expect(found.structuredContent).toMatchObject({ hits: [{ path: 'a.ts' }] });
      expect(progress.length).toBeGreaterThan(0);
      expect(JSON.parse(text(found))).toEqual(found.structuredContent);
      const graph = await made.callTool({ name: 'graph', arguments: { ask: 'callers', symbol: 'beta', workspace } });
      expect(text(graph)).toContain('alpha');
      const map = await made.readResource({ uri: 'nootropic://map' });
      expect(JSON.stringify(map.contents)).toContain('a.ts');
    }, 60_000);

    it('keeps notes and finds them again, and takes nothing back where nothing was done', async () => {
      const made = await overStdio({ versionNegotiation });
      expect((await made.callTool({ name: 'recall', arguments: { query: 'port' } })).structuredContent).toEqual({
        hits: [],
      });
      await made.callTool({ name: 'remember', arguments: { text: 'The server listens on port 4650.' } });
      expect(text(await made.callTool({ name: 'recall', arguments: { query: 'port' } }))).toContain('4650');
      expect((await made.callTool({ name: 'changes_list', arguments: {} })).structuredContent).toEqual({ steps: [] });
      const undone = await made.callTool({ name: 'changes_undo', arguments: {} });
      expect(undone.isError === true ? text(undone) : undone.structuredContent).toBeDefined();
    }, 60_000);

    it('answers wrong arguments and failures so that the caller can do better', async () => {
      const made = await overStdio({ versionNegotiation }, 'user', false);
      const nowhere = await made.callTool({ name: 'search', arguments: { query: 'x', workspace: '/nope/nope' } });
      expect({ isError: nowhere.isError, text: text(nowhere) }).toMatchObject({
        isError: true,
        text: expect.stringContaining('PATH_NOT_FOUND') as string,
      });
      const relative = await made.callTool({ name: 'search', arguments: { query: 'x', workspace: 'src' } });
      expect(text(relative)).toContain('INPUT_INVALID');
      const unknown = await made.callTool({ name: 'search', arguments: { query: 'x' } });
      expect(text(unknown)).toMatch(/`workspace`/u);
      const wrong = await made.callTool({ name: 'search', arguments: { query: 7 } }).catch((error: Error) => error);
      expect(wrong instanceof Error ? wrong.message : text(wrong)).toMatch(/query/u);
    });

    it('offers each caller over HTTP what its role permits, behind the guard', async () => {
      const mount = createMcpMount({ assistant: composed.assistant, version: '1' });
      const served = await serve({
        ...{ assistant: composed.assistant, token: 't'.repeat(32), mounts: [mount] },
        findKey: async (key) =>
          key.startsWith('key-') ? { name: key, role: key.slice(4) as ClientRole, by: 'key' } : undefined,
      });
      closers.push(
        () => served[Symbol.asyncDispose](),
        () => mount[Symbol.asyncDispose](),
      );
      const over = async (key: string): Promise<Client> => {
        const made = client({ versionNegotiation });
        const headers = { authorization: `Bearer ${key}` };
        await made.connect(
          new StreamableHTTPClientTransport(new URL(`${served.url}/mcp`), { requestInit: { headers } }),
        );
        return made;
      };
      for (const role of ['models', 'read-only', 'user', 'admin'] as const) {
        const { tools } = await (await over(`key-${role}`)).listTools();
        expect(tools.map(({ name }) => name)).toEqual(mcpToolNames(role));
      }
      expect(mcpToolNames('models')).not.toContain('changes_undo');
      await expect(over('nobody')).rejects.toThrow();
      const made = await over('key-models');
      const found = await made.callTool({ name: 'search', arguments: { query: 'alpha', limit: 1, workspace } });
      expect(found.structuredContent).toMatchObject({ hits: [{ path: 'a.ts' }] });
      await expect(made.callTool({ name: 'changes_undo', arguments: { workspace } })).rejects.toThrow(/changes_undo/u);
    }, 60_000);

    it('ends the work when the caller cancels it', async () => {
      const ended = Promise.withResolvers<void>();
      const assistant = {
        index: {
          refresh: async (_input: unknown, { signal }: { signal: AbortSignal }) =>
            (async function* () {
              yield await new Promise<never>((_resolve, reject) => {
                signal.addEventListener('abort', () => {
                  ended.resolve();
                  reject(new NootropicError('ABORTED'));
                });
              });
            })(),
        },
      } as unknown as Assistant;
      const [input, output] = [new PassThrough(), new PassThrough()];
      const served = serveMcpOnStdio({ assistant, version: '1', workspace, input, output });
      closers.push(() => served);
      const made = client({ versionNegotiation });
      await made.connect(pipeTransport(input, output));
      const signal = AbortSignal.timeout(100);
      await expect(made.callTool({ name: 'search', arguments: { query: 'x' } }, { signal })).rejects.toThrow();
      await ended.promise;
    });
  });

  it('asks a client of the older era for its roots', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const served = serveMcpOnStdio({ assistant: composed.assistant, version: '1', fallback: home, input, output });
    closers.push(() => served);
    const made = client({ capabilities: { roots: {} } });
    made.setRequestHandler('roots/list', () => ({ roots: [{ uri: pathToFileURL(workspace).href }] }));
    await made.connect(pipeTransport(input, output));
    const found = await made.callTool({ name: 'search', arguments: { query: 'alpha', limit: 1 } });
    expect(found.structuredContent).toMatchObject({ hits: [{ path: 'a.ts' }] });
  }, 60_000);

  it('keeps sessions apart, and no more than so many', async () => {
    const endpoint = createMcpEndpoint({
      factory: createMcpServerFactory({ assistant: composed.assistant, version: '1' }),
      maxSessions: 2,
    });
    closers.push(() => endpoint[Symbol.asyncDispose]());
    const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
    const ask = (body: unknown, name: string, id?: string): Promise<Response> =>
      endpoint.fetch(
        new Request('http://127.0.0.1/mcp', {
          ...{ method: 'POST', body: JSON.stringify(body) },
          headers: { ...accept, ...(id !== undefined && { 'mcp-session-id': id }) },
        }),
        { name, role: 'models' },
      );
    const begin = async (name: string): Promise<string> => {
      const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name, version: '1' } };
      const response = await ask({ jsonrpc: '2.0', id: 1, method: 'initialize', params }, name);
      await response.body?.cancel();
      return response.headers.get('mcp-session-id') ?? '';
    };
    const list = { jsonrpc: '2.0', id: 2, method: 'tools/list' };
    const status = async (name: string, id: string): Promise<number> => {
      const response = await ask(list, name, id);
      await response.body?.cancel();
      return response.status;
    };
    const first = await begin('one');
    expect(await status('one', first)).toBe(200);
    expect(await status('two', first)).toBe(404);
    expect(await status('one', 'made-up')).toBe(404);
    const second = await begin('two');
    await begin('three');
    expect(await status('one', first)).toBe(404);
    expect(await status('two', second)).toBe(200);
  });
});

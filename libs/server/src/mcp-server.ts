import { fileURLToPath } from 'node:url';
import { isAbsolute } from 'node:path';
import { McpServer, type McpServerFactory, type ServerContext } from '@modelcontextprotocol/server';
import { NootropicError, clientRoles, type Assistant, type ClientRole } from '@nootropic/contracts';
import { reaches } from './access.ts';
import { mcpTools, type McpTool } from './mcp-tools.ts';

export interface McpServerOptions {
  readonly assistant: Assistant;
  /** Of the program. */
  readonly version: string;
  /** Absolute path of the folder that calls are about which name none. Default: the first root of the client, where it has one. */
  readonly workspace?: string;
  /** The folder where the client names no root either. Default: the call is refused. */
  readonly fallback?: string;
  /** What the caller may do, where nothing says who calls. Default `models`. */
  readonly role?: ClientRole;
}

const instructions =
  'Search and understand the code of a folder, keep notes about it, and see or take back what agents of nootropic changed. Ask `search` for places, `gather` for the passages that a question needs, `graph` for who calls what, `map` for an overview.';
const mapAddress = 'nootropic://map';

/**
 * Makes the server that other agents ask, of both eras of the protocol (https://modelcontextprotocol.io/specification). It offers only what the role of the
 * caller permits: that of its key, which the HTTP route puts into the scopes of its authorization, else the one given.
 */
export function createMcpServerFactory(options: McpServerOptions): McpServerFactory {
  const { assistant, version, role: usual = 'models' } = options;
  return ({ authInfo }) => {
    const role = clientRoles.find((each) => authInfo?.scopes.includes(each)) ?? usual;
    const server = new McpServer({ name: 'nootropic', title: 'nootropic', version }, { instructions });
    const folderOf = async (asked: unknown): Promise<string> =>
      folder(typeof asked === 'string' ? asked : (options.workspace ?? (await firstRoot(server, options.fallback))));
    for (const tool of mcpTools) {
      if (!reaches(role, tool.role)) continue;
      server.registerTool(
        tool.name,
        {
          ...{ title: tool.title, description: tool.description, annotations: tool.annotations },
          ...{ inputSchema: tool.input, outputSchema: tool.output },
        },
        async (args: Record<string, unknown>, context: ServerContext) => {
          try {
            const { workspace: asked, ...rest } = args;
            const workspace = await folderOf(asked);
            const { signal } = context.mcpReq;
            if (tool.indexed) await indexFor(assistant, workspace, context);
            const result = plain(await tool.run(assistant, rest as never, { workspace, signal }));
            return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result };
          } catch (cause) {
            return failed(cause);
          }
        },
      );
    }
    if (options.workspace !== undefined || options.fallback !== undefined)
      server.registerResource(
        'map',
        mapAddress,
        { title: 'Outline of the code', description: 'The most important files and symbols.', mimeType: 'text/plain' },
        async (uri, context) => {
          const workspace = await folderOf(undefined);
          const { text } = await assistant.map({ workspace }, { signal: context.mcpReq.signal });
          return { contents: [{ uri: uri.href, mimeType: 'text/plain', text }] };
        },
      );
    return server;
  };
}

/** Brings the index up to date, and tells how far it is, to whoever asked to be told. */
async function indexFor(assistant: Assistant, workspace: string, { mcpReq }: ServerContext): Promise<void> {
  const { signal } = mcpReq;
  const progressToken = mcpReq._meta?.progressToken;
  let told = -1;
  for await (const { done, total, phase } of await assistant.index.refresh({ workspace }, { signal })) {
    if (progressToken === undefined || done <= told) continue;
    told = done;
    await mcpReq.notify({
      method: 'notifications/progress',
      params: { progressToken, progress: done, total, message: `Reading the code: ${phase}` },
    });
  }
}

/** The folder of the first root that the client names, where it can be asked: only in the older era, and on a connection that goes both ways. */
async function firstRoot({ server }: McpServer, fallback: string | undefined): Promise<string> {
  const unknown = new NootropicError('INPUT_INVALID', 'Which folder is meant is not known.', {
    hint: 'Give its absolute path as `workspace`, or start the server with --cwd.',
  });
  const canAsk = server.getClientCapabilities()?.roots !== undefined;
  const { roots } = canAsk
    ? await server.listRoots(undefined, { timeout: 5_000 }).catch(() => ({ roots: [] }))
    : { roots: [] };
  const [first] = roots;
  if (first?.uri.startsWith('file:')) return fileURLToPath(first.uri);
  if (fallback === undefined) throw unknown;
  return fallback;
}

function folder(path: string): string {
  if (isAbsolute(path)) return path;
  throw new NootropicError('INPUT_INVALID', `${path} is no absolute path.`);
}

/** As it travels: without what has no place in JSON. */
function plain(value: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

function failed(cause: unknown) {
  const { code, message, hint } = NootropicError.from(cause);
  return { isError: true, content: [{ type: 'text' as const, text: `${code}: ${message} ${hint}` }] };
}

/** Names of the tools that a role may call. */
export function mcpToolNames(role: ClientRole): string[] {
  return mcpTools.filter((tool: McpTool) => reaches(role, tool.role)).map(({ name }) => name);
}

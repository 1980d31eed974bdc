import type { Assistant, Config, OutsideTools, Telemetry } from '@nootropic/contracts';
import { withEgressCause } from '@nootropic/observability';
import { createMcpTools } from '@nootropic/plugin';
import { startConfinedProcess } from '@nootropic/workspace';
import { ownPaths, type Paths } from './paths.ts';

export interface McpClientOptions {
  readonly config: Config;
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly telemetry: Telemetry;
  /** For servers over HTTP; what it lets out is counted. */
  readonly fetch: typeof fetch;
  /** Of the program. */
  readonly version: string;
}

export interface McpClient {
  readonly tools: OutsideTools;
  /** Whether the user has configured any that are switched on. */
  readonly configured: boolean;
  readonly requests: Assistant['mcp'];
}

/** The MCP servers of the user's configuration: those of this machine run in the sandbox, and outside of it only where commands may too. */
export function createMcpClient({ config, paths, env, telemetry, fetch, version }: McpClientOptions): McpClient {
  const tools = createMcpTools({
    servers: config.mcp.servers,
    approvals: paths.mcpApprovals,
    ...{ version, fetch },
    start: ({ name, command = [], env: variables, hosts }) =>
      withEgressCause({ cause: 'mcp', program: `mcp ${name}` }, () =>
        startConfinedProcess({
          argv: command as [string, ...string[]],
          ...{ env, variables, hosts: config.network.offline ? [] : hosts, own: ownPaths(paths) },
          unconfined: config.permissions.sandbox !== 'required',
          onNetwork: ({ refused, ...use }) =>
            telemetry.log(refused === undefined ? 'info' : 'warn', 'An MCP server connected.', {
              ...{ server: name, ...use },
              ...(refused !== undefined && { refused }),
            }),
        }),
      ),
    onNote: (server, text) => telemetry.log('info', text, { server }),
  });
  return {
    tools,
    configured: Object.values(config.mcp.servers).some(({ enabled }) => enabled),
    requests: {
      list: async (_input, options?: { readonly signal?: AbortSignal | undefined }) => tools.list(options?.signal),
      approve: async ({ name, tools: named }) => tools.approve(name, named),
    },
  };
}

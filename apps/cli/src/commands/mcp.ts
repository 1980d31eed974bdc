import { NootropicError, type McpServer } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import { confirm } from '../confirm.ts';
import type { Finish } from '../program.ts';

interface ServeOptions {
  readonly cwd?: string;
  readonly readOnly?: boolean;
}

interface ApproveOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function addMcp(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('mcp')
    .summary('offer search, graph, memory and undo to other agents; approve the tools of others')
    .description(
      'Speaks the Model Context Protocol (https://modelcontextprotocol.io) on standard input and output, for agents such as Claude Code, Zed or Cursor. Started by them. The subcommands are about the servers whose tools agents here may use.',
    )
    .option(
      '--cwd <dir>',
      'the folder that calls are about which name none (default: the first root of the client, else the current one)',
    )
    .option('--read-only', 'offer nothing that keeps notes or takes changes back')
    .addHelpText(
      'after',
      '\nExample, in the settings of an agent:\n  "mcpServers": { "nootropic": { "command": "nootropic", "args": ["mcp", "--cwd", "/path/of/the/project"] } }',
    )
    .action((options: ServeOptions) => finish(() => serve(cli, options)));

  const list = command
    .command('list')
    .summary('the MCP servers that are set up, and their tools')
    .description(
      'Asks every MCP server of `mcp.servers` in your settings for its tools, and says which you have approved.',
    );
  withCommonOptions(list, [
    ['nootropic mcp list', 'servers, tools and approvals'],
    ['nootropic mcp list --json', 'for a script'],
  ]).action((options: CommonOptions) => finish(() => show(cli, options)));

  const approve = command
    .command('approve')
    .summary('let agents call tools of an MCP server, as they are described now')
    .description(
      'Shows what the tools say of themselves, and asks. A tool that describes itself in another way later is asked for again. Each call is still judged by your rules.',
    )
    .argument('<name>', 'the server, as in the settings')
    .argument('[tools...]', 'only these; default: all that are not approved')
    .option('-y, --yes', 'do not ask');
  withCommonOptions(approve, [
    ['nootropic mcp approve github', 'all of its tools'],
    ['nootropic mcp approve github search_issues', 'one'],
  ]).action((name: string, tools: string[], options: ApproveOptions) =>
    finish(() => approveTools(cli, { name, tools }, options)),
  );
}

async function serve(cli: Cli, options: ServeOptions): Promise<void> {
  const folder = await workspaceOf(cli, options);
  await withAssistant(cli, (assistant, host) =>
    host.serveMcp(assistant, {
      ...(options.cwd === undefined ? {} : { workspace: folder }),
      fallback: folder,
      role: options.readOnly === true ? 'read-only' : 'user',
      signal: cli.signal,
      onError: (error) => void cli.talk(`${error.message}\n`),
    }),
  );
}

async function show(cli: Cli, options: CommonOptions): Promise<void> {
  const servers = await withAssistant(cli, (assistant) => assistant.mcp.list(undefined, { signal: cli.signal }));
  if (options.json === true) for (const server of servers) await cli.json(server);
  else if (servers.length === 0)
    await cli.talk('No MCP server is set up. They are set in `mcp.servers`: `nootropic config path` says where.\n');
  else for (const server of servers) await cli.out(serverText(cli, server));
}

const signs = { approved: '✓', new: '?', changed: '!' } as const;

function serverText(cli: Cli, server: McpServer): string {
  const { style } = cli;
  const place = server.command?.join(' ') ?? server.url ?? '';
  const heading = `${style.bold(cli.cell(server.name))}  ${server.state}  ${style.dim(cli.cell(place))}\n`;
  const detail = server.detail === '' ? '' : `  ${cli.cell(server.detail)}\n`;
  const tools = server.tools.map(
    ({ name, description, approval }) =>
      `  ${signs[approval]} ${cli.cell(name)}  ${approval}\n      ${style.dim(cli.cell(description))}\n`,
  );
  return heading + detail + tools.join('');
}

async function approveTools(
  cli: Cli,
  asked: { readonly name: string; readonly tools: readonly string[] },
  options: ApproveOptions,
): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    const { signal } = cli;
    const server = (await assistant.mcp.list(undefined, { signal })).find(({ name }) => name === asked.name);
    if (!server)
      throw new NootropicError('NOT_FOUND', `There is no MCP server ${asked.name}.`, {
        hint: 'List them with `nootropic mcp list`.',
      });
    if (server.state === 'failed') throw new NootropicError('MCP_FAILED', server.detail);
    const isAsked = (name: string): boolean => asked.tools.length === 0 || asked.tools.includes(name);
    const tools = server.tools.filter(
      ({ name, approval, description }) =>
        isAsked(name) && (asked.tools.length > 0 || (approval !== 'approved' && !description.includes('[refused: '))),
    );
    if (tools.length > 0) await cli.talk(cli.cleanTalk(serverText(cli, { ...server, tools })));
    else if (asked.tools.length === 0) return cli.talk('There is nothing to approve.\n');
    const question = `May agents call ${tools.length === 1 ? 'this tool' : `these ${tools.length} tools`} of ${cli.cleanTalk(server.name)}?`;
    if (!(await confirm(cli, question, options.yes === true))) return cli.talk('Nothing was changed.\n');
    const names = asked.tools.length > 0 ? [...asked.tools] : tools.map(({ name }) => name);
    const now = await assistant.mcp.approve({ name: asked.name, tools: names }, { signal });
    return options.json === true ? cli.json(now) : cli.talk(`Approved: ${cli.cleanTalk(names.join(', '))}.\n`);
  });
}

import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Finish } from '../program.ts';

export function addAcp(parent: Command, cli: Cli, finish: Finish): void {
  parent
    .command('acp')
    .summary('serve an editor over the Agent Client Protocol, on standard input and output')
    .description(
      'Speaks the Agent Client Protocol (https://agentclientprotocol.com) on standard input and output, for editors such as Zed. Started by the editor.',
    )
    .option('-m, --model <ref>', 'answer with this model')
    .addHelpText(
      'after',
      '\nExample, in the settings of Zed:\n  "agent_servers": { "nootropic": { "type": "custom", "command": "nootropic", "args": ["acp"] } }',
    )
    .action((options: { readonly model?: string }) =>
      finish(async () => {
        const { serveAcp } = await import('../acp/serve-acp.ts');
        return serveAcp(cli, options);
      }),
    );
}

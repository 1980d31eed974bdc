import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { followSources } from '../source-events.ts';

export function addSourcesRefresh(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('refresh')
    .summary('read again what changed')
    .description(
      'Reads again what changed in sources: files by their content, commits that are new, pages as a whole. A source that is gone is kept and marked.',
    )
    .argument('[name...]', 'as `sources list` shows them; default all');
  withCommonOptions(command, [
    ['nootropic sources refresh', 'all of them'],
    ['nootropic sources refresh guide', 'one'],
  ]).action((names: string[], options: CommonOptions) => finish(() => refresh(cli, names, options)));
}

async function refresh(cli: Cli, names: readonly string[], options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const input = { workspace, ...(names.length > 0 && { names: [...names] }) };
  await withAssistant(cli, async (assistant) =>
    followSources(cli, await assistant.sources.refresh(input, { signal: cli.signal }), options),
  );
}

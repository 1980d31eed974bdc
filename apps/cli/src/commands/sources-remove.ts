import type { Command } from 'commander';
import { withAssistant, withCommonOptions, workspaceOf, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { count } from '../sizes.ts';

export function addSourcesRemove(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('remove')
    .alias('rm')
    .summary('remove a source and what was read of it')
    .description('Removes a source and what was read of it. The original is not touched; notes have no other.')
    .argument('<name>', 'as `sources list` shows it');
  withCommonOptions(command, [['nootropic sources remove guide', 'the folder itself stays']]).action(
    (name: string, options: CommonOptions) => finish(() => remove(cli, name, options)),
  );
}

async function remove(cli: Cli, name: string, options: CommonOptions): Promise<void> {
  const workspace = await workspaceOf(cli, options);
  const source = await withAssistant(cli, (assistant) =>
    assistant.sources.remove({ workspace, name }, { signal: cli.signal }),
  );
  if (options.json === true) return cli.json({ removed: source });
  await cli.out(`Removed ${cli.cell(source.name)} (${count(source.entries, 'text')}).\n`);
}

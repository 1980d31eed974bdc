import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';

export function addContextRm(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('rm')
    .summary('remove a text from the store')
    .description('Removes a text from the store. Views that it is a part of stay as they are.')
    .argument('<id>', 'as `context list` shows it: an id, a beginning of one, or a name');
  withCommonOptions(command, [['nootropic context rm ctx_0a1b', 'the file that it came from stays']]).action(
    (id: string, options: CommonOptions) => finish(() => remove(cli, id, options)),
  );
}

async function remove(cli: Cli, id: string, options: CommonOptions): Promise<void> {
  const entry = await withAssistant(cli, (assistant) => assistant.contexts.remove({ id }, { signal: cli.signal }));
  if (options.json === true) return cli.json({ removed: entry });
  await cli.out(`Removed ${entry.id}  ${cli.cell(entry.title)}\n`);
}

import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatNumber } from '../sizes.ts';

interface MergeOptions extends CommonOptions {
  readonly title?: string;
  readonly name?: string;
}

export function addContextMerge(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('merge')
    .summary('make one view of several texts')
    .description(
      'Makes one view that reads as these texts one after the other, without copying them, and prints its id.',
    )
    .argument('<id...>', 'in the order in which they are to be read')
    .option('--title <title>', 'what to call it; default: the titles of its parts')
    .option('--name <name>', 'keep it under this name until it is removed');
  withCommonOptions(command, [['nootropic context merge ctx_0a1b ctx_7k2m --name incident', 'two logs as one']]).action(
    (ids: string[], options: MergeOptions) => finish(() => merge(cli, ids, options)),
  );
}

async function merge(cli: Cli, ids: string[], { title, name, json }: MergeOptions): Promise<void> {
  const input = { ids, ...(title !== undefined && { title }), ...(name !== undefined && { name }) };
  const entry = await withAssistant(cli, (assistant) => assistant.contexts.merge(input, { signal: cli.signal }));
  if (json === true) return cli.json({ entry });
  await cli.out(
    `${entry.id}  ${cli.cell(entry.title)} (${formatNumber(entry.lines)} lines, about ${formatNumber(entry.tokens)} tokens)\n`,
  );
}

import { NootropicError } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { confirm } from '../confirm.ts';
import { withModelNamed } from '../model-names.ts';
import type { Finish } from '../program.ts';
import { formatBytes } from '../sizes.ts';

interface RemoveOptions extends CommonOptions {
  readonly yes?: boolean;
}

export function addModelsRm(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('rm')
    .summary('remove an installed model')
    .description('Removes an installed model and its file. A file that it was imported from stays where it is.')
    .argument('<model>', 'its name, or a unique start of it')
    .option('-y, --yes', 'do not ask');
  withCommonOptions(command, [['nootropic models rm qwen --yes', 'without asking']]).action(
    (name: string, options: RemoveOptions) => finish(() => remove(cli, name, options)),
  );
}

async function remove(cli: Cli, name: string, options: RemoveOptions): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    const model = await withModelNamed({ cli, assistant }, name, () =>
      assistant.models.show({ name }, { signal: cli.signal }),
    );
    const question = `Remove ${cli.cleanTalk(model.name)} (${formatBytes(model.bytes)}) for good?`;
    if (!(await confirm(cli, question, options.yes === true)))
      throw new NootropicError('DENIED', 'Nothing was removed.', { hint: '' });
    const removed = await assistant.models.remove({ name: model.name }, { signal: cli.signal });
    if (options.json === true) await cli.json(removed);
    else await cli.talk(`Removed: ${cli.cleanTalk(removed.name)}\n`);
  });
}

import type { Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes } from '../sizes.ts';
import { takeIn } from './models-intake.ts';

export function addModelsImport(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('import')
    .summary('take in a GGUF file that is already here')
    .description(
      'Checks a GGUF file and keeps it, linked where the disk allows it, so that it costs no space. The file stays where it is.',
    )
    .argument('<path>', 'the GGUF file; `models search` also lists those of other programs');
  withCommonOptions(command, [
    ['nootropic models import ~/Downloads/qwen.gguf', 'linked where possible, so that it costs no disk'],
  ]).action((path: string, options: CommonOptions) =>
    finish(async () => {
      const file = userPath(cli, path.startsWith('file:') ? path.slice(5) : path);
      const model = await withAssistant(cli, async (assistant) =>
        takeIn(cli, await assistant.models.import({ path: file }, { signal: cli.signal }), options),
      );
      if (options.json !== true)
        await cli.out(`Imported ${cli.cell(model.name)} (${formatBytes(model.bytes)}): ${cli.cell(model.ref)}\n`);
    }),
  );
}

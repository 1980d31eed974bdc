import type { StoredModel } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import { withModelNamed } from '../model-names.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber } from '../sizes.ts';
import { factLines } from '../fact-lines.ts';
import { profileFacts } from '../profile-facts.ts';

export function addModelsShow(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('show')
    .summary('show one installed model')
    .description('Shows one installed model: where it came from, where it lies, what it measured here.')
    .argument('<model>', 'its name, or a unique start of it');
  withCommonOptions(command, [['nootropic models show qwen', 'where it lies, how big it is, how fast it is']]).action(
    (name: string, options: CommonOptions) =>
      finish(async () => {
        const model = await withAssistant(cli, (assistant) =>
          withModelNamed({ cli, assistant }, name, () => assistant.models.show({ name }, { signal: cli.signal })),
        );
        await (options.json === true ? cli.json(model) : cli.out(modelText(cli, model)));
      }),
  );
}

function modelText(cli: Cli, model: StoredModel): string {
  const facts = factLines(cli, [
    ['name', model.name],
    ['role', model.role],
    ['reference', model.ref],
    ['file', model.path],
    ['size', formatBytes(model.bytes)],
    ['architecture', model.architecture],
    ['context', `${formatNumber(model.contextLength)} tokens`],
    ['came from', model.source ?? 'a file'],
    ['license', model.license ?? ''],
    ['sha256', model.sha256],
    ['installed', new Date(model.importedAt).toISOString()],
  ]);
  const measured =
    model.profile === undefined
      ? `${cli.style.dim(`Not measured here yet: nootropic models bench ${cli.cell(model.name)}`)}\n`
      : factLines(cli, profileFacts(model.profile));
  return `${facts}\n${measured}`;
}

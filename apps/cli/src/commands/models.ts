import { NootropicError, type Assistant } from '@nootropic/contracts';
import type { Command } from 'commander';
import { userPath, withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Finish } from '../program.ts';
import { formatBytes } from '../sizes.ts';

type StoredModel = Awaited<ReturnType<Assistant['models']['show']>>;

export function addModels(parent: Command, cli: Cli, finish: Finish): void {
  const models = parent
    .command('models')
    .helpCommand(false)
    .summary('list and import language models')
    .description('Models that can answer, and the files that were imported.');

  withCommonOptions(
    models.command('list').description('Lists the models that can be used now, and the one that answers.'),
    [
      ['nootropic models list', 'which model answers, and which could'],
      ['nootropic models list --json', 'one JSON object'],
    ],
  ).action((options: CommonOptions) => finish(() => list(cli, options)));

  withCommonOptions(
    models
      .command('show')
      .description('Shows one imported model.')
      .argument('<name>', 'its name, or a unique start of it'),
    [['nootropic models show qwen', 'where it lies, how big it is']],
  ).action((name: string, options: CommonOptions) =>
    finish(async () => {
      const model = await withAssistant(cli, (assistant) => assistant.models.show({ name }, { signal: cli.signal }));
      await (options.json === true ? cli.json(model) : cli.out(modelText(cli, model)));
    }),
  );

  withCommonOptions(
    models
      .command('import')
      .description('Checks a GGUF file and keeps it, so that it answers from now on.')
      .argument('<path>', 'the GGUF file'),
    [['nootropic models import ~/Downloads/qwen.gguf', 'linked where possible, so that it costs no disk']],
  ).action((path: string, options: CommonOptions) => finish(() => importModel(cli, path, options)));
}

async function list(cli: Cli, options: CommonOptions): Promise<void> {
  const found = await withAssistant(cli, (assistant) => assistant.models.list(undefined, { signal: cli.signal }));
  if (options.json === true) return cli.json(found);
  const { style } = cli;
  const none = found.chat === '' || found.chat === 'none';
  await cli.out(
    `Answers now: ${none ? 'no language model (answers are extractive)' : style.bold(cli.clean(found.chat))}\n`,
  );
  for (const model of found.stored) {
    const what = `${model.role}, ${formatBytes(model.bytes)}, ${model.contextLength} tokens`;
    await cli.out(`  ${style.cyan(cli.clean(model.name))}  ${style.dim(`imported: ${cli.clean(what)}`)}\n`);
  }
  for (const model of found.models) {
    const size = model.contextLength > 0 ? `, ${model.contextLength} tokens` : '';
    await cli.out(
      `  ${style.cyan(cli.clean(model.ref))}  ${style.dim(`${model.can.join(', ')}${size}${model.local ? '' : ', not on this machine'}`)}\n`,
    );
  }
  if (none)
    await cli.talk('Add one with `nootropic models import PATH`, or name one with `nootropic ask --model REF`.\n');
}

function modelText(cli: Cli, model: StoredModel): string {
  const rows: [string, string][] = [
    ['name', model.name],
    ['reference', model.ref],
    ['file', model.path],
    ['size', formatBytes(model.bytes)],
    ['architecture', model.architecture],
    ['context', `${model.contextLength} tokens`],
    ['role', model.role],
    ['sha256', model.sha256],
    ['imported', new Date(model.importedAt).toISOString()],
  ];
  return rows.map(([name, value]) => `${cli.style.dim(name.padEnd(13))}${cli.clean(value)}\n`).join('');
}

async function importModel(cli: Cli, path: string, options: CommonOptions): Promise<void> {
  await withAssistant(cli, async (assistant) => {
    const bar = cli.progress(options);
    try {
      for await (const event of await assistant.models.import({ path: userPath(cli, path) }, { signal: cli.signal })) {
        if (options.json === true) await cli.json(event);
        if (event.type === 'progress') bar.update(event.done, event.total, 'Importing');
        else {
          bar.clear();
          if (options.json !== true)
            await cli.out(
              `Imported ${cli.clean(event.model.name)} (${formatBytes(event.model.bytes)}): ${cli.clean(event.model.ref)}\n`,
            );
          return;
        }
      }
    } finally {
      bar.clear();
    }
    cli.signal.throwIfAborted();
    throw new NootropicError('INTERNAL', 'The import broke off without an end.');
  });
}
